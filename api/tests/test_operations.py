"""Operations: asking, being refused, repeating a request, taking back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from api.tests.conftest import Person, make_operation, make_region, make_server
from shared import broker
from shared.fleet.models import Region, Server
from shared.operations.models import Operation, Request

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]


def ask(who: Person, *servers: Server, action: str = "stop", key: str = "", **more: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    body = {"servers": [server.id for server in servers], "action": action} | more
    return who.post("operations", body, **headers)


def test_asking_makes_a_row_each_and_one_knock_per_region(
    alice: Person, region: Region, knocked: Knocks
) -> None:
    other = make_region(region.workspace)
    servers = [make_server(region), make_server(region), make_server(other)]
    answer = ask(alice, *servers, reason="maintenance")
    assert answer.status_code == 202
    made = answer.json()["operations"]
    assert [each["server"]["id"] for each in made] == [server.id for server in servers]
    assert {each["state"] for each in made} == {"requested"}
    assert knocked == [
        (broker.DRAIN_REGION, {"region": region.id, "action": "stop"}),
        (broker.DRAIN_REGION, {"region": other.id, "action": "stop"}),
    ]
    assert Request.objects.get().reason == "maintenance"


@pytest.mark.parametrize(("action", "minutes"), [("start", 15), ("stop", 15), ("reboot", 5)])
def test_a_persons_operation_has_its_grace(alice: Person, region: Region, action: str, minutes: int) -> None:
    server = make_server(region, observed_state="stopped" if action == "start" else "running")
    ask(alice, server, action=action)
    made = Operation.objects.get()
    assert made.grace_until - made.due_at == timedelta(minutes=minutes)
    assert made.due_at == made.not_before == made.requested_at


def test_a_token_is_named_as_the_origin(alice: Person, server: Server) -> None:
    [made] = ask(alice, server).json()["operations"]
    assert made["origin"] == "token"
    assert made["author"]["email"] == "alice@example.com"


REFUSALS = [
    ({"observed_state": "terminated"}, "stop", "server_gone"),
    ({"observed_state": "shutting-down"}, "start", "server_gone"),
    ({"missing_since": timedelta(minutes=10)}, "start", "server_gone"),
    ({"protected": True}, "start", "protected"),
    ({"observed_state": "stopped"}, "reboot", "wrong_state"),
    ({"observed_state": "stopping"}, "start", "wrong_state"),
    ({"observed_state": "pending"}, "stop", "wrong_state"),
]


@pytest.mark.parametrize(("values", "action", "code"), REFUSALS)
def test_a_server_that_cannot_is_refused_with_the_reason(
    alice: Person,
    server: Server,
    moment: Any,
    knocked: Knocks,
    values: dict[str, Any],
    action: str,
    code: str,
) -> None:
    if "missing_since" in values:
        values = {"missing_since": moment - values["missing_since"]}
    Server.objects.update(**values)
    answer = ask(alice, server, action=action)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert "test1" in answer.json()["detail"]
    assert (Operation.objects.count(), Request.objects.count(), knocked) == (0, 0, [])


@pytest.mark.parametrize("state", ["requested", "sending", "accepted"])
def test_a_busy_server_refuses_unless_asked_to_queue(alice: Person, server: Server, state: str) -> None:
    busy = make_operation(server, action="start", state=state)
    answer = ask(alice, server)
    assert (answer.status_code, answer.json()["code"]) == (409, "server_busy")
    assert f"operation {busy.id}" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert ask(alice, server, queue=True).status_code == 202


@pytest.mark.parametrize("state", ["succeeded", "failed", "unknown", "skipped", "cancelled"])
def test_what_has_ended_keeps_nobody_busy(alice: Person, server: Server, state: str) -> None:
    make_operation(server, state=state)
    assert ask(alice, server).status_code == 202


def test_some_may_refuse_while_others_go(alice: Person, region: Region, knocked: Knocks) -> None:
    good, gone = make_server(region), make_server(region, observed_state="terminated")
    answer = ask(alice, gone, good)
    assert answer.status_code == 202
    assert [each["server"]["id"] for each in answer.json()["operations"]] == [good.id]
    assert [(each["server"], each["code"]) for each in answer.json()["refused"]] == [(gone.id, "server_gone")]
    assert len(knocked) == 1


def test_repeating_a_key_repeats_the_answer_and_nothing_else(
    alice: Person, region: Region, knocked: Knocks
) -> None:
    good, gone = make_server(region), make_server(region, observed_state="terminated")
    first, again = ask(alice, good, gone, key="k1"), ask(alice, good, gone, key="k1")
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert (Operation.objects.count(), len(knocked)) == (1, 1)


def test_a_repeated_key_names_no_operation_that_the_scheduler_went_on_with(
    alice: Person, region: Region
) -> None:
    server = make_server(region, observed_state="stopped")
    first = ask(alice, server, action="start", key="k1").json()
    made = Operation.objects.get()
    Operation.objects.update(state="failed")
    make_operation(server, action="start", request=made.request, retry_of=made)
    again = ask(alice, server, action="start", key="k1").json()
    assert [each["id"] for each in again["operations"]] == [each["id"] for each in first["operations"]]


def test_a_key_with_another_body_is_a_conflict(alice: Person, region: Region) -> None:
    one, other = make_server(region), make_server(region)
    ask(alice, one, key="k1")
    for different in (ask(alice, other, key="k1"), ask(alice, one, key="k1", action="start")):
        assert (different.status_code, different.json()["code"]) == (409, "idempotency_conflict")


def test_a_key_belongs_to_one_workspace(
    alice: Person, charlie: Person, server: Server, far_server: Server
) -> None:
    assert ask(alice, server, key="k1").status_code == 202
    assert ask(charlie, far_server, key="k1").status_code == 202


def test_a_refused_request_may_be_repeated_with_its_key(alice: Person, server: Server) -> None:
    Server.objects.update(protected=True)
    assert ask(alice, server, key="k1").status_code == 409
    Server.objects.update(protected=False)
    assert ask(alice, server, key="k1").status_code == 202


def test_what_was_not_sent_can_be_taken_back(alice: Person, server: Server) -> None:
    [made] = ask(alice, server).json()["operations"]
    answer = alice.post(f"operations/{made['id']}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]) == ("cancelled", "cancelled_by_person")
    assert "alice@example.com" in answer.json()["detail"]
    assert answer.json()["finished_at"]


@pytest.mark.parametrize("state", ["sending", "accepted", "succeeded", "cancelled", "unknown"])
def test_what_was_sent_or_has_ended_cannot(alice: Person, server: Server, state: str) -> None:
    made = make_operation(server, state=state)
    answer = alice.post(f"operations/{made.id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_cancellable")
    made.refresh_from_db()
    assert made.state == state


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("server={server}", 2),
        ("state=succeeded", 1),
        ("state=succeeded,failed", 2),
        ("action=reboot", 1),
        ("origin=person", 0),
        ("schedule={schedule}", 1),
        ("search=test1", 2),
    ],
)
def test_the_history_is_filtered(
    alice: Person, server: Server, nightly: dict[str, Any], query: str, count: int
) -> None:
    make_operation(server, state="succeeded", schedule_id=nightly["id"])
    make_operation(server, state="failed")
    make_operation(make_server(server.region, name="web"), action="reboot")
    answer = alice.get(f"operations?{query.format(server=server.id, schedule=nightly['id'])}")
    assert answer.json()["count"] == count


def test_the_history_keeps_the_name_of_a_deleted_schedule(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    made = make_operation(
        server, state="succeeded", schedule_id=nightly["id"], snapshot={"schedule": nightly["name"]}
    )
    assert alice.get(f"operations/{made.id}").json()["schedule"] == {
        "id": nightly["id"],
        "name": nightly["name"],
    }
    alice.delete(f"schedules/{nightly['id']}", **{"if-match": "*"})
    assert alice.get(f"operations/{made.id}").json()["schedule"] == {"id": None, "name": nightly["name"]}


def test_the_database_itself_lets_one_operation_be_under_way(server: Server) -> None:
    make_operation(server, state="accepted")
    with pytest.raises(IntegrityError):
        make_operation(server, state="sending")
