"""What becomes of an operation about to be sent.

Pure: `now` and facts in, verdicts out. It knows no table, no clock and no AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.fleet import fitness
from shared.operations.reasons import GOALS, WAITING
from shared.operations.states import State
from shared.operations.verdicts import RUN, Verdict

FRESH = timedelta(seconds=10)
RETRY_SOON = timedelta(seconds=3)
# What an operation was refused for last is why it failed, once its time is over.
OUT_OF_TIME = {
    "throttled": "throttled",
    "no_capacity": "insufficient_capacity",
    "unreachable": "unreachable",
    "refused": "gave_up",
    "hibernation": "gave_up",
    "spot_request": "gave_up",
    "quota": "quota_used_up",
}
# The same for what it was not even sent for.
WAITED = OUT_OF_TIME | {"not_ready": "never_ready", "tokens": "no_tokens"}


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation about to be sent, and what is known of its server.

    `waiting` and `waiting_detail`: why it was put off the last time; `flags`: what EC2 tells of the instance.
    `withdrawn`: the schedule that asked for it does not ask any more; `held`: the words of a hold that wants
    the opposite; `lost`: what somebody decided since, or RUN. `forces`: its power would be cut, which only a
    server that `hangs` calls for.
    """

    action: str
    by_rule: bool
    grace_until: datetime
    observed_state: str
    seen_at: datetime | None
    gone: bool = False
    protected: bool = False
    withdrawn: bool = False
    held: Mapping[str, str] | None = None
    lost: Verdict = RUN
    forces: bool = False
    hangs: bool = False
    region_enabled: bool = True
    waiting: str = ""
    waiting_detail: str = ""
    flags: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: the server is in `state`. Try again at this moment."""

    until: datetime
    state: str


def before_sending(ready: Ready, *, now: datetime) -> Verdict | Wait:
    """RUN, a reason not to, or when to ask again."""
    if ready.gone or ready.observed_state in ("terminated", "shutting-down"):
        return Verdict("server_gone")
    objections = (
        (ready.withdrawn, Verdict("schedule_changed")),
        (not ready.region_enabled, Verdict("account_disabled")),
        (ready.by_rule and ready.protected, Verdict("protected")),
        (ready.held is not None, Verdict("held", ready.held or {})),
        (now > ready.grace_until, out_of_time(ready.waiting, ready.waiting_detail)),
        (ready.lost is not RUN, ready.lost),
        (ready.forces and not ready.hangs, Verdict("not_stuck")),
        *unfit(ready),
    )
    return next((verdict for objects, verdict in objections if objects), None) or by_state(ready, now=now)


def unfit(ready: Ready) -> list[tuple[bool, Verdict]]:
    """What the instance can never be asked."""
    found = fitness.against(ready.action, flags=ready.flags)
    return [(True, Verdict(found.code, {"lifecycle": found.lifecycle}))] if found else []


def out_of_time(waiting: str, detail: str) -> Verdict:
    """Its time is over: why, as far as it is known what it waited for; else `too_late`."""
    return Verdict(WAITED[waiting], said(waiting, detail)) if waiting in WAITED else Verdict("too_late")


def said(waiting: str, detail: str) -> dict[str, object]:
    """The word that `detail` says in the gap of that code's sentence."""
    before, _, rest = WAITING[waiting].partition("{")
    name, _, after = rest.partition("}")
    return {name: detail.removeprefix(before).removesuffix(after)} if name else {}


def ends_as(verdict: Verdict) -> State:
    """Not to be sent is skipped, withdrawn by its schedule cancelled; tried until too late failed."""
    if verdict.reason == "schedule_changed":
        return State.CANCELLED
    return State.FAILED if verdict.reason in WAITED.values() else State.SKIPPED


def by_state(ready: Ready, *, now: datetime) -> Verdict | Wait:
    fresh = ready.seen_at is not None and now - ready.seen_at <= FRESH
    goal = GOALS[ready.action]
    if ready.action != "reboot" and fresh and ready.observed_state == goal:
        return Verdict("already_in_state", {"goal": goal})
    if ready.observed_state in ("stopping", "pending") and not heading(ready.observed_state, goal):
        return Wait(now + RETRY_SOON, ready.observed_state)
    if ready.action == "reboot" and fresh and ready.observed_state == "stopped":
        return Verdict("wrong_state", {"state": ready.observed_state, "action": "reboot"})
    return RUN


def heading(state: str, goal: str) -> bool:
    """Whether a server in this state is on its way to the goal by itself."""
    return (state, goal) in (("stopping", "stopped"), ("pending", "running"))
