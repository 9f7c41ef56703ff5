"""What about a server needs a person, each with a sentence that says what to do next. Pure.

The sentences name no moment that passes: a poll must find the same words until something has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# A start or stop that failed, or an end nobody saw, is old news after a day.
NEWS = timedelta(hours=24)
# Reasons that lie with the account's credentials, or with the way to AWS.
OF_THE_WAY = ("credential_unusable", "unreachable")
# A failure matters while the server is where it should not be: (code, the state it was left in), by action.
LEFT_IN = {"start": ("start_failed", "stopped"), "stop": ("stop_failed", "running")}
CODES = (
    "stuck",
    "missing",
    "no_capacity",
    "start_failed",
    "stop_failed",
    "changed_outside",
    "put_back_given_up",
    "not_proven",
    "planned",
)
TEXTS = {
    "stuck_stopping": (
        "EC2 has been stopping this server for unusually long. Wait, or use Force stop, which cuts its "
        "power: what it had not written to disk is lost."
    ),
    "stuck_pending": (
        "EC2 has been starting this server for unusually long. "
        "Look at its state and its system log in the EC2 console."
    ),
    "missing": (
        "EC2 no longer shows this server. If it was terminated there is nothing to do; otherwise check that "
        "the account's role or keys still belong to the same AWS account."
    ),
    "no_capacity": (
        "EC2 has no room for this instance type in its zone now, and the start is tried again by itself. "
        "If it cannot wait, change the instance type, or move the server to another zone."
    ),
    "start_failed": "The last start failed. {why}",
    "stop_failed": "The last stop failed, and the server still runs. {why}",
    "changed_outside": (
        "{who} {did} this server, against its schedule. "
        "Acknowledge it if that was meant, or {undo} the server."
    ),
    "put_back_given_up": (
        "Something keeps changing this server against its schedule, so it is no longer put back. "
        "Find out what it is, then acknowledge this; or let the schedule respect such changes."
    ),
    "not_proven": "The last {action} was sent, but its end was not seen. {why}",
}
# What AWS does at a planned event, and how one can choose the moment (EC2 user guide, "Scheduled events").
PLANS = {
    "instance-stop": ("stop", "Stop and start it before then, which moves it to other hardware."),
    "instance-retirement": ("retire", "Stop and start it before then, which moves it to other hardware."),
    "instance-reboot": ("reboot", "Reboot it before then at a moment that suits you, or let AWS do it."),
    "system-reboot": ("reboot the host of", "Stop and start it before then, or let AWS do it."),
    "system-maintenance": ("maintain the host of", "Stop and start it before then, or let AWS do it."),
}
PLAN = "AWS plans to {does} this server{when} ({description}). {next}"
# Whom EC2 names as the cause of a change, as far as it does.
WHO = {"aws": "AWS", "spot": "AWS, which took the Spot capacity back,"}
DID = {"running": ("started", "stop"), "stopped": ("stopped", "start")}


@dataclass(frozen=True, slots=True)
class Ended:
    """The operation that ran last on a server, when it ended badly a short while ago. `is_said`: the health
    of its account says why at this moment."""

    id: int
    action: str
    state: str
    detail: str
    finished_at: datetime | None
    is_said: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A change from outside that nobody has acknowledged and no later start or stop has settled."""

    id: int
    after: str
    reaction: str
    asked_at: datetime
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one server. `waits_for_room` is the operation EC2 has no capacity for."""

    status: str
    observed_state: str
    stuck_since: datetime | None = None
    missing_since: datetime | None = None
    left_at: datetime | None = None
    waits_for_room: int | None = None
    waits_since: datetime | None = None
    ended: Ended | None = None
    alerts: Sequence[Alert] = ()
    planned: Sequence[Mapping[str, str | None]] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to see to. `since` is None when nobody knows."""

    code: str
    detail: str
    since: datetime | None
    operation: int | None = None
    observation: int | None = None


def attention(facts: Facts) -> list[Note]:
    """Everything to see to, the most pressing first; nothing about a server that has left."""
    if facts.left_at:
        return []
    return [
        *stuck(facts),
        *missing(facts),
        *no_room(facts),
        *badly_ended(facts),
        *(alerted(alert) for alert in facts.alerts),
        *(plan(event) for event in facts.planned),
    ]


def stuck(facts: Facts) -> list[Note]:
    if not facts.stuck_since:
        return []
    text = TEXTS["stuck_pending" if facts.observed_state == "pending" else "stuck_stopping"]
    return [Note("stuck", text, facts.stuck_since)]


def missing(facts: Facts) -> list[Note]:
    return [Note("missing", TEXTS["missing"], facts.missing_since)] if facts.status == "missing" else []


def no_room(facts: Facts) -> list[Note]:
    if facts.waits_for_room is None:
        return []
    return [Note("no_capacity", TEXTS["no_capacity"], facts.waits_since, operation=facts.waits_for_room)]


def badly_ended(facts: Facts) -> list[Note]:
    """A start or stop that failed matters while its server was left so; an end nobody saw matters anyway."""
    ended = facts.ended
    if ended is None:
        return []
    code, left_in = LEFT_IN.get(ended.action, ("", "")) if ended.state == "failed" else ("not_proven", "")
    if ended.state == "failed" and (ended.is_said or facts.observed_state != left_in):
        return []
    text = " ".join(TEXTS[code].format(action=ended.action, why=ended.detail).split())
    return [Note(code, text, ended.finished_at, operation=ended.id)]


def said(reason: str, *, denied: bool, trouble: bool) -> bool:
    """Whether the account's health says it, once for all servers. `denied`: that the action is refused;
    `trouble`: that AWS cannot be asked. When that is over, whoever was left behind is told of."""
    return denied if reason == "denied" else trouble and reason in OF_THE_WAY


def alerted(alert: Alert) -> Note:
    code = "put_back_given_up" if alert.reaction == "given_up" else "changed_outside"
    who = WHO.get(alert.actor, "Somebody or something else")
    did, undo = DID.get(alert.after, ("changed", "start or stop"))
    return Note(code, TEXTS[code].format(who=who, did=did, undo=undo), alert.asked_at, observation=alert.id)


def plan(event: Mapping[str, str | None]) -> Note:
    """What AWS itself will do to the server."""
    does, advice = PLANS.get(
        event["code"] or "", ("do something to", "Look at its events in the EC2 console.")
    )
    at = event["not_before"]
    when = f" from {datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC on" if at else ""
    text = PLAN.format(does=does, when=when, description=event["description"], next=advice)
    return Note("planned", text, None)
