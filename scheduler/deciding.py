"""What becomes of an operation about to be sent.

Pure: `now` and facts in, verdicts out. It knows no table, no clock and no AWS.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.operations.reasons import GOALS
from shared.operations.verdicts import RUN, Verdict

FRESH = timedelta(seconds=10)
RETRY_SOON = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation about to be sent, and what is known of its server."""

    action: str
    by_rule: bool
    grace_until: datetime
    observed_state: str
    seen_at: datetime | None
    gone: bool = False
    protected: bool = False
    newer: bool = False
    region_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: try again at this moment."""

    until: datetime


def before_sending(ready: Ready, *, now: datetime) -> Verdict | Wait:
    """RUN, a reason not to, or when to ask again."""
    if ready.gone or ready.observed_state in ("terminated", "shutting-down"):
        return Verdict("server_gone")
    objections = (
        (not ready.region_enabled, "account_disabled"),
        (ready.by_rule and ready.protected, "protected"),
        (now > ready.grace_until, "too_late"),
        (ready.newer, "superseded"),
    )
    reason = next((reason for objects, reason in objections if objects), "")
    return Verdict(reason) if reason else by_state(ready, now=now)


def by_state(ready: Ready, *, now: datetime) -> Verdict | Wait:
    fresh = ready.seen_at is not None and now - ready.seen_at <= FRESH
    goal = GOALS[ready.action]
    if ready.action != "reboot" and fresh and ready.observed_state == goal:
        return Verdict("already_in_state", {"goal": goal})
    if ready.observed_state in ("stopping", "pending") and not heading(ready.observed_state, goal):
        return Wait(now + RETRY_SOON)
    if ready.action == "reboot" and fresh and ready.observed_state == "stopped":
        return Verdict("wrong_state", {"state": ready.observed_state, "action": "reboot"})
    return RUN


def heading(state: str, goal: str) -> bool:
    """Whether a server in this state is on its way to the goal by itself."""
    return (state, goal) in (("stopping", "stopped"), ("pending", "running"))
