"""The drift ledger: filtered, with names, and acknowledged once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_observation, make_server
from shared.fleet.models import Observation, Region, Server

pytestmark = pytest.mark.django_db


def test_a_change_is_told_with_its_cause_and_answer(
    alice: Person, server: Server, nightly: dict[str, Any], moment: datetime
) -> None:
    made = make_observation(
        server,
        cause="outside",
        actor="inside",
        reason="Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        reaction="alerted",
        schedule=nightly["id"],
        operation=7,
    )
    [row] = alice.get("observations").json()["results"]
    assert row.pop("asked_at")
    assert row == {
        "id": made.id,
        "server": {"id": server.id, "name": "test1", "instance_id": server.instance_id},
        "before": "running",
        "after": "stopped",
        "cause": "outside",
        "actor": "inside",
        "reason": "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
        "reaction": "alerted",
        "schedule": {"id": nightly["id"], "name": nightly["name"]},
        "operation": 7,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }


def test_a_deleted_schedule_leaves_the_change_without_one(alice: Person, server: Server) -> None:
    make_observation(server, schedule=77777)
    [row] = alice.get("observations").json()["results"]
    assert (row["schedule"], row["reaction"], row["reason"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["c", "b", "a"]),
        ("ordering=asked_at", ["a", "b", "c"]),
        ("server={a}", ["a"]),
        ("cause=outside", ["c", "b"]),
        ("cause=ours,unknown", ["a"]),
        ("reaction=put_back,alerted", ["c", "b"]),
        ("reaction=given_up", []),
        ("acknowledged=true", ["c"]),
        ("acknowledged=false", []),
        ("search=b", ["b"]),
    ],
)
def test_the_ledger_is_filtered_and_ordered(
    alice: Person, region: Region, moment: datetime, query: str, names: list[str]
) -> None:
    rows: list[dict[str, Any]] = [
        {"cause": "ours"},
        {"cause": "outside", "reaction": "put_back"},
        {"cause": "outside", "reaction": "alerted", "acknowledged_at": moment},
    ]
    servers = [make_server(region, name=name, instance_id=f"i-{place}") for place, name in enumerate("abc")]
    for place, (server, values) in enumerate(zip(servers, rows, strict=True)):
        make_observation(server, asked_at=moment + timedelta(minutes=place), **values)
    answer = alice.get(f"observations?{query.format(a=servers[0].id)}").json()
    assert [row["server"]["name"] for row in answer["results"]] == names


@pytest.mark.parametrize("reaction", ["", "respected", "put_back", "held", "spared", "alerted", "given_up"])
def test_only_what_asks_for_somebodys_word_is_not_acknowledged(
    alice: Person, server: Server, reaction: str
) -> None:
    make_observation(server, cause="outside", reaction=reaction)
    found = alice.get("observations?acknowledged=false").json()["count"]
    assert found == (1 if reaction in ("alerted", "given_up") else 0)


def test_whoever_acknowledges_first_stays_the_one(
    alice: Person, server: Server, workspace: Any, bob: Person
) -> None:
    made = make_observation(server, cause="outside", reaction="alerted")
    first = alice.post(f"observations/{made.id}/acknowledge")
    assert first.status_code == 200
    assert first.json()["acknowledged_by"] == "alice@example.com"
    again = alice.post(f"observations/{made.id}/acknowledge", {})
    assert again.json()["acknowledged_at"] == first.json()["acknowledged_at"]
    assert bob.post(f"observations/{made.id}/acknowledge").status_code == 403


def test_an_acknowledgement_takes_no_body(alice: Person, server: Server) -> None:
    made = make_observation(server)
    answer = alice.post(f"observations/{made.id}/acknowledge", {"by": "bob"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")
    assert Observation.objects.get().acknowledged_at is None


def test_more_changes_take_no_more_queries(
    alice: Person, server: Server, nightly: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_observation(make_server(server.region), schedule=nightly["id"])
    with django_assert_max_num_queries(6):
        assert len(alice.get("observations").json()["results"]) == 30
