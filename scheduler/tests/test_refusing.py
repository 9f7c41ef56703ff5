"""What becomes of the members of a refused call: whom it names, whom it halves, and who waits how long."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from scheduler.ec2 import gateway
from scheduler.meaning import reason_of
from scheduler.refusing import Fate, Member, Trouble, fates
from shared.errors import CredentialUnusable

MEMBERS = [Member(number, f"i-{number}") for number in range(8)]


def named(kind: type[gateway.Refused], code: str, *numbers: int, text: str = "no") -> gateway.Refused:
    return kind(text, ids=frozenset(f"i-{number}" for number in numbers), code=code)


def judged(error: Trouble, members: Sequence[Member] = MEMBERS, **more: bool) -> list[Fate]:
    """With jitter at its most."""
    found = fates(error, members, call=7, jitter=lambda _least, most: most, **more)
    assert sorted(each for fate in found for each in fate.members) == [each.id for each in members]
    return found


def at_once(fate: Fate) -> bool:
    return fate.wait is not None and fate.wait <= timedelta()


PERMISSION = "You are not authorized to perform this operation."
ACCOUNT_WIDE = (
    "User: arn:aws:iam::1:user/u is not authorized to perform: ec2:StopInstances because no policy allows"
)
ON_A_RESOURCE = (
    "is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:x:1:instance/i-3 because no"
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            named(gateway.Impossible, "OperationNotPermitted", 3, text="its 'disableApiStop'"),
            "stop_protected",
        ),
        (
            named(gateway.Impossible, "UnsupportedOperation", 3, text="a one-time Spot request"),
            "one_time_spot",
        ),
        (
            named(gateway.Impossible, "UnsupportedOperation", 3, text="'ebs' root device type"),
            "instance_store",
        ),
        (named(gateway.Impossible, "UnsupportedOperation", 3, text="something else"), "refused"),
        (named(gateway.Denied, "UnauthorizedOperation", 3, text=ON_A_RESOURCE), "denied"),
        (named(gateway.BadIds, "InvalidInstanceID.Malformed", 3), "instance_not_found"),
        (named(gateway.Refused, "NobodyKnowsThisOne", 3), "refused"),
    ],
)
def test_whom_a_final_refusal_names_ends_and_the_others_go_at_once_together(
    error: gateway.Refused, reason: str
) -> None:
    bad, rest = judged(error)
    assert (bad.members, bad.reason, bad.wait, bad.step) == ((3,), reason, None, "dropped")
    assert (rest.members, rest.step) == ((0, 1, 2, 4, 5, 6, 7), "sent_again")
    assert at_once(rest)


def test_whom_a_passing_refusal_names_waits_alone() -> None:
    bad, rest = judged(named(gateway.NotNow, "IncorrectInstanceState", 1, 2))
    assert (bad.members, bad.waiting, bad.step) == ((1, 2), "refused", "put_off")
    assert bad.wait is not None
    assert bad.wait >= timedelta(seconds=3)
    assert (len(rest.members), at_once(rest)) == (6, True)


def test_who_was_sent_on_and_is_refused_again_goes_on_in_halves() -> None:
    """EC2 names the first server that a policy bars, however many there are."""
    sent_on = [Member(number, f"i-{number}", apart=True) for number in range(8)]
    error = named(gateway.Denied, "UnauthorizedOperation", 0, text=ON_A_RESOURCE)
    bad, *rest = judged(error, sent_on)
    assert bad.members == (0,)
    assert [fate.members for fate in rest] == [(1, 2, 3, 4), (5, 6, 7)]
    assert len({fate.wait for fate in rest}) == 2


def test_an_unknown_id_is_asked_for_once_more_and_then_believed() -> None:
    first, _ = judged(named(gateway.BadIds, "InvalidInstanceID.NotFound", 3))
    assert (first.members, first.wait, first.apart) == ((3,), timedelta(seconds=10), True)
    known = [Member(3, "i-3", apart=True, steps=frozenset({first.step}))]
    (second,) = judged(named(gateway.BadIds, "InvalidInstanceID.NotFound", 3), known)
    assert (second.wait, second.reason) == (None, "instance_not_found")


def test_who_was_told_apart_for_another_reason_is_no_less_forgotten_for_a_moment() -> None:
    sent_on = [Member(number, f"i-{number}", apart=True) for number in range(3)]
    first, rest = judged(named(gateway.BadIds, "InvalidInstanceID.NotFound", 1), sent_on)
    assert (first.members, first.step, first.wait) == ((1,), "forgotten", timedelta(seconds=10))
    assert (rest.members, rest.step) == ((0, 2), "sent_again")


@pytest.mark.parametrize(
    "error",
    [
        gateway.Impossible("One of them is protected", code="OperationNotPermitted"),
        gateway.NotNow("no", code="IncorrectInstanceState"),
        gateway.Denied(PERMISSION, code="UnauthorizedOperation"),
        gateway.BadIds("no", code="InvalidInstanceID.NotFound"),
        gateway.Refused("no", code="NobodyKnowsThisOne"),
    ],
)
def test_a_refusal_that_names_nobody_is_halved(error: gateway.Refused) -> None:
    one, two = judged(error)
    assert (one.members, two.members) == ((0, 1, 2, 3), (4, 5, 6, 7))
    assert one.apart
    assert two.apart
    assert one.wait != two.wait
    assert max(one.wait or timedelta(), two.wait or timedelta()) < timedelta()
    (alone,) = judged(error, MEMBERS[:1])
    assert alone.step != "halved"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (gateway.Denied("no", code="AuthFailure"), "denied"),
        (gateway.Denied(ACCOUNT_WIDE, code="UnauthorizedOperation"), "denied"),
        (CredentialUnusable("no"), "credential_unusable"),
    ],
)
def test_what_is_denied_to_the_account_ends_them_all_at_once(error: Trouble, reason: str) -> None:
    (fate,) = judged(error)
    assert (len(fate.members), fate.reason, fate.wait) == (8, reason, None)


@pytest.mark.parametrize(
    ("error", "waiting", "attempt", "longest", "reason"),
    [
        (gateway.Throttled("no"), "throttled", 1, 4, "throttled"),
        (gateway.Throttled("no"), "throttled", 9, 60, "throttled"),
        (gateway.Unreachable("no"), "unreachable", 1, 2, "unreachable"),
        (gateway.Unreachable("no"), "unreachable", 9, 30, "unreachable"),
        (gateway.NotSent("frozen"), "", 1, 0.2, "gave_up"),
    ],
)
def test_what_is_nobodys_fault_lets_all_wait_longer_and_longer(
    error: Trouble, waiting: str, attempt: int, longest: float, reason: str
) -> None:
    (fate,) = judged(error, [Member(1, "i-1", attempt), Member(2, "i-2")])
    assert (fate.waiting, fate.wait, fate.reason) == (waiting, timedelta(seconds=longest), reason)
    assert fate.step == ("put_off" if waiting else "frozen")


def test_no_room_is_asked_again_in_minutes() -> None:
    waits = [
        judged(gateway.NoCapacity("no"), [Member(1, "i-1", attempt)])[0].wait for attempt in (1, 2, 3, 4)
    ]
    assert waits == [timedelta(seconds=seconds) for seconds in (120, 240, 300, 300)]
    (soonest,) = fates(gateway.NoCapacity("no"), MEMBERS[:1], call=7, jitter=lambda least, _most: least)
    assert soonest.wait == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("UnsupportedHibernationConfiguration", "The instance 'i-3' is not configured for hibernation."),
        ("UnsupportedOperation", "Hibernation is not supported for 'i-3'."),
    ],
)
def test_whoever_cannot_hibernate_goes_again_without_it(code: str, text: str) -> None:
    bad, rest = judged(named(gateway.Impossible, code, 3, text=text), hibernating=True)
    assert (bad.members, bad.wait, bad.step) == ((3,), timedelta(), "hibernate_refused")
    assert len(rest.members) == 7
    plain, _ = judged(named(gateway.Impossible, code, 3, text=text))
    assert (plain.wait, plain.reason) == (None, "refused")


NOT_YET = named(
    gateway.Impossible, "UnsupportedOperation", 3, text="The instance 'i-3' is not ready to hibernate yet."
)


def test_whoever_cannot_hibernate_yet_is_asked_again_and_stopped_only_when_its_time_is_over() -> None:
    bad, _ = judged(NOT_YET, hibernating=True)
    assert (bad.members, bad.waiting, bad.step) == ((3,), "hibernation", "put_off")
    assert (bad.wait, bad.at_least) == (timedelta(seconds=60), timedelta(seconds=1))
    assert bad.otherwise is not None
    assert (bad.otherwise.wait, bad.otherwise.step) == (timedelta(), "hibernate_refused")
    tried_often = [Member(3, "i-3", attempt=9)]
    assert judged(NOT_YET, tried_often, hibernating=True)[0].wait == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("kind", "code", "waiting", "reason"),
    [
        (gateway.NotNow, "IncorrectSpotRequestState", "spot_request", "gave_up"),
        (gateway.NoCapacity, "VcpuLimitExceeded", "quota", "quota_used_up"),
        (gateway.NoCapacity, "InstanceLimitExceeded", "quota", "quota_used_up"),
    ],
)
def test_what_takes_minutes_is_asked_again_in_minutes_and_says_what_it_is(
    kind: type[gateway.Refused], code: str, waiting: str, reason: str
) -> None:
    (fate,) = judged(named(kind, code, 0), MEMBERS[:1])
    assert (fate.waiting, fate.reason, fate.wait) == (waiting, reason, timedelta(seconds=120))
    assert fate.at_least == timedelta(seconds=60)


@pytest.mark.parametrize("code", ["RequestExpired", "ExpiredToken"])
def test_a_session_that_is_over_is_renewed_once(code: str) -> None:
    error = gateway.Denied("The session is expired", code=code)
    (fate,) = judged(error)
    assert (len(fate.members), fate.wait, fate.step) == (8, timedelta(), "new_session")
    renewed = [Member(1, "i-1", steps=frozenset({"new_session"})), Member(2, "i-2")]
    second, first = judged(error, renewed)[::-1]
    assert (second.members, second.wait, second.reason) == ((1,), None, "denied")
    assert (first.members, first.wait) == ((2,), timedelta())


def test_a_refusal_of_no_known_kind_has_given_up() -> None:
    assert reason_of(gateway.NotSent("x")) == "gave_up"
