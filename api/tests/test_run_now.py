"""Run now: an action on all servers of a schedule, as if somebody had named them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_operation, make_server, schedule
from shared import broker
from shared.fleet.models import Region, Server
from shared.operations.models import Operation, Request
from shared.schedules.models import Hold, Target

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]


def run(who: Person, made: dict[str, Any], *, key: str = "", **body: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return who.post(f"schedules/{made['id']}/run", {"action": "stop"} | body, **headers)


def test_all_its_servers_are_asked_busy_ones_too_and_who_refuses_is_named(
    alice: Person, region: Region, knocked: Knocks
) -> None:
    good, busy = make_server(region), make_server(region)
    shut = make_server(region, protected=True)
    make_operation(busy, action="start", state="accepted")
    answer = run(alice, schedule(alice, servers=[shut.id, good.id, busy.id]), reason="Fire drill")
    assert answer.status_code == 202
    assert [each["server"]["id"] for each in answer.json()["operations"]] == [good.id, busy.id]
    assert [(each["server"], each["code"]) for each in answer.json()["refused"]] == [(shut.id, "protected")]
    assert {each["note"] for each in answer.json()["operations"]} == {"Fire drill"}
    assert knocked == [(broker.DRAIN_REGION, {"region": region.id, "action": "stop"})]


def test_whoever_kept_a_server_otherwise_is_named_and_keeps_it_no_longer(
    alice: Person, bob: Person, region: Region, moment: datetime
) -> None:
    held, other, over, free = (make_server(region, name=name) for name in ("db", "api", "old", "web"))
    until = moment + timedelta(hours=3)
    hold = {"workspace": region.workspace, "author": bob.user, "reason": "release night"}
    Hold.objects.create(server=held, want="on", until=until, **hold)
    Hold.objects.create(server=other, want="off", until=until, **hold)
    Hold.objects.create(server=over, want="on", until=moment - timedelta(minutes=1), **hold)
    made = schedule(alice, servers=[each.id for each in (held, other, over, free)])
    told = run(alice, made, key="k1").json()
    assert run(alice, made, key="k1").json() == told
    assert [each["server"] for each in told["ended_holds"]] == [{"id": held.id, "name": "db"}]
    ended = told["ended_holds"][0]["hold"]
    assert (ended["want"], ended["reason"]) == ("on", "release night")
    assert ended["author"]["email"] == "bob@example.com"
    assert datetime.fromisoformat(ended["until"]) == until
    assert list(Hold.objects.filter(ended_at=None).values_list("server", flat=True)) == [other.id]
    assert run(alice, made, key="k2").json()["ended_holds"] == []
    Operation.objects.all().delete()
    assert run(alice, made, key="k1").json()["ended_holds"] == []


def test_when_all_refuse_it_is_refused(alice: Person, server: Server, nightly: dict[str, Any]) -> None:
    Server.objects.update(protected=True)
    answer = run(alice, nightly)
    assert (answer.status_code, answer.json()["code"]) == (409, "protected")


def test_a_repeated_key_gets_the_first_answer_whoever_has_joined_since(
    alice: Person, region: Region, nightly: dict[str, Any]
) -> None:
    first = run(alice, nightly, key="k1")
    late = make_server(region)
    Target.objects.create(workspace=region.workspace, schedule_id=nightly["id"], server=late)
    assert run(alice, nightly, key="k1").json() == first.json()
    assert (Operation.objects.count(), Request.objects.count()) == (1, 1)


def test_a_key_of_another_request_is_a_conflict(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    run(alice, nightly, key="k1")
    other = schedule(alice, servers=[server.id])
    plain = alice.post("operations", {"servers": [server.id], "action": "stop"}, **{"idempotency-key": "k1"})
    for answer in (run(alice, nightly, key="k1", action="start"), run(alice, other, key="k1"), plain):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"action": "terminate"}, "#/action", "invalid_choice"),
        ({"action": None}, "#/action", "required"),
        ({"reason": "x" * 201}, "#/reason", "too_long"),
        ({"servers": [1]}, "#/servers", "unknown_field"),
        ({"force": True}, "#/force", "unknown_field"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    alice: Person, nightly: dict[str, Any], body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = run(alice, nightly, **body)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


def test_a_schedule_without_servers_has_nothing_to_run(alice: Person) -> None:
    answer = run(alice, schedule(alice))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_servers")
