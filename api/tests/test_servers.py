"""Servers: what is said of them, how fresh it is, and how little work a reader causes."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.servers.filters import with_status
from api.tests.conftest import Person, make_operation, make_server, schedule
from shared import broker
from shared.fleet.models import MetricSample, Observation, Region, Server
from shared.operations.wishes import seen, status
from shared.schedules.models import Hold

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]


def ago(moment: datetime, **time: float) -> datetime:
    return moment - timedelta(**time)


def test_the_filter_and_the_shown_status_never_disagree(region: Region, moment: datetime) -> None:
    """Every observed state, transition, age and absence, told once in SQL and once in Python."""
    ages = [None, ago(moment, seconds=1), ago(moment, minutes=14, seconds=59), ago(moment, minutes=15)]
    absences = [None, ago(moment, minutes=9, seconds=59), ago(moment, minutes=10)]
    for looked_at in (None, ago(moment, seconds=30), ago(moment, hours=1)):
        Region.objects.update(looked_at=looked_at)
        Server.objects.all().delete()
        combinations = itertools.product(Server.Observed.values, ("", "starting"), ages, absences)
        for observed, transition, age, absence in combinations:
            values = {"observed_state": observed, "transition": transition, "observed_at": age}
            make_server(region, **values, missing_since=absence)
        rows = with_status(Server.objects.select_related("region"), now=moment)
        told = [(row.id, getattr(row, "status", ""), getattr(row, "seen_at", "")) for row in rows]
        assert told == [(row.id, status(row, now=moment), seen(row)) for row in rows]


def test_a_server_is_shown_with_everything_beside_it(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    ended = make_operation(server, state="succeeded", action="start", finished_at=server.observed_at)
    waiting = make_operation(server, action="reboot", state="requested")
    Server.objects.update(
        transition="stopping",
        transition_operation=7,
        transition_since=server.observed_at,
        public_ip="192.0.2.1",
    )
    [shown] = alice.get("servers").json()["results"]
    assert shown["status"] == "stopping"
    assert shown["transition"]["action"] == "stop"
    assert shown["transition"]["operation"] == 7
    assert (shown["requested"]["operation"], shown["requested"]["action"]) == (waiting.id, "reboot")
    assert shown["next_action"]["schedule"]["name"] == nightly["name"]
    assert shown["next_action"]["at"] == nightly["next"]["at"]
    assert shown["next_action"]["local"][11:16] == "18:30"
    assert (shown["last_operation"]["id"], shown["last_operation"]["state"]) == (ended.id, "succeeded")
    assert (shown["schedules"], shown["public_ip"], shown["private_ip"]) == (1, "192.0.2.1", None)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=running", ["alpha", "beta"]),
        ("status=stopped,unknown", ["delta", "gamma"]),
        ("search=lph", ["alpha"]),
        ("search=192.0.2.9", ["gamma"]),
        ("region=eu-central-1", ["alpha", "beta", "delta", "gamma"]),
        ("region=us-east-1", []),
        ("ordering=-name", ["gamma", "delta", "beta", "alpha"]),
        ("ordering=status,name", ["alpha", "beta", "gamma", "delta"]),
        ("page_size=3&page=2", ["gamma"]),
    ],
)
def test_the_list_is_filtered_searched_and_ordered(
    alice: Person, region: Region, query: str, names: list[str]
) -> None:
    make_server(region, name="beta")
    make_server(region, name="alpha")
    make_server(region, name="gamma", observed_state="stopped", private_ip="192.0.2.9")
    make_server(region, name="delta", observed_at=None)
    assert [row["name"] for row in alice.get(f"servers?{query}").json()["results"]] == names


def test_more_servers_take_no_more_queries(alice: Person, region: Region) -> None:
    def queries(path: Callable[[], str]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert alice.get(path()).status_code == 200
        return len(captured)

    def statuses() -> str:
        return "servers/statuses?ids=" + ",".join(str(row.id) for row in Server.objects.all())

    def add(count: int) -> None:
        servers = [make_server(region, transition="stopping") for _ in range(count)]
        schedule(alice, servers=[each.id for each in servers])
        for each in servers:
            make_operation(each, state="succeeded")
            until = each.created_at + timedelta(hours=1)
            Hold.objects.create(workspace=each.workspace, server=each, want="on", until=until)

    add(1)
    alice.get("servers")
    few = queries(lambda: "servers"), queries(statuses)
    add(20)
    assert (queries(lambda: "servers"), queries(statuses)) == few
    assert max(few) <= 17


def test_one_server_comes_with_its_last_changes(alice: Person, server: Server, moment: datetime) -> None:
    for minute in range(25):
        Observation.objects.create(
            workspace=server.workspace,
            server=server,
            before="pending",
            after="running",
            asked_at=ago(moment, minutes=minute),
        )
    shown = alice.get(f"servers/{server.id}").json()
    assert len(shown["observations"]) == 20
    assert shown["observations"][0]["asked_at"] > shown["observations"][1]["asked_at"]


def test_protection_is_switched_by_a_patch(alice: Person, server: Server) -> None:
    assert alice.patch(f"servers/{server.id}", {"protected": True}).json()["protected"] is True
    assert alice.post("operations", {"servers": [server.id], "action": "stop"}).json()["code"] == "protected"
    assert alice.patch(f"servers/{server.id}", {"protected": False}).json()["protected"] is False


@pytest.mark.parametrize(
    ("server_values", "region_values", "look", "knocks"),
    [
        ({"seconds": 1}, {}, "fresh", 0),
        ({"seconds": 4}, {}, "asked", 1),
        ({"seconds": 4}, {"wanted_look_at": 2}, "asked", 0),
        ({"seconds": 4}, {"wanted_look_at": 4}, "asked", 1),
        ({"seconds": 4}, {"look_lease_until": -5}, "looking", 0),
        ({"seconds": 4}, {"look_lease_until": 1}, "asked", 1),
        ({"seconds": 900}, {"looked_at": 1}, "fresh", 0),
    ],
    ids=[
        "fresh",
        "stale",
        "asked just now",
        "asked a while ago",
        "being looked at",
        "lease over",
        "fresh by region",
    ],
)
def test_a_stale_row_asks_for_a_look_once(
    alice: Person,
    server: Server,
    knocked: Knocks,
    moment: datetime,
    server_values: dict[str, float],
    region_values: dict[str, float],
    look: str,
    knocks: int,
) -> None:
    Server.objects.update(observed_at=ago(moment, **server_values))
    Region.objects.update(**{name: ago(moment, seconds=age) for name, age in region_values.items()})
    answers = [alice.get(f"servers/{server.id}/status").json() for _ in range(3)]
    assert answers[0]["look"] == look
    assert knocked == [(broker.LOOK_AT_REGION, {"region": server.region_id})] * knocks


def test_a_failing_region_says_so_and_is_asked_again(alice: Person, server: Server, knocked: Knocks) -> None:
    Server.objects.update(observed_at=None)
    Region.objects.update(look_failures=3, look_error="AWS refused.")
    answer = alice.get(f"servers/{server.id}/status").json()
    assert (answer["look"], answer["look_error"], answer["age_seconds"]) == ("failing", "AWS refused.", None)
    assert answer["status"] == "unknown"
    assert len(knocked) == 1


def test_statuses_answer_304_until_something_changes(alice: Person, server: Server, knocked: Knocks) -> None:
    path = f"servers/statuses?ids={server.id}"
    first = alice.get(path)
    tag = first.headers["ETag"]
    again = alice.get(path, **{"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    Server.objects.update(observed_state="stopping")
    changed = alice.get(path, **{"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.json()["statuses"][0]["status"] == "stopping"
    assert knocked == []


def test_statuses_leave_out_what_is_not_there(alice: Person, server: Server) -> None:
    rows = alice.get(f"servers/statuses?ids={server.id},999999").json()["statuses"]
    assert [row["id"] for row in rows] == [server.id]


def test_a_transition_says_how_long_it_usually_takes(alice: Person, server: Server, moment: datetime) -> None:
    path = f"servers/statuses?ids={server.id}"
    assert alice.get(path).json()["statuses"][0]["expected_seconds"] is None
    Server.objects.update(transition="stopping")
    assert alice.get(path).json()["statuses"][0]["expected_seconds"] == 40
    make_operation(server, state="succeeded", accepted_at=ago(moment, seconds=21), finished_at=moment)
    assert alice.get(path).json()["statuses"][0]["expected_seconds"] == 21


def test_metrics_are_wanted_once_and_waited_for(alice: Person, server: Server, knocked: Knocks) -> None:
    answers = [alice.get(f"servers/{server.id}/metrics").json() for _ in range(3)]
    assert [answer["state"] for answer in answers] == ["waiting"] * 3
    assert "5 minutes" in answers[0]["note"]
    assert knocked == [(broker.MEASURE_REGION, {"region": server.region_id})]
    server.refresh_from_db()
    assert server.metrics_wanted_at is not None


def test_metrics_are_shown_as_series(
    alice: Person, server: Server, knocked: Knocks, moment: datetime
) -> None:
    MetricSample.objects.create(
        workspace=server.workspace,
        server=server,
        name="CPUUtilization",
        unit="Percent",
        moments=[ago(moment, minutes=5), moment],
        values=[1.5, 2.5],
        asked_at=moment,
    )
    answer = alice.get(f"servers/{server.id}/metrics").json()
    assert answer["state"] == "ok"
    assert [point["value"] for point in answer["series"][0]["points"]] == [1.5, 2.5]
    assert alice.get("servers").json()["results"][0]["cpu"]["value"] == 2.5


def test_nobody_measures_a_server_that_does_not_run(alice: Person, server: Server, knocked: Knocks) -> None:
    for values in ({"observed_state": "stopped"}, {"transition": "stopping"}):
        Server.objects.update(**values)
        assert alice.get(f"servers/{server.id}/metrics").json()["state"] == "not_running"
    assert knocked == []


def test_metrics_that_are_switched_off_are_called_off_and_not_asked_for(
    alice: Person, server: Server, knocked: Knocks, settings: LazySettings
) -> None:
    settings.METRICS = False
    assert alice.get(f"servers/{server.id}/metrics").json()["state"] == "off"
    assert knocked == []


def test_a_server_tells_what_can_never_be_done_with_it(alice: Person, region: Region) -> None:
    server = make_server(region, flags={"asg": "web", "hibernation": True})
    row = alice.get(f"servers/{server.id}").json()
    [restriction] = row["restrictions"]
    assert (restriction["code"], restriction["actions"]) == ("auto_scaling", ["start", "stop"])
    assert "Change the group" in restriction["detail"]
    assert row["hibernation"] is True
