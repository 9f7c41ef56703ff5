"""`docker logs cloudevy-downtime-scheduler` tells each execution from beginning to end."""

import json
import re

import pytest

from deploy.demo.client import Client, Json, patiently
from tests.images.meanwhile import ends, plan
from tests.images.server import Server

BLOCK = """\
▶️  Executing schedule: {schedule} (ID: {schedule_id})
🎯 Executing: {action} on server "{name}" (ID: {server})
   🔑 Decrypting credentials for cloud account ID: {account}
   ✅ Credentials validated, region: {region}
   Current state: {before}
   {icon} {verb} command sent for instance {instance}
   📊 Database status updated to: {way} ✅
"""
STOP = {"action": "stop", "verb": "Stop", "icon": "⏹️ ", "before": "running", "way": "stopping"}
START = {"action": "start", "verb": "Start", "icon": "▶️ ", "before": "stopped", "way": "starting"}


@pytest.fixture(scope="module")
def api(server: Server) -> Client:
    return server.api()


@pytest.fixture(scope="module")
def told(server: Server, api: Client) -> tuple[Json, Json, list[Json]]:
    """A server, the schedule that stopped and started it, and its two operations."""
    row = next(row for row in api.all("/servers?page_size=100") if row["name"] == "crm-test")
    schedule = plan(api, row["id"], seconds={"stop": 3, "start": 8})
    return row, api.get(f"/schedules/{schedule}"), ends(api, schedule, count=2)


@pytest.mark.parametrize("words", [STOP, START], ids=["stop", "start"])
def test_the_log_holds_the_block_of_each_execution(
    server: Server, told: tuple[Json, Json, list[Json]], words: dict[str, str]
) -> None:
    row, schedule, _ = told
    expected = BLOCK.format(
        schedule=schedule["name"],
        schedule_id=schedule["id"],
        name=row["name"],
        server=row["id"],
        account=row["account"]["id"],
        region=row["region"]["name"],
        instance=row["instance_id"],
        **words,
    )
    assert expected in server.logs("cloudevy-downtime-scheduler")


def test_the_end_follows_with_its_milliseconds_from_due(
    server: Server, told: tuple[Json, Json, list[Json]]
) -> None:
    row, _, operations = told
    for operation in operations:
        behind = f'(server "{row["name"]}", ID: {row["id"]}, operation {operation["id"]})'
        line = rf"✅ Success: {operation['action']} completed in (\d+)ms {re.escape(behind)}"
        found = re.search(line, server.logs("cloudevy-downtime-scheduler"))
        assert found, f"no end of operation {operation['id']}"
        assert 500 < int(found.group(1)) < 60_000


@pytest.mark.parametrize("container", ["cloudevy-downtime-scheduler", "cloudevy-beat", "cloudevy-api"])
def test_nothing_else_chatters(server: Server, container: str) -> None:
    """Nobody looks through a haystack: no traceback, no warning of a library, no line per tick."""
    lines = server.logs(container).splitlines()
    assert not [line for line in lines if "Traceback" in line or "Warning" in line]
    assert len(lines) < 400


def test_json_carries_the_same_events(server: Server, api: Client) -> None:
    """Switched over as an operator does: a line in .env, and ./pull-images.sh again."""
    server.write({"LOG_FORMAT": "json"})
    server.must("./pull-images.sh")
    try:
        row = next(row for row in api.all("/servers?page_size=100") if row["name"] == "crm-test")
        schedule = plan(api, row["id"], seconds={"stop": 3, "start": 8})
        ended = ends(api, schedule, count=2)
        events = patiently(
            lambda: json_events(server, [one["id"] for one in ended]), what="the events", seconds=10
        )
        assert [(each["event"], each["operation"]) for each in events] == [
            (f"operation.{word}", one["id"]) for one in ended for word in ("accepted", "succeeded")
        ]
    finally:
        server.write({"LOG_FORMAT": "human"})
        server.must("./pull-images.sh")


def json_events(server: Server, operations: list[int]) -> list[Json] | None:
    """What was said of these operations; every line of the log has to be JSON."""
    lines = [json.loads(line) for line in server.logs("cloudevy-downtime-scheduler").splitlines()]
    found = [each for each in lines if each.get("operation") in operations]
    told = [each for each in found if each["event"] in ("operation.accepted", "operation.succeeded")]
    return told if len(told) == 2 * len(operations) else None
