"""Saving schedules: the timetable changes and what its rules asked for is withdrawn, at once."""

from datetime import datetime

from shared.operations import asking
from shared.operations.opening import opened
from shared.schedules import services
from shared.schedules.models import Schedule
from shared.schedules.services import MOVING, Draft


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
