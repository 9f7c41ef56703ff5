"""What a look says about an operation that was sent. Pure: facts and `now` in, a verdict out.

Success means the end state was seen by a question asked after EC2 accepted. It knows no table and no AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.operations.reasons import GOALS, explained
from shared.operations.states import State

TIMEOUT = {"start": timedelta(minutes=10), "stop": timedelta(minutes=20), "reboot": timedelta(minutes=5)}
# EC2 reads are eventually consistent, so a surprising answer this soon after the request proves nothing
# (https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html).
SETTLED_AFTER = timedelta(seconds=5)
SECOND_LOOK = timedelta(seconds=15)
# Until then EC2 may still tell of the time before the request: a stopped server that somebody once stopped.
BELIEVED_AFTER = timedelta(seconds=60)
STOPPED_BY_SOMEBODY = ("Client.UserInitiated", "Client.InstanceInitiated")
STOPPED_BY_AWS = ("Server.Scheduled", "Server.Spot")
# EC2 had accepted the start and found no room only then (API reference, StateReason).
NO_ROOM = ("Server.InsufficientInstanceCapacity", "Server.InsufficientCapacity")
HIBERNATED = "Client.UserInitiatedHibernate"
NO_REASON = "EC2 gave no reason"
SICK = frozenset({"initializing", "impaired", "insufficient-data"})


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation that was sent. `accepted_at` is None while EC2's answer is unknown.

    `changed_at`: when the server came into the state it was sent in. `hibernate`: it was asked to hibernate.
    """

    action: str
    sending_at: datetime
    accepted_at: datetime | None = None
    lease_until: datetime | None = None
    grace_until: datetime | None = None
    was_healthy: bool = False
    dipped_at: datetime | None = None
    changed_at: datetime | None = None
    hibernate: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What EC2 said when it was asked why: the state, its StateReason, and what kept it from answering."""

    state: str = ""
    reason: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One instance as a look found it. `asked_at` is the moment before the question was sent."""

    state: str
    checks: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """Where the operation goes. `to` None: stay and look again. `surprise`: ask EC2 for its reason first.
    `again`: what kept it from its end passes, so it is worth another try.

    `healthy` and `dipped` are steps of a reboot's proof that this look has shown.
    """

    to: State | None = None
    reason: str = ""
    words: Mapping[str, object] = field(default_factory=dict)
    healthy: bool = False
    dipped: bool = False
    surprise: bool = False
    again: bool = False


STAY = Settled()


def settle(sent: Sent, seen: Seen, *, now: datetime) -> Settled:
    """What this look means for this operation."""
    if sent.accepted_at is None:
        return unanswered(sent, seen, now=now)
    if seen.asked_at <= sent.accepted_at:
        return STAY
    if seen.state in ("terminated", "shutting-down"):
        return Settled(State.FAILED, "ended_elsewhere", {"state": "terminated"})
    settled = reboot(sent, seen) if sent.action == "reboot" else start_or_stop(sent, seen)
    if settled.to is None and now - sent.accepted_at >= TIMEOUT[sent.action]:
        return overdue(sent.action, seen.state)
    return settled


def start_or_stop(sent: Sent, seen: Seen) -> Settled:
    goal = GOALS[sent.action]
    if seen.state == goal and not of_before(sent, seen):
        return Settled(State.SUCCEEDED, "end_seen", {"goal": goal}, surprise=sent.hibernate)
    if sent.action == "start" and seen.state == "stopped" and late_enough(sent, seen):
        return Settled(State.FAILED, "failed_start", surprise=True)
    return STAY


def concluded(sent: Sent, settled: Settled, told: Told, *, now: datetime) -> Settled:
    """The end, now that EC2 was asked for its reason; STAY when it proves nothing, or nothing yet."""
    if told.state not in ("", "stopped"):
        return STAY
    waited = now - (sent.accepted_at or sent.sending_at)
    if settled.to == State.SUCCEEDED:
        return slept(settled, told) if told.reason or waited >= TIMEOUT[sent.action] else STAY
    return fallen(settled, told, waited=waited)


