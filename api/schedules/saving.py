"""Saving schedules: the timetable changes and what its rules asked for is withdrawn, at once.

The moment of a change is the one at which its locks were had. What was due before belongs to the old
timetable and its servers, also when no scheduler is there to fire it: it is recorded first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from shared import clock
from shared.operations import asking, firing
from shared.schedules import services
from shared.schedules.models import Schedule
from shared.schedules.services import MOVING, Draft


@contextmanager
def opened(schedule: Schedule, *, now: datetime) -> Iterator[datetime]:
    """The schedule under its locks, everything up to the yielded moment on record; commits at the end."""
    with transaction.atomic():
        row = services.locked(schedule)
        moment = max(now, clock.now())
        firing.hold_still(row)
        firing.catch_up(row, now=moment)
        yield moment


def change(schedule: Schedule, draft: Draft, *, revision: int | None, now: datetime) -> None:
    """Change it; a mere new name withdraws nothing."""
    with opened(schedule, now=now) as moment:
        made = services.change(schedule, draft, revision=revision, now=moment)
        if made.changed & MOVING:
            asking.withdraw(schedule, now=moment)


def delete(schedule: Schedule, *, revision: int | None, now: datetime) -> None:
    """End it, unless somebody saved since."""
    with opened(schedule, now=now) as moment:
        services.check_revision(services.locked(schedule), revision)
        asking.withdraw(schedule, now=moment)
        services.delete(schedule)


def pause(schedule: Schedule, *, reason: str, until: datetime | None, now: datetime) -> None:
    with opened(schedule, now=now) as moment:
        services.pause(schedule, reason=reason, until=until, now=moment)
        asking.withdraw(schedule, now=moment)


def resume(schedule: Schedule, *, now: datetime) -> None:
    """It goes on with its first moment from now on; what fell into the pause does not happen."""
    with opened(schedule, now=now) as moment:
        services.resume(schedule, now=moment)
