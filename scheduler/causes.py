"""Who made a server change: one of our operations, or somebody else, and whom EC2 names. Pure.

A change is ours only when an operation explains it: one under way, or one that ended moments ago and whose
effect is still arriving. What nothing of ours explains is from outside.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.operations.reasons import GOALS

ENDED = frozenset({"shutting-down", "terminated"})
SETTLED = frozenset({"running", "stopped"})
# Where an operation may take a server while it is under way; never to its end. A reboot changes no state.
# Answers that are a little old show the state before it
# (https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html).
PATHS = {
    "start": frozenset({"stopped", "pending", "running"}),
    "stop": frozenset({"running", "stopping", "stopped"}),
    "reboot": frozenset[str](),
}
GOALWARD = {"start": frozenset({"pending", "running"}), "stop": frozenset({"stopping", "stopped"})}
# What goes on by itself after an operation has ended: (the state it had brought, the next one).
GOES_ON = {
    "start": frozenset({("pending", "running"), ("pending", "stopped")}),
    "stop": frozenset({("stopping", "stopped")}),
}
# How old an answer may be that contradicts an end we have seen, and how late an unproven effect may show.
NONE = timedelta()
STALE = timedelta(seconds=15)
LATE = timedelta(seconds=60)
# The StateReason codes EC2 documents
# (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html).
ACTORS = (
    ("Client.InstanceInitiatedShutdown", "inside"),
    ("Client.UserInitiated", "api"),
    ("Server.Spot", "spot"),
    ("Server.", "aws"),
    ("Client.InstanceTerminated", "unknown"),
    ("Client.", "aws"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One server's state as it was and as it is now. `asked_at` is the moment before the question."""

    before: str
    after: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Did:
    """The last operation we sent to a server. `ended_at` None: under way. `proven`: its end was seen.

    `brought`: the state the server leaves now was that operation's doing.
    """

    operation: int
    action: str
    ended_at: datetime | None = None
    proven: bool = False
    brought: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """`cause` is one of ours, outside, unknown; `operation` is ours.

    `doubted_until`: it may be an answer that is a little old. One that was asked for later and says the same
    makes it somebody else's change.
    """

    cause: str
    operation: int | None = None
    doubted_until: datetime | None = None


OUTSIDE = Cause("outside")
UNKNOWN = Cause("unknown")


def cause(change: Change, did: Did | None) -> Cause:
    """What explains this change."""
    if change.before == "unknown":
        return UNKNOWN
    if did is None or did.action not in GOALWARD:
        return OUTSIDE
    if did.ended_at is None:
        return Cause("ours", did.operation) if under_way(change, did) else OUTSIDE
    if may_be_old(change, did, ended_at=did.ended_at):
        return Cause("ours", did.operation, did.ended_at + STALE)
    return Cause("ours", did.operation) if arriving(change, did, ended_at=did.ended_at) else OUTSIDE


def under_way(change: Change, did: Did) -> bool:
    """A start that falls back passes through `stopping` or not; a running server that stops is another's."""
    fell_back = did.action == "start" and change.before == "pending" and change.after == "stopping"
    undone = did.action == "start" and change.before == "running" and change.after == "stopped"
    return fell_back or (change.after in PATHS[did.action] and not undone)


def may_be_old(change: Change, did: Did, *, ended_at: datetime) -> bool:
    """An answer that contradicts the end we have just seen."""
    back = change.before == GOALS[did.action] and change.after in PATHS[did.action]
    return did.proven and back and NONE <= change.asked_at - ended_at <= STALE


def arriving(change: Change, did: Did, *, ended_at: datetime) -> bool:
    """What comes of an operation after its end: the rest of its way, or the correction of an old answer.

    An end that is dated later than the question comes of a clock that was set back since.
    """
    age = change.asked_at - ended_at
    if age < NONE:
        return False
    if did.brought and (change.before, change.after) in GOES_ON[did.action]:
        return True
    if did.proven:
        return did.brought and change.after == GOALS[did.action] and age <= STALE + LATE
    return change.after in GOALWARD[did.action] and age <= LATE


def actor(reason: str) -> str:
    """Whom EC2's StateReason names: unknown, api, inside, aws or spot."""
    return next((word for code, word in ACTORS if reason.startswith(code)), "unknown")
