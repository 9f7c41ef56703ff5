"""The stretches of time that timetables are compared over: around every clock change, and weeks at random.

Found with Python's own zones alone. Ten years, of which some have passed and some have not.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
AROUND = timedelta(days=3)
# Places that were carried across the date line, which no ten years of today contain.
DATE_LINE = {
    "Pacific/Apia": datetime(2011, 12, 30, 10, tzinfo=UTC),
    "Pacific/Fakaofo": datetime(2011, 12, 30, 11, tzinfo=UTC),
    "Pacific/Kiritimati": datetime(1994, 12, 31, 10, tzinfo=UTC),
    "Pacific/Kwajalein": datetime(1993, 8, 21, 12, tzinfo=UTC),
}


@dataclass(frozen=True)
class Span:
    """From an instant to another in a zone; `change` is the clock change in its middle, if there is one."""

    zone: str
    begin: datetime
    end: datetime
    change: datetime | None = None


def zones() -> list[str]:
    """Every IANA zone, links too."""
    return sorted(available_timezones())


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The first instants after each change of the ten years."""
    place = ZoneInfo(zone)
    found, day, offset = [], FROM, FROM.astimezone(place).utcoffset()
    while day < TO:
        day += ONE_DAY
        if (then := day.astimezone(place).utcoffset()) != offset:
            found.append(minute_of_change(place, day - ONE_DAY, day))
        offset = then
    return tuple(found)


def minute_of_change(place: ZoneInfo, before: datetime, after: datetime) -> datetime:
    offset = before.astimezone(place).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle = middle.replace(second=0)
        if middle.astimezone(place).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def around(zone: str, change: datetime) -> Span:
    """Three days on both sides of a change."""
    return Span(zone, change - AROUND, change + AROUND, change)


def random_week(zone: str, chance: random.Random) -> Span:
    begin = FROM + timedelta(minutes=chance.randrange(int((TO - FROM).total_seconds()) // 60))
    return Span(zone, begin, begin + timedelta(days=7))


def over_the_date_line() -> Iterator[Span]:
    """Each move several times, as there are so few."""
    for zone, change in DATE_LINE.items():
        yield from [around(zone, change)] * 8


def few(chance: random.Random) -> Iterator[Span]:
    """One span for each zone: one of its changes where it has any, else a week."""
    for zone in zones():
        changes = clock_changes(zone)
        yield around(zone, chance.choice(changes)) if changes else random_week(zone, chance)
    yield from over_the_date_line()


def every(chance: random.Random) -> Iterator[Span]:
    """All changes of all zones, and a week of each."""
    for zone in zones():
        for change in clock_changes(zone):
            yield around(zone, change)
        yield random_week(zone, chance)
    yield from over_the_date_line()
