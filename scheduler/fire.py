"""Fire: rules that are due become operations, and pauses and holds end, at their moment and never before.

Reads the coming two seconds without locks, waits for each moment, and only then claims. Claiming, inserting
the operations and moving `next_run_at` on are one transaction, see `shared.operations.firing`; the identity
of an occurrence is unique in the database, so two clocks make one operation.
"""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from scheduler import busy, hands, holds, pauses, pulse, story
from shared import broker, clock
from shared.logs import event
from shared.operations import firing
from shared.operations.firing import BATCH
from shared.operations.models import Operation
from shared.operations.states import State
from shared.schedules import ahead
from shared.schedules.models import Rule, Target
from shared.schedules.recurrence import first

AHEAD = timedelta(seconds=2)
FEW = 4
MANY = 20
# What waits for the rest of the batches is let go with the last of them; should this process die, by then.
REST_OF_OUTAGE = timedelta(seconds=20)
# What a wait may end too soon by, measured on another clock than the database's.
HAIR = timedelta(milliseconds=200)


def fire() -> None:
    """Everything due now, and what falls due in the next two seconds, each at its moment.

    A program that is told to stop claims nothing more.
    """
    act(clock.now())
    began, now = time.monotonic(), clock.now()
    for moment in coming(now):
        if pulse.stopping.wait(max(0.0, (moment - now).total_seconds() - (time.monotonic() - began))):
            return
        act(reached(moment, now=clock.now()))


def act(now: datetime) -> None:
    """Pauses first: their rules are judged with all others of the moment. Holds last: whoever ends one then
    knows of every later decision."""
    pauses.end_due(now)
    claim_all(now)
    holds.end_due(now)


def reached(moment: datetime, *, now: datetime) -> datetime:
    """The moment itself when the wait ended a hair too soon; `now` when the clock was set meanwhile."""
    return moment if timedelta(0) < moment - now < HAIR else now


def coming(now: datetime) -> list[datetime]:
    """The distinct moments of the next two seconds."""
    due = Rule.objects.filter(next_run_at__gt=now, next_run_at__lte=now + AHEAD)
    ends = holds.coming(now, within=AHEAD) | pauses.coming(now, within=AHEAD)
    moments = set(due.values_list("next_run_at", flat=True)) | ends
    return sorted(moment for moment in moments if moment is not None)


def claim_all(now: datetime) -> None:
    """Everything due at `now`, batch by batch; what another clock is busy with comes with the next tick."""
    with busy.left_to_others():
        if claim(now):
            while claim(now):
                pass
            let_go(now)


def claim(now: datetime) -> bool:
    """One batch of due rules; whether there is more. Rules that another process holds are left to it."""
    with transaction.atomic():
        one_at_a_time()
        rules = list(
            Rule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("schedule")
            .prefetch_related("schedule__windows", "schedule__skip_dates")
            .filter(next_run_at__lte=now)
            .order_by("next_run_at", "id")[:BATCH]
        )
        is_more = len(rules) == BATCH
        made = firing.fired(rules, now=now)
        held = hold_back(made, now=now) if is_more else set()
    follow_up(rules, made, held)
    return is_more


def one_at_a_time() -> None:
    """Rules of one moment are judged together, so one claim runs at a time; others wait for its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cloudevy fire', 0))")


def hold_back(made: list[Operation], *, now: datetime) -> set[int]:
    """The next batches may hold a later or a better decision about the same servers: wait for them."""
    requested = {each.id: each.server_id for each in made if each.state == State.REQUESTED}
    contested = set(
        Target.objects.filter(server__in=set(requested.values()), schedule__rules__next_run_at__lte=now)
        .values_list("server_id", flat=True)
        .distinct()
    )
    held = {operation for operation, server in requested.items() if server in contested}
    Operation.objects.filter(id__in=held).update(not_before=now + REST_OF_OUTAGE)
    return held


def let_go(now: datetime) -> None:
    """What was held back by the batches that were claimed at `now`; all others have their verdicts."""
    held = Operation.objects.filter(state=State.REQUESTED, not_before=now + REST_OF_OUTAGE)
    groups = list(held.values_list("server__region_id", "action").distinct().order_by())
    held.update(not_before=now)
    for region, action in groups:
        hands.soon(broker.DRAIN_REGION, region=region, action=action)


def follow_up(rules: list[Rule], made: list[Operation], held: set[int]) -> None:
    """After the commit: wake the senders, tell the story, and compute moments ahead."""
    waiting = {
        (each.server.region_id, each.action)
        for each in made
        if each.state == State.REQUESTED and each.id not in held
    }
    for region, action in waiting:
        hands.soon(broker.DRAIN_REGION, region=region, action=action)
    tell(made)
    refill([rule for rule in rules if not rule.at and len(rule.following) < FEW])


def tell(made: list[Operation]) -> None:
    """A line for each; after an outage one for all that came too late."""
    missed = [each for each in made if each.reason == "too_late"]
    if len(missed) > MANY:
        text = f"⏭️  Skipped: {len(missed)} actions whose time windows passed while nobody kept the clock."
        event("operations.missed", text=text, operations=len(missed))
        made = [each for each in made if each.reason != "too_late"]
    for operation in made:
        story.fired(operation)


def refill(rules: list[Rule]) -> None:
    """Compute more moments for rules that run low, unless somebody changed the timetable meanwhile."""
    for rule in rules:
        if rule.next_run_at is None:
            continue
        more = first(ahead.timing(rule), after=rule.next_run_at, count=ahead.COUNT)
        ahead.put(rule, [ahead.stored(rule)[0], *more])
        keep(rule)


@transaction.atomic
def keep(rule: Rule) -> None:
    """What follows, on the row. Dates to skip may have changed without the next moment; whoever is changing
    them now plans the rule anew."""
    same = Rule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        id=rule.id, next_run_at=rule.next_run_at, schedule__revision=rule.schedule.revision
    )
    if same.first() is not None:
        Rule.objects.filter(id=rule.id).update(following=rule.following)
