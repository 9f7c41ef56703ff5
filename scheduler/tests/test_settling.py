"""What a look proves about an operation that was sent - and what it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.settling import STAY, Seen, Sent, Settled, Told, concluded, settle
from shared.operations.states import State

SENT_AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
ACCEPTED_AT = SENT_AT + timedelta(seconds=1)


def after(seconds: float) -> datetime:
    return ACCEPTED_AT + timedelta(seconds=seconds)


def sent(action: str, **facts: object) -> Sent:
    return replace(Sent(action, SENT_AT, ACCEPTED_AT), **facts)  # type: ignore[arg-type]


def looked(sent: Sent, state: str, *, at: float, checks: str = "not-applicable") -> tuple[State | None, str]:
    settled = settle(sent, Seen(state, checks, after(at)), now=after(at + 0.1))
    return settled.to, settled.reason


@pytest.mark.parametrize(
    ("action", "state", "at", "expected"),
    [
        ("stop", "stopped", 30, (State.SUCCEEDED, "end_seen")),
        ("stop", "stopping", 30, (None, "")),
        ("stop", "running", 30, (None, "")),  # an old answer, or a slow EC2: nothing is proven
        ("start", "running", 30, (State.SUCCEEDED, "end_seen")),
        ("start", "pending", 30, (None, "")),
        ("start", "stopped", 2, (None, "")),  # EC2 may still tell the state before the request
        ("start", "stopped", 30, (State.FAILED, "failed_start")),
        ("stop", "terminated", 30, (State.FAILED, "ended_elsewhere")),
        ("start", "shutting-down", 30, (State.FAILED, "ended_elsewhere")),
        ("stop", "stopping", 1201, (State.FAILED, "confirm_timeout")),
        ("start", "pending", 601, (State.FAILED, "confirm_timeout")),
        ("reboot", "running", 301, (State.UNKNOWN, "reboot_not_proven")),
        ("reboot", "stopped", 30, (None, "")),  # maybe of the time before a start
        ("reboot", "stopped", 61, (State.FAILED, "ended_elsewhere")),
    ],
)
def test_a_look_at_an_accepted_operation(
    action: str, state: str, at: float, expected: tuple[State | None, str]
) -> None:
    assert looked(sent(action), state, at=at) == expected


def test_an_answer_to_a_question_asked_before_acceptance_proves_nothing() -> None:
    assert looked(sent("stop"), "stopped", at=-0.5) == (None, "")


def test_a_failed_start_must_be_explained_by_ec2_first() -> None:
    assert settle(sent("start"), Seen("stopped", "", after(30)), now=after(31)).surprise


@pytest.mark.parametrize(("action", "goal"), [("stop", "stopped"), ("start", "running")])
def test_a_state_the_server_had_only_just_left_is_not_believed_at_once(action: str, goal: str) -> None:
    recent = sent(action, changed_at=SENT_AT - timedelta(seconds=30))
    assert looked(recent, goal, at=4) == (None, "")
    assert looked(recent, goal, at=5) == (State.SUCCEEDED, "end_seen")
    settled = sent(action, changed_at=SENT_AT - timedelta(seconds=90))
    assert looked(settled, goal, at=1) == (State.SUCCEEDED, "end_seen")


FALLEN = Settled(State.FAILED, "failed_start", surprise=True)
BY_USER = "Client.UserInitiatedShutdown: User initiated shutdown"
SPOT = "Server.SpotInstanceShutdown: Spot instance shutdown"
PLANNED = "Server.ScheduledStop: The instance was stopped due to a scheduled retirement"
NO_ROOM = "Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request"
NO_GRANT = "Client.InternalError: Client error on launch"


@pytest.mark.parametrize(
    ("told", "at", "expected"),
    [
        (Told("stopped", NO_GRANT), 6, (State.FAILED, "failed_start")),
        (Told("pending", ""), 6, (None, "")),
        (Told("running", ""), 90, (None, "")),
        (Told("stopped", BY_USER), 6, (None, "")),  # told of the stop before
        (Told("stopped", BY_USER), 61, (State.FAILED, "ended_elsewhere")),
        (Told("stopped", SPOT), 6, (None, "")),  # maybe told of the stop before, too
        (Told("stopped", SPOT), 61, (State.FAILED, "stopped_by_aws")),
        (Told("stopped", PLANNED), 61, (State.FAILED, "stopped_by_aws")),
        (Told("stopped", NO_ROOM), 6, (State.FAILED, "insufficient_capacity")),
        (Told("stopped", ""), 6, (None, "")),
        (Told("stopped", ""), 61, (State.FAILED, "failed_start")),
        (Told(trouble="EC2 gave no reason (throttled)"), 6, (None, "")),
        (Told(trouble="EC2 gave no reason (throttled)"), 61, (State.FAILED, "failed_start")),
    ],
)
def test_a_start_failed_when_ec2_says_why_or_goes_on_showing_it_stopped(
    told: Told, at: float, expected: tuple[State | None, str]
) -> None:
    end = concluded(sent("start"), FALLEN, told, now=after(at))
    assert (end.to, end.reason) == expected


def test_what_aws_did_to_a_start_is_told_in_its_words_and_want_of_room_is_worth_another_try() -> None:
    end = concluded(sent("start"), FALLEN, Told("stopped", SPOT), now=after(61))
    assert end.words == {"aws": f"{SPOT}."}
    assert concluded(sent("start"), FALLEN, Told("stopped", NO_ROOM), now=after(6)).again
    assert not concluded(sent("start"), FALLEN, Told("stopped", NO_GRANT), now=after(6)).again


@pytest.mark.parametrize(
    ("told", "at", "expected"),
    [
        (Told("stopped", "Client.UserInitiatedHibernate: User initiated hibernate"), 30, "hibernated"),
        (Told("stopped", BY_USER), 30, "stopped_without_hibernating"),
        (Told(trouble="away"), 30, ""),
        (Told(trouble="away"), 1201, "end_seen"),  # seen stopped, and nothing more is claimed
        (Told("running", ""), 30, ""),
    ],
)
def test_only_ec2_says_whether_a_server_hibernated(told: Told, at: float, expected: str) -> None:
    asleep = sent("stop", hibernate=True)
    seen = settle(asleep, Seen("stopped", "", after(at)), now=after(at))
    assert seen.surprise
    end = concluded(asleep, seen, told, now=after(at))
    assert (end.reason, end.to in (None, State.SUCCEEDED)) == (expected, True)


def test_a_reboot_is_proven_by_good_checks_that_failed_and_came_back() -> None:
    healthy = sent("reboot", was_healthy=True)
    assert looked(healthy, "running", at=5, checks="ok") == (None, "")
    assert settle(healthy, Seen("running", "initializing", after(9)), now=after(9)).dipped
    assert looked(replace(healthy, dipped_at=after(9)), "running", at=20, checks="initializing") == (None, "")
    assert looked(replace(healthy, dipped_at=after(9)), "running", at=40, checks="ok") == (
        State.SUCCEEDED,
        "reboot_seen",
    )


def test_checks_that_were_not_good_before_a_reboot_cannot_prove_it() -> None:
    young = sent("reboot", was_healthy=False)
    assert settle(young, Seen("running", "initializing", after(9)), now=after(9)) is STAY
    assert looked(young, "running", at=40, checks="ok") == (None, "")
    assert looked(young, "running", at=301, checks="ok") == (State.UNKNOWN, "reboot_not_proven")


def test_checks_still_good_after_ec2_accepted_count_as_good_before() -> None:
    unknown = sent("reboot", was_healthy=False)
    assert settle(unknown, Seen("running", "ok", after(1)), now=after(1)).healthy


LEASE = SENT_AT + timedelta(seconds=15)
LOST = Sent("stop", SENT_AT, None, lease_until=LEASE, grace_until=SENT_AT + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("facts", "state", "at", "expected"),
    [
        ({}, "running", 10, (None, "")),  # its worker may still be alive
        ({}, "stopping", 16, (State.ACCEPTED, "")),
        ({}, "stopped", 16, (State.ACCEPTED, "")),
        ({}, "running", 16, (State.REQUESTED, "")),  # two readings apart by 15 s: it was not done
        ({"grace_until": SENT_AT}, "running", 16, (State.UNKNOWN, "call_unanswered")),
        ({"action": "start"}, "pending", 16, (State.ACCEPTED, "")),
        ({"action": "start"}, "stopped", 16, (State.REQUESTED, "")),
        ({"action": "reboot"}, "running", 16, (State.UNKNOWN, "call_unanswered")),  # never sent twice
    ],
)
def test_a_call_without_an_answer_is_settled_by_looking(
    facts: dict[str, object], state: str, at: float, expected: tuple[State | None, str]
) -> None:
    seen = Seen(state, "ok", SENT_AT + timedelta(seconds=at))
    settled = settle(replace(LOST, **facts), seen, now=seen.asked_at)  # type: ignore[arg-type]
    assert (settled.to, settled.reason) == expected


def test_an_answer_older_than_the_dip_does_not_prove_the_reboot() -> None:
    dipped = sent("reboot", was_healthy=True, dipped_at=after(9))
    assert looked(dipped, "running", at=8, checks="ok") == (None, "")
    assert looked(dipped, "running", at=10, checks="ok") == (State.SUCCEEDED, "reboot_seen")
