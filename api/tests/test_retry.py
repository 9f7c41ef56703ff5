"""What is said of an operation on its way, and asking again for what did not happen."""

from datetime import timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_operation
from shared import broker
from shared.fleet.models import Server
from shared.operations.models import Call, Operation, Request

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]


@pytest.mark.parametrize("state", ["failed", "unknown", "skipped", "cancelled"])
def test_what_did_not_happen_is_asked_for_again(
    alice: Person, server: Server, nightly: dict[str, Any], knocked: Knocks, state: str
) -> None:
    before = make_operation(server, state=state, schedule_id=nightly["id"])
    answer = alice.post(f"operations/{before.id}/retry")
    assert answer.status_code == 202, answer.content
    again = answer.json()["operation"]
    assert (again["retry_of"], again["state"], again["action"]) == (before.id, "requested", "stop")
    assert (again["origin"], again["schedule"]) == ("token", None)
    assert again["author"]["email"] == "alice@example.com"
    assert again["server"]["id"] == server.id
    made = Operation.objects.get(id=again["id"])
    assert made.grace_until - made.due_at == timedelta(minutes=15)
    assert made.request == Request.objects.get()
    assert knocked == [(broker.DRAIN_REGION, {"region": server.region_id, "action": "stop"})]


@pytest.mark.parametrize("state", ["requested", "sending", "accepted", "succeeded"])
def test_what_goes_on_or_went_well_is_not(alice: Person, server: Server, state: str) -> None:
    before = make_operation(server, state=state)
    answer = alice.post(f"operations/{before.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_retryable")
    assert Operation.objects.count() == 1


