"""Write the fixed ticks into beat's table and remove those that the code no longer has.

django-celery-beat creates and updates its rows by itself but never removes one, and an orphan would tick for
ever. May be run any number of times.
"""

from django.db import connection, transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from scheduler.app import app
from scheduler.ticks import EXPIRE_SECONDS, TICKS
from shared import broker
from shared.logs import event


@transaction.atomic
def install() -> None:
    """One row per tick, nothing else.

    Beats that start together take turns: no constraint of the library's keeps an interval's row the only one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cloudevy ticks', 0))")
    # A beat that begins takes a tick's row and then that of their changes; so must we, and not in turns.
    list(PeriodicTask.objects.select_for_update().order_by("id"))
    names = set(app.conf.beat_schedule)
    removed, _ = PeriodicTask.objects.exclude(name__in=names).delete()
    for tick in TICKS.values():
        row = {
            "task": tick.name,
            "interval": interval(tick.seconds),
            "queue": broker.CLOCK,
            "expire_seconds": EXPIRE_SECONDS,
            "enabled": True,
        }
        PeriodicTask.objects.update_or_create(name=tick.sentence, defaults=row)
    PeriodicTasks.update_changed()
    event(
        "ticks.installed", text=f"🕐 {len(names)} ticks in beat's table, {removed} removed.", removed=removed
    )


def interval(seconds: int) -> IntervalSchedule:
    """Its row; the first of several, which beats have left that once began at the same moment."""
    kind = {"every": seconds, "period": IntervalSchedule.SECONDS}
    found = IntervalSchedule.objects.filter(**kind).order_by("id").first()
    return found or IntervalSchedule.objects.create(**kind)
