"""Wall clocks and instants: what a local date and time means when clocks change. Pure: no Django, no clock.

Zones come from here and nowhere else, and their rules from the package `tzdata`, see `shared`.

A time that a change skips is right after the gap; one that comes twice is the first of the two. A jump of
three hours or more is a place that has moved across the date line (as Samoa in 2011): that time, and mostly
that day, never was.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzdata import IANA_VERSION

from shared.errors import InvalidRule

NEVER_WAS = timedelta(hours=3)
SECOND = timedelta(seconds=1)
# The release of the IANA time zone database, as 2026a.
RULES_VERSION: str = IANA_VERSION


# The list is a file: no reading of it for an answer that stays.
@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name."""
    if is_gone(name):
        raise InvalidRule(
            f"'{name}' is not an IANA time zone, e.g. Europe/Berlin.",
            code="unknown_timezone",
            field="timezone",
        )
    return ZoneInfo(name)


def is_gone(name: str) -> bool:
    """Whether the database knows a zone no more that a schedule was saved with; nobody can tell its times."""
    return name not in zone_names()


def shown_in(name: str) -> tzinfo:
    """The zone in which to show what is stored: UTC, should it have vanished since."""
    return UTC if is_gone(name) else ZoneInfo(name)


def shown(at: datetime, zone: str) -> str:
    """An instant on the wall clock of the zone of that name, with its offset."""
    return at.astimezone(shown_in(zone)).isoformat(timespec="seconds")


def local(at: datetime, zone: tzinfo) -> datetime:
    """What the wall clock shows at an instant, without its zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """When the wall clock shows that for the first time, in UTC; right after the gap if it never does."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    return at if local(at, zone) == wall else gap(wall, zone)[1]


def kept(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The same for a time that comes again and again; None inside a jump across the date line."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if local(at, zone) == wall:
        return at
    size, change = gap(wall, zone)
    return change if size < NEVER_WAS else None


def farthest(at: datetime, zone: ZoneInfo) -> datetime:
    """A time not earlier than any that the wall clock has shown by then; later than what it shows after it
    was set back."""
    shown = at.astimezone(zone)
    before = shown.replace(fold=0).utcoffset() or timedelta(0)
    return shown.replace(tzinfo=None) + (before - (shown.utcoffset() or timedelta(0)))


def gap(wall: datetime, zone: tzinfo) -> tuple[timedelta, datetime]:
    """The clock change that skips `wall`: how far clocks jump, and the instant (UTC) they do it."""
    low, high = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    return offset(high, zone) - offset(low, zone), change(low, high, zone)


def offset(at: datetime, zone: tzinfo) -> timedelta:
    """How far the wall clock is ahead of UTC at an instant."""
    return at.astimezone(zone).utcoffset() or timedelta(0)


def change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first instant (UTC) of a clock change between two instants whose offsets differ."""
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    before = offset(low, zone)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def midnight(day: date, zone: tzinfo | None = None) -> datetime:
    """The local time at which a date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def note(at: datetime, nominal: str, zone: ZoneInfo) -> str | None:
    """What a clock change does to a moment that stands for the wall-clock time `nominal`, in words."""
    shown, wall = at.astimezone(zone), datetime.fromisoformat(nominal)
    if shown.replace(tzinfo=None) != wall:
        day = "" if shown.date() == wall.date() else f" on {shown.day} {shown:%b}"
        return f"Clocks change: {wall:%H:%M} does not exist that day, so it runs at {shown:%H:%M}{day}."
    if not twice(wall, zone):
        return None
    which = "second" if shown.fold else "first"
    return f"Clocks change: {wall:%H:%M} comes twice that day; this is the {which}."


def twice(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows that two times."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second
