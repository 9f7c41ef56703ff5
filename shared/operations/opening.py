"""Opening a schedule for a change: its locks are had, and everything that was due before is on record.

The moment of a change is the one at which its locks were had. What was due before belongs to the old
timetable and its servers, also when no scheduler is there to fire it. People change schedules through the
API; the scheduler itself pauses one that only fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from shared import clock
from shared.operations import firing
from shared.schedules import services
from shared.schedules.models import Schedule


@contextmanager
def opened(schedule: Schedule, *, now: datetime) -> Iterator[datetime]:
    """The schedule under its locks, everything up to the yielded moment on record; commits at the end."""
    with transaction.atomic():
        row = services.locked(schedule)
        moment = max(now, clock.now())
        firing.hold_still(row)
        firing.catch_up(row, now=moment)
        yield moment
