"""Saving schedules: the timetable changes and what its rules asked for is withdrawn, at once."""

from datetime import datetime

from django.db import transaction

from shared.operations import asking
from shared.schedules import services
from shared.schedules.models import Schedule
from shared.schedules.services import MOVING, Draft


@transaction.atomic
def change(schedule: Schedule, draft: Draft, *, revision: int | None, now: datetime) -> None:
    """Change it; a mere new name withdraws nothing."""
    made = services.change(schedule, draft, revision=revision, now=now)
    if made.changed & MOVING:
        asking.withdraw(schedule, now=now)


@transaction.atomic
def delete(schedule: Schedule, *, revision: int | None, now: datetime) -> None:
    """End it, unless somebody saved since."""
    row = services.locked(schedule)
    services.check_revision(row, revision)
    asking.withdraw(row, now=now)
    services.delete(row)


@transaction.atomic
def pause(schedule: Schedule, *, reason: str, until: datetime | None, now: datetime) -> None:
    services.pause(schedule, reason=reason, until=until, now=now)
    asking.withdraw(schedule, now=now)
