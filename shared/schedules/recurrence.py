"""When a rule fires: pure date arithmetic. No Django, no clock; `after` comes in, moments go out.

cronsim is the only recurrence engine. A fixed local time inside the hour that a clock change skips runs
once, right after the gap; inside the hour that is repeated it runs once, at the first copy. Recurring
sub-hourly patterns follow real elapsed time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from shared.errors import InvalidRule

AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
FURTHEST_YEAR = 2200


@dataclass(frozen=True, slots=True)
class Timing:
    """What a rule says about time: five-field cron, or one local date and time; exactly one is not empty."""

    zone: str
    cron: str = ""
    at: str = ""
    skip_dates: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """One occurrence: the instant (UTC), the wall-clock time it stands for, and which copy of that (fold)."""

    at: datetime
    nominal: str
    fold: int = 0


# Asking the system walks the whole zone folder: tens of milliseconds, for an answer that stays.
@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name."""
    if name not in zone_names() or name.startswith(("posix/", "right/")):
        raise InvalidRule(
            f"'{name}' is not an IANA time zone, e.g. Europe/Berlin.",
            code="unknown_timezone",
            field="timezone",
        )
    return ZoneInfo(name)


def check(timing: Timing, *, after: datetime) -> None:
    """InvalidRule when the timing cannot be understood or has no moment later than `after`."""
    if bool(timing.cron) == bool(timing.at):
        raise InvalidRule("Give either cron or at.", code="cron_or_at")
    if next(moments(timing, after=after), None) is not None:
        return
    if timing.at:
        raise InvalidRule(f"{timing.at} is in the past in {timing.zone}.", code="in_the_past", field="at")
    raise InvalidRule("This rule never fires.", code="never_fires", field="cron")


def moments(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """The rule's moments strictly later than `after`, in order; endless for cron."""
    zone = zone_named(timing.zone)
    every = (
        once(timing.at, zone=zone, after=after)
        if timing.at
        else recurring(timing.cron, zone=zone, after=after)
    )
    return (moment for moment in every if date.fromisoformat(moment.nominal[:10]) not in timing.skip_dates)


def first(timing: Timing, *, after: datetime, count: int) -> list[Moment]:
    """The next `count` moments strictly later than `after`."""
    return list(islice(moments(timing, after=after), count))


def recurring(cron: str, *, zone: ZoneInfo, after: datetime) -> Iterator[Moment]:
    if len(cron.split()) != 5 or len(cron) > 200:
        raise InvalidRule(
            "Cron needs five fields: minute hour day month weekday.", code="invalid_cron", field="cron"
        )
    try:
        ticks: Iterable[datetime] = CronSim(cron, after.astimezone(zone))
    except CronSimError as error:
        raise InvalidRule(f"'{cron}': {error}.", code="invalid_cron", field="cron") from error
    for tick in ticks:
        if tick.astimezone(UTC) > after:
            yield moment(tick)


def once(at: str, *, zone: ZoneInfo, after: datetime) -> Iterator[Moment]:
    wall = wall_clock(at)
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        instant = end_of_gap(wall, zone=zone)
    if instant > after:
        yield Moment(at=instant, nominal=wall.isoformat(timespec="seconds"))


def wall_clock(at: str) -> datetime:
    """`at` as a naive local date and time; InvalidRule when it is none or lies out of range."""
    try:
        wall = datetime.fromisoformat(at) if AT.fullmatch(at) else None
    except ValueError:
        wall = None
    if wall is None:
        message = f"'{at}' is not a local date and time like 2026-12-24T07:00."
        raise InvalidRule(message, code="invalid_time", field="at")
    if not 1990 <= wall.year <= FURTHEST_YEAR:
        raise InvalidRule(f"The year {wall.year} is out of range.", code="out_of_range", field="at")
    return wall


def end_of_gap(wall: datetime, *, zone: ZoneInfo) -> datetime:
    """The first instant whose local time exists after `wall`, which a clock change skipped."""
    before = (wall - timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC)
    low, high = before, before + timedelta(days=2)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def moment(local: datetime) -> Moment:
    """An aware local time as a moment."""
    return Moment(
        at=local.astimezone(UTC),
        nominal=local.replace(tzinfo=None).isoformat(timespec="seconds"),
        fold=local.fold,
    )
