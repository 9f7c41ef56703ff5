"""After an update of the time zone database: every timetable is planned anew with its rules, once.

Stored moments are instants that the old rules gave. What was due before is recorded first, and a time that
has come on the wall clock does not come again, see `ahead.replan`. A schedule whose zone exists no longer is
paused: nobody can tell what it means. Several programs that start together take turns, batch by batch, and
the one that comes to the end first writes down the release.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from scheduler import pulse
from shared import clock
from shared.errors import InvalidRule
from shared.logs import event, warning
from shared.operations import firing
from shared.schedules import ahead, services, walls
from shared.schedules.models import Rule, Schedule, ZoneRules
from shared.schedules.services import PLANNED

BATCH = 20
THE_ROW = 1
BUSY_SECONDS = 0.2


@dataclass
class Progress:
    """How far one run has come; `before` is the release that it found."""

    before: str
    last: int = 0
    planned: int = 0
    ended: bool = False


def heed() -> None:
    """Plan anew what was planned with another release of the database; nothing when there is none."""
    progress = Progress(known())
    while known() != walls.RULES_VERSION and not pulse.stopping.is_set():
        paused = take_batch(progress)
        if paused is None:
            pulse.stopping.wait(BUSY_SECONDS)
        for schedule in paused or ():
            tell_paused(schedule)
    if progress.ended and progress.planned:
        tell(progress)


def known() -> str:
    """The release that all stored moments were computed with; empty when there never was one."""
    return ZoneRules.objects.values_list("version", flat=True).filter(id=THE_ROW).first() or ""


@transaction.atomic
def take_batch(progress: Progress) -> list[Schedule] | None:
    """Plan some more schedules anew; those that were paused instead. When none is left, write that down.

    None when another program is at it.
    """
    if not is_our_turn():
        return None
    if known() == walls.RULES_VERSION:
        return []
    now = clock.now()
    further = concerned().filter(id__gt=progress.last).order_by("id")
    rows = list(further.select_for_update(no_key=True)[:BATCH])
    paused = [row for schedule in rows if (row := take(schedule, now=now))]
    if rows:
        progress.last, progress.planned = rows[-1].id, progress.planned + len(rows) - len(paused)
    else:
        release = {"version": walls.RULES_VERSION, "planned_at": now}
        ZoneRules.objects.update_or_create(id=THE_ROW, defaults=release)
        progress.ended = True
    return paused


def is_our_turn() -> bool:
    """Nobody else has one until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('cloudevy zones', 0))")
        return bool(cursor.fetchone()[0])


def concerned() -> QuerySet[Schedule]:
    """Those that have moments, or will have them by themselves when their pause ends."""
    return Schedule.objects.filter(Q(paused_at=None) | Q(paused_until__isnull=False), enabled=True)


def take(schedule: Schedule, *, now: datetime) -> Schedule | None:
    """Bring one schedule to now and plan it; itself when that makes no sense any more, and it was paused."""
    row = services.locked(schedule)
    try:
        with transaction.atomic():
            firing.catch_up(row, now=now)
        # What was due stays recorded when there is nothing to plan any more.
        with transaction.atomic():
            replan(row, now=now)
    except InvalidRule as fault:
        return services.pause(row, reason=reason(row, fault), until=None, now=now)
    return None


def replan(schedule: Schedule, *, now: datetime) -> None:
    """InvalidRule when its zone is gone."""
    walls.zone_named(schedule.timezone)
    rules = list(schedule.rules.order_by("id"))
    for rule in rules:
        rule.schedule = schedule
        ahead.replan(rule, now=now)
    Rule.objects.bulk_update(rules, PLANNED)


def reason(schedule: Schedule, fault: InvalidRule) -> str:
    """Why it is paused and what to do, for whoever looks at it."""
    if fault.code == "unknown_timezone":
        what = f"The time zone {schedule.timezone} is gone from the time zone database {walls.RULES_VERSION}."
        return f"{what} Choose another one, then resume."
    return f"{str(fault)[:120]} Change it, then resume."


def tell_paused(schedule: Schedule) -> None:
    warning(
        "zones.paused",
        text=f"⏸️  Schedule paused: {schedule.name} (ID: {schedule.id}): {schedule.pause_reason}",
        schedule=schedule.id,
        timezone=schedule.timezone,
        reason=schedule.pause_reason,
    )


def tell(progress: Progress) -> None:
    """One line for all of them."""
    instead = f" instead of {progress.before}" if progress.before else ""
    number = f"{progress.planned} schedule{'' if progress.planned == 1 else 's'}"
    event(
        "zones.replanned",
        text=f"🕐 Time zone rules {walls.RULES_VERSION}{instead}: {number} planned anew.",
        version=walls.RULES_VERSION,
        before=progress.before,
        schedules=progress.planned,
    )
