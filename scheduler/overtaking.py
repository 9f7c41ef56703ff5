"""Overtaking: what was decided about a server after the moment of an operation that has not been sent yet.

A later start or stop, a better one at the same instant, or somebody who changed the server outside Cloudevy.
Reads rows and changes none; `choosing` asks right before sending. What people ask for is never overtaken.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Case, OuterRef, Q, Subquery, When

from shared.fleet.models import Observation
from shared.operations.models import Operation
from shared.operations.states import Origin, State
from shared.operations.verdicts import PRECEDENCE, Verdict
from shared.schedules.models import Schedule
from shared.schedules.wanting import Wants

# A moment may be met a hair before the clock shows it.
HAIR = timedelta(seconds=1)
# Nobody looks less often than this, so what is seen later than that was not there before.
LOOKED = timedelta(minutes=1)
# Nothing that is due runs later than that.
LATEST = timedelta(days=1)
BY_PEOPLE = [Origin.PERSON.value, Origin.TOKEN.value]
POWER = ["start", "stop"]
# Not options__force=True: that is unknown, neither true nor false, for operations without the option.
FORCED = {"force": True}
CARRIED = Q(
    state__in=[state.value for state in (State.REQUESTED, State.SENDING, State.ACCEPTED, State.SUCCEEDED)]
) | Q(state=State.SKIPPED, reason="already_in_state")
IN_VAIN = Q(state__in=[State.FAILED.value, State.UNKNOWN.value]) | Q(state=State.SKIPPED, reason="too_late")
# Where somebody else has brought a server whom these would bring elsewhere, and by which of our actions.
CONTRARY = {"start": ("stop", ("stopping", "stopped")), "stop": ("start", ("pending", "running"))}
BY_AWS = [Observation.Actor.AWS.value, Observation.Actor.SPOT.value]


def overtaken(rows: Sequence[Operation], *, now: datetime) -> dict[int, Verdict]:
    """Why some of these, all of one action, must not be sent any more, by operation.

    What is dated in the future was decided before the clock was set back, and does not count; nor does a
    forced stop, which only brings the stop before it to its end.
    """
    mine = [row for row in rows if row.origin not in BY_PEOPLE]
    rivals = heeded(deciders(mine, now=now), now=now) if mine else {}
    outside = changed_outside(mine, now=now)
    return outside | {row.id: by_rival(row, rivals[row.id]) for row in mine if row.id in rivals}


def deciders(rows: Sequence[Operation], *, now: datetime) -> dict[int, Operation]:
    """The operation that has the last word over each of these, where it is another one; one that was carried
    out if there is any."""
    action = rows[0].action
    heard = [*POWER, action] if action == "reboot" else POWER
    others = Operation.objects.filter(
        later() | better(action) | missed_with(action),
        server=OuterRef("server"),
        action__in=heard,
        due_at__gte=OuterRef("due_at") - (LATEST if action == "reboot" else timedelta()),
        due_at__lte=now + HAIR,
    ).exclude(options__contains=FORCED)
    in_vain = Case(When(CARRIED, then=False), default=True)
    last = Subquery(others.order_by(in_vain, "-due_at", "action", "id").values("id")[:1])
    told = Operation.objects.filter(id__in=[row.id for row in rows]).annotate(rival=last)
    pairs = {operation: rival for operation, rival in told.values_list("id", "rival") if rival}
    rivals = Operation.objects.select_related("author").in_bulk(set(pairs.values()))
    return {operation: rivals[rival] for operation, rival in pairs.items()}


def heeded(rivals: dict[int, Operation], *, now: datetime) -> dict[int, Operation]:
    """Without stops that came to nothing where other hours want the server on now: those outrank them."""
    doubtful = {rival.server_id for rival in rivals.values() if is_stop_in_vain(rival)}
    wants = Wants(doubtful) if doubtful else None
    return {
        operation: rival
        for operation, rival in rivals.items()
        if wants is None
        or not is_stop_in_vain(rival)
        or not wants.kept_on(rival.server_id, at=now, but=rival.schedule_id or 0)
    }


def is_stop_in_vain(rival: Operation) -> bool:
    ended = rival.state in (State.FAILED, State.UNKNOWN) or rival.reason == "too_late"
    return rival.action == "stop" and rival.origin == Origin.RULE and ended


def later() -> Q:
    """Decided later. What says something else counts also when nothing came of it: the older word is no
    better for that."""
    return Q(due_at__gt=OuterRef("due_at")) & (CARRIED | IN_VAIN & ~Q(action=OuterRef("action")))


def better(action: str) -> Q:
    """Of the same instant, and goes before this action, or is the same. Rules that were judged together have
    no such rival; there may be too many of one moment for that."""
    before = [each for each in POWER if PRECEDENCE[each] < PRECEDENCE[action]]
    same = Q(action=action, id__lt=OuterRef("id"))
    return Q(due_at=OuterRef("due_at")) & CARRIED & (Q(action__in=before) | same)


def missed_with(action: str) -> Q:
    """A reboot is dropped where a start or stop was missed together with it, though that was due before."""
    if action != "reboot":
        return Q(pk__in=[])
    before = Q(due_at__lt=OuterRef("due_at"), requested_at__gte=OuterRef("due_at"))
    return before & CARRIED & Q(action__in=POWER)


def by_rival(row: Operation, rival: Operation) -> Verdict:
    """What it lost to."""
    if rival.origin in BY_PEOPLE:
        author = rival.author or "somebody who has left"
        token = rival.origin == Origin.TOKEN
        return Verdict("superseded_by_manual", {"who": f"a token of {author}" if token else f"{author}"})
    if rival.due_at != row.due_at or "schedule" not in rival.snapshot:
        return Verdict("superseded")
    words = {"schedule": rival.snapshot["schedule"], "action": row.action}
    if rival.action == row.action:
        return Verdict("duplicate", words)
    return Verdict("conflict", words | {"winner": rival.action})


def changed_outside(rows: Sequence[Operation], *, now: datetime) -> dict[int, Verdict]:
    """Those of rules whose server somebody else has brought elsewhere since; no query for what is on time."""
    since = {row.id: surely_after(row) for row in rows if heeds_others(row) and surely_after(row) < now}
    late = [row for row in rows if row.id in since]
    changes = last_changes([row.server_id for row in late]) if late else {}
    outside = Verdict("superseded_by_manual", {"who": "somebody outside Cloudevy"})
    return {
        row.id: outside
        for row in late
        if (change := changes.get(row.server_id)) and is_against(row, change, since=since[row.id])
    }


def heeds_others(row: Operation) -> bool:
    """Whether others may change what it brings: not where its schedule would change it back."""
    enforces = row.schedule is not None and row.schedule.mode == Schedule.Mode.ENFORCE
    return row.origin == Origin.RULE and row.action in POWER and not enforces


def surely_after(row: Operation) -> datetime:
    """What is seen later than this was done after the operation's moment.

    While nobody fires, nobody looks either, and what is seen first afterwards may have been there before.
    Then a server that is on stays on, and one that is to be started is.
    """
    return (row.due_at if row.action == "stop" else row.requested_at) + LOOKED


def last_changes(servers: Sequence[int]) -> dict[int, Observation]:
    """The last change of each of these servers, where it was from outside and not AWS's own doing."""
    rows = Observation.objects.filter(server__in=servers).order_by("server", "-asked_at", "-id")
    found = {row.server_id: row for row in rows.distinct("server")}
    return {
        server: row
        for server, row in found.items()
        if row.cause == Observation.Cause.OUTSIDE and row.actor not in BY_AWS
    }


def is_against(row: Operation, change: Observation, *, since: datetime) -> bool:
    """Whether that change says otherwise, and is not what an operation of ours may have done late."""
    action, states = CONTRARY[row.action]
    if change.asked_at <= since or change.after not in states:
        return False
    sent = Operation.objects.filter(
        Q(accepted_at__isnull=False) | Q(state=State.UNKNOWN),
        server=row.server_id,
        action__in=POWER,
        due_at__lte=change.asked_at,
    )
    last = sent.order_by("-due_at", "-id").first()
    return last is None or last.state != State.UNKNOWN or last.action != action