def fallen(settled: Settled, told: Told, *, waited: timedelta) -> Settled:
    """A start came back to stopped. Whose doing that is, EC2 says; what it says of the time before is not
    believed at once."""
    of_aws = told.reason.startswith(STOPPED_BY_AWS)
    if told.reason.startswith(NO_ROOM):
        return Settled(State.FAILED, "insufficient_capacity", again=True)
    if told.reason and not of_aws and not told.reason.startswith(STOPPED_BY_SOMEBODY):
        return replace(settled, words={"aws": explained(told.reason)})
    if waited < BELIEVED_AFTER:
        return STAY
    if of_aws:
        return Settled(State.FAILED, "stopped_by_aws", {"aws": explained(told.reason)})
    if told.reason:
        return Settled(State.FAILED, "ended_elsewhere", {"state": "stopped"})
    return replace(settled, words={"aws": explained(told.trouble or NO_REASON)})


def slept(settled: Settled, told: Told) -> Settled:
    """A server that should hibernate was seen stopped. Without EC2's word nothing more is claimed."""
    if HIBERNATED in told.reason:
        return Settled(State.SUCCEEDED, "hibernated")
    if told.reason:
        return Settled(State.SUCCEEDED, "stopped_without_hibernating", {"aws": explained(told.reason)})
    return settled


def reboot(sent: Sent, seen: Seen) -> Settled:
    """A reboot is proven by status checks that were good, failed, and are good again.

    Good before it was sent, or still good right after EC2 accepted it: EC2 only queues a reboot.
    """
    if seen.state != "running":
        believed = sent.accepted_at is not None and seen.asked_at >= sent.accepted_at + BELIEVED_AFTER
        return Settled(State.FAILED, "ended_elsewhere", {"state": seen.state}) if believed else STAY
    if sent.dipped_at is not None and seen.asked_at > sent.dipped_at and seen.checks == "ok":
        return Settled(State.SUCCEEDED, "reboot_seen")
    if not sent.was_healthy and seen.checks == "ok":
        return Settled(healthy=True)
    if sent.was_healthy and sent.dipped_at is None and seen.checks in SICK:
        return Settled(dipped=True)
    return STAY


def of_before(sent: Sent, seen: Seen) -> bool:
    """Whether the answer may still tell of the time before: the server had only just left this state."""
    recent = sent.changed_at is not None and sent.sending_at - sent.changed_at < BELIEVED_AFTER
    return recent and not late_enough(sent, seen)


def late_enough(sent: Sent, seen: Seen) -> bool:
    return sent.accepted_at is not None and seen.asked_at >= sent.accepted_at + SETTLED_AFTER


def overdue(action: str, state: str) -> Settled:
    minutes = int(TIMEOUT[action].total_seconds() // 60)
    if action == "reboot":
        return Settled(State.UNKNOWN, "reboot_not_proven", {"minutes": minutes})
    return Settled(State.FAILED, "confirm_timeout", {"state": state, "minutes": minutes})


def unanswered(sent: Sent, seen: Seen, *, now: datetime) -> Settled:
    """The call's answer never came: look first, and send again only what provably was not done."""
    if sent.lease_until is None or seen.asked_at <= sent.lease_until:
        return STAY
    if sent.action == "reboot":
        return Settled(State.UNKNOWN, "call_unanswered")
    if seen.state in goalward(sent.action):
        return Settled(State.ACCEPTED)
    if seen.asked_at < sent.sending_at + SECOND_LOOK:
        return STAY
    if sent.grace_until is None or now <= sent.grace_until:
        return Settled(State.REQUESTED)
    return Settled(State.UNKNOWN, "call_unanswered")


def goalward(action: str) -> tuple[str, ...]:
    return ("stopping", "stopped") if action == "stop" else ("pending", "running")