def test_force_is_not_repeated_and_hibernation_is(alice: Person, server: Server) -> None:
    Server.objects.update(flags={"hibernation": True})
    forced = make_operation(server, state="failed", options={"force": True})
    again = alice.post(f"operations/{forced.id}/retry").json()["operation"]
    assert again["options"] == {"force": False, "hibernate": False}
    Operation.objects.filter(id=again["id"]).update(state="failed")
    slept = make_operation(server, state="failed", options={"hibernate": True})
    again = alice.post(f"operations/{slept.id}/retry").json()["operation"]
    assert again["options"] == {"force": False, "hibernate": True}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"protected": True}, "protected"),
        ({"observed_state": "terminated"}, "server_gone"),
        ({"observed_state": "pending"}, "wrong_state"),
        ({"flags": {"asg": "web"}}, "unsupported_instance"),
    ],
)
def test_a_retry_is_refused_as_the_wish_would_be(
    alice: Person, server: Server, knocked: Knocks, values: dict[str, Any], code: str
) -> None:
    before = make_operation(server, state="failed")
    Server.objects.update(**values)
    answer = alice.post(f"operations/{before.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (Operation.objects.count(), Request.objects.count(), knocked) == (1, 0, [])


def test_retrying_twice_makes_one_operation(alice: Person, server: Server) -> None:
    before = make_operation(server, state="failed")
    assert alice.post(f"operations/{before.id}/retry").status_code == 202
    assert alice.post(f"operations/{before.id}/retry").json()["code"] == "server_busy"


@pytest.mark.parametrize("busy", [True, False], ids=["it is busy", "it is on its way"])
def test_a_retry_may_queue(alice: Person, server: Server, busy: bool) -> None:
    before = make_operation(server, action="start", state="failed")
    if busy:
        make_operation(server, state="accepted")
    else:
        Server.objects.update(observed_state="stopping")
    refused = alice.post(f"operations/{before.id}/retry").json()
    assert refused["code"] == ("server_busy" if busy else "wrong_state")
    assert refused["detail"].endswith("Wait for that to end, or queue it.")
    answer = alice.post(f"operations/{before.id}/retry", {"queue": True})
    assert (answer.status_code, answer.json()["operation"]["state"]) == (202, "requested")


def test_a_retry_takes_nothing_else(alice: Person, server: Server) -> None:
    before = make_operation(server, state="failed")
    answer = alice.post(f"operations/{before.id}/retry", {"force": True})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")


def test_an_operation_says_why_it_waits_and_until_when(alice: Person, server: Server) -> None:
    made = make_operation(server, waiting="no_capacity", waiting_detail="EC2 has no room.")
    waiting = {"code": "no_capacity", "detail": "EC2 has no room."}
    for shown in (alice.get(f"operations/{made.id}").json(), alice.get("operations").json()["results"][0]):
        assert shown["waiting"].pop("until") == shown["due_at"]
        assert shown["waiting"] == waiting
    beside = alice.get(f"servers/statuses?ids={server.id}").json()["statuses"][0]["requested"]
    assert (beside["operation"], beside["waiting"]["code"]) == (made.id, "no_capacity")


def test_an_operation_names_the_one_it_waits_for(alice: Person, server: Server, moment: Any) -> None:
    """Whether that one is under way, or somebody asked for it earlier."""
    first = make_operation(server, state="accepted", due_at=moment - timedelta(minutes=2))
    mine = make_operation(server, action="start", waiting="not_ready", waiting_detail="Stopping.")
    busy = {"code": "busy", "detail": f"Another operation ({first.id}) on this server has not ended."}
    shown = alice.get(f"operations/{mine.id}").json()["waiting"]
    assert shown == busy | {"until": None}
    beside = alice.get(f"servers/statuses?ids={server.id}").json()["statuses"][0]["requested"]
    assert (beside["operation"], beside["waiting"]) == (mine.id, shown)
    Operation.objects.filter(id=first.id).update(state="requested")
    assert alice.get(f"operations/{mine.id}").json()["waiting"]["code"] == "not_ready"
    Operation.objects.filter(id=first.id).update(origin="person")
    assert alice.get(f"operations/{mine.id}").json()["waiting"] == shown
    assert alice.get(f"operations/{first.id}").json()["waiting"] is None


def test_what_was_sent_waits_no_more(alice: Person, server: Server) -> None:
    made = make_operation(server, state="sending", waiting="tokens", waiting_detail="No tokens.")
    assert alice.get(f"operations/{made.id}").json()["waiting"] is None


@pytest.mark.parametrize(
    ("state", "cancel", "retry"),
    [
        ("requested", True, False),
        ("sending", False, False),
        ("accepted", False, False),
        ("succeeded", False, False),
        ("failed", False, True),
        ("unknown", False, True),
        ("skipped", False, True),
        ("cancelled", False, True),
    ],
)
def test_an_operation_says_what_may_be_done_with_it(
    alice: Person, server: Server, state: str, cancel: bool, retry: bool
) -> None:
    shown = alice.get(f"operations/{make_operation(server, state=state).id}").json()
    assert (shown["can_cancel"], shown["can_retry"]) == (cancel, retry)


def test_an_operation_names_the_newest_that_repeats_it(alice: Person, server: Server) -> None:
    before = make_operation(server, state="failed")
    assert alice.get(f"operations/{before.id}").json()["retried_by"] is None
    make_operation(server, state="failed", retry_of=before)
    again = make_operation(server, retry_of=before)
    assert alice.get(f"operations/{before.id}").json()["retried_by"] == again.id


def test_an_operation_keeps_why_it_was_asked_for(alice: Person, server: Server) -> None:
    asked = alice.post("operations", {"servers": [server.id], "action": "stop", "reason": "Before the move"})
    [made] = asked.json()["operations"]
    assert made["note"] == "Before the move"
    assert alice.get(f"operations/{made['id']}").json()["note"] == "Before the move"
    by_rule = make_operation(server, state="failed")
    assert alice.get(f"operations/{by_rule.id}").json()["note"] is None


def test_an_operation_names_its_call(alice: Person, server: Server, moment: Any) -> None:
    call = Call.objects.create(
        workspace=server.workspace,
        region=server.region,
        action="stop",
        owner="w",
        lease_until=moment,
        sent_at=moment,
        request_id="r-1",
    )
    made = make_operation(server, state="accepted", call=call)
    shown = alice.get(f"operations/{made.id}").json()
    assert (shown["call"], shown["request_id"]) == (call.id, "r-1")
    assert alice.get(f"operations/{make_operation(server).id}").json()["call"] is None
