"""Pauses that are over: each schedule goes on at its moment, so that what is due just then is not late.

Called by the clock before the rules of a moment fire. Two clocks end each pause once, because the row of one
that ends is locked. It knows nothing of operations.
"""

from datetime import datetime, timedelta

from django.db import transaction

from scheduler import busy, pulse, zones
from shared.errors import InvalidRule
from shared.logs import event
from shared.schedules import services
from shared.schedules.models import Schedule
from shared.schedules.services import INSTANT

BATCH = 100


def coming(now: datetime, *, within: timedelta) -> set[datetime]:
    """The moments at which pauses end soon."""
    rows = Schedule.objects.filter(paused_until__gt=now, paused_until__lte=now + within)
    return {at for at in rows.values_list("paused_until", flat=True) if at is not None}


def end_due(now: datetime) -> None:
    """Every pause that is over at `now`, batch by batch; none while the clock is being set."""
    if not pulse.agrees(now):
        return
    with busy.left_to_others():
        while ended := batch(now):
            for row in ended:
                tell(row)


@transaction.atomic
def batch(now: datetime) -> list[Schedule]:
    """Rows that another holds are left to it."""
    over = Schedule.objects.filter(paused_until__lte=now)
    rows = over.select_for_update(skip_locked=True, no_key=True).order_by("id")[:BATCH]
    return [end(row, row.paused_until, now=now) for row in rows if row.paused_until is not None]


def end(row: Schedule, until: datetime, *, now: datetime) -> Schedule:
    """It goes on; a moment at the very end of the pause counts, and so do those since, however late this is
    noticed: nobody can have changed the schedule in between without having recorded them.

    One that makes no sense any more stays paused, and says why.
    """
    try:
        with transaction.atomic():
            return services.resume(row, now=until - INSTANT)
    except InvalidRule as fault:
        return services.pause(row, reason=zones.reason(row, fault), until=None, now=now)


def tell(row: Schedule) -> None:
    if row.paused_at is not None:
        zones.tell_paused(row)
        return
    text = f"▶️  Schedule goes on after its pause: {row.name} (ID: {row.id})"
    event("schedule.resumed", text=text, schedule=row.id)
