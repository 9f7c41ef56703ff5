"""Fire: rules that are due become operations, at their moment and never before.

Reads the coming two seconds without locks, waits for each moment, and only then claims. Claiming, inserting
the operations and moving `next_run_at` on are one transaction, see `shared.operations.firing`; the identity
of an occurrence is unique in the database, so two clocks make one operation.
"""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from scheduler import hands, story
from shared import broker, clock
from shared.operations import firing
from shared.operations.firing import BATCH
from shared.operations.models import Operation
from shared.operations.states import State
from shared.schedules import ahead
from shared.schedules.models import Rule
from shared.schedules.recurrence import first

AHEAD = timedelta(seconds=2)
FEW = 4
# What a wait may end too soon by, measured on another clock than the database's.
HAIR = timedelta(milliseconds=200)


def fire() -> None:
    """Everything due now, and what falls due in the next two seconds, each at its moment."""
    claim_all(clock.now())
    began, now = time.monotonic(), clock.now()
    for moment in coming(now):
        time.sleep(max(0.0, (moment - now).total_seconds() - (time.monotonic() - began)))
        claim_all(reached(moment, now=clock.now()))


def reached(moment: datetime, *, now: datetime) -> datetime:
    """The moment itself when the wait ended a hair too soon; `now` when the clock was set meanwhile."""
    return moment if timedelta(0) < moment - now < HAIR else now


def coming(now: datetime) -> list[datetime]:
    """The distinct moments of the next two seconds."""
    due = Rule.objects.filter(next_run_at__gt=now, next_run_at__lte=now + AHEAD)
    moments = due.values_list("next_run_at", flat=True).distinct().order_by("next_run_at")
    return [moment for moment in moments if moment is not None]


def claim_all(now: datetime) -> None:
    while claim(now) == BATCH:
        pass


def claim(now: datetime) -> int:
    """One batch of due rules; the number claimed. Rules that another process holds are left to it."""
    with transaction.atomic():
        one_at_a_time()
        rules = list(
            Rule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("schedule")
            .filter(next_run_at__lte=now)
            .order_by("next_run_at", "id")[:BATCH]
        )
        made = firing.fired(rules, now=now)
    follow_up(rules, made)
    return len(rules)


def one_at_a_time() -> None:
    """Rules of one moment are judged together, so one claim runs at a time; others wait for its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cloudevy fire', 0))")


def follow_up(rules: list[Rule], made: list[Operation]) -> None:
    """After the commit: wake the senders, tell the story, and compute moments ahead."""
    waiting = {(each.server.region_id, each.action) for each in made if each.state == State.REQUESTED}
    for region, action in waiting:
        hands.soon(broker.DRAIN_REGION, region=region, action=action)
    for operation in made:
        story.fired(operation)
    refill([rule for rule in rules if rule.cron and len(rule.following) < FEW])


def refill(rules: list[Rule]) -> None:
    """Compute more moments for rules that run low, unless somebody changed the rule meanwhile."""
    for rule in rules:
        if rule.next_run_at is None:
            continue
        before = rule.next_run_at
        more = first(ahead.timing(rule), after=before, count=ahead.COUNT)
        ahead.put(rule, [ahead.stored(rule)[0], *more])
        Rule.objects.filter(id=rule.id, next_run_at=before).update(following=rule.following)
