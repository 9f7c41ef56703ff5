"""Wall clocks and instants: what a local date and time means when clocks change. Pure: no Django, no clock.

A time that a change skips is right after the gap; one that comes twice is the first of the two. A jump of
three hours or more is a place that has moved across the date line (as Samoa in 2011): that time, and mostly
that day, never was.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import InvalidRule

NEVER_WAS = timedelta(hours=3)


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


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """What the wall clock shows at an instant, without its zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the wall clock shows that for the first time, in UTC; right after the gap if it never does."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    return at if local(at, zone) == wall else gap(wall, zone)[1]


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a fixed time of that name can be kept at all: false inside a jump across the date line."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    return local(at, zone) == wall or gap(wall, zone)[0] < NEVER_WAS


def gap(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, datetime]:
    """The clock change that skips `wall`: how far clocks jump, and the instant (UTC) they do it."""
    low = (wall - timedelta(days=2)).replace(tzinfo=zone).astimezone(UTC)
    high = low + timedelta(days=4)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if local(middle, zone) < wall:
            low = middle
        else:
            high = middle
    change = high.replace(microsecond=0)
    return local(change, zone) - local(change - timedelta(seconds=1), zone), change


def no_later(at: datetime, last: date | None, zone: ZoneInfo) -> datetime:
    """`at`, or when all that a last valid date had begun is over: it may pass midnight and a clock change."""
    return at if last is None else min(at, instant(midnight(last) + timedelta(days=3), zone))


def midnight(day: date) -> datetime:
    """The local time at which a date begins."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  a wall clock has no zone


def note(at: datetime, nominal: str, zone: ZoneInfo) -> str | None:
    """What a clock change does to a moment that stands for the wall-clock time `nominal`, in words."""
    shown, wall = at.astimezone(zone), datetime.fromisoformat(nominal)
    if shown.replace(tzinfo=None) != wall:
        return f"Clocks change: {wall:%H:%M} does not exist that day, so it runs at {shown:%H:%M}."
    if not twice(wall, zone):
        return None
    which = "second" if shown.fold else "first"
    return f"Clocks change: {wall:%H:%M} comes twice that day; this is the {which}."


def twice(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows that two times."""
    copies = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return len(copies) == 2 and all(local(each, zone) == wall for each in copies)
