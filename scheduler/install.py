"""Write the fixed ticks into beat's table and remove those that the code no longer has.

django-celery-beat creates and updates its rows by itself but never removes one, and an orphan would tick for
ever. May be run any number of times.
"""

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from scheduler.app import app
from scheduler.ticks import EXPIRE_SECONDS, TICKS
from shared import broker
from shared.logs import event


@transaction.atomic
def install() -> None:
    """One row per tick, nothing else."""
    names = set(app.conf.beat_schedule)
    removed, _ = PeriodicTask.objects.exclude(name__in=names).delete()
    for tick in TICKS.values():
        every, _ = IntervalSchedule.objects.get_or_create(every=tick.seconds, period=IntervalSchedule.SECONDS)
        row = {
            "task": tick.name,
            "interval": every,
            "queue": broker.CLOCK,
            "expire_seconds": EXPIRE_SECONDS,
            "enabled": True,
        }
        PeriodicTask.objects.update_or_create(name=tick.sentence, defaults=row)
    PeriodicTasks.update_changed()
    event(
        "ticks.installed", text=f"🕐 {len(names)} ticks in beat's table, {removed} removed.", removed=removed
    )
