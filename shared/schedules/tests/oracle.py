"""When a timetable starts and stops, found by looking at the clock on the wall minute after minute.

Independent on purpose: it knows Python's zones and dates, and nothing of the product or of its cron library.
It searches for no clock change; it walks every minute of UTC, writes down what the wall clock shows, and
reads all answers off that list. The rules, as one would tell them to somebody who watches such a clock:

- A window belongs to the date on which it begins, on the wall. It is there when that date is one of its
  weekdays, is not a date to skip, and lies in the days for which the timetable is valid, both ends included.
- It begins in the first minute in which the wall clock shows its time, or, should the clock leap over that
  time, in the first minute after the leap. It ends in the minute found in the same way for its end, which is
  on the next date when it is not later in the day than the beginning.
- A time that the wall clock shows two times counts when it is shown first.
- A clock that leaps over three hours or more has been carried across the date line: a beginning that it
  leaps over never was, so that window is not there. An end is found as ever.
- A window whose beginning and end are the same minute is not there.
- A server should be on in each minute that lies in at least one window. It is started where such minutes
  begin and stopped where they end; so where one window ends and another begins, nothing happens.
- Cron that names its minutes and its hours means times on the wall, found like the beginning of a window, and
  minutes in which several of them fall together count once. Cron whose minutes or hours begin with a star
  means real minutes: each in which the wall clock shows such a time, also when it shows it again.
- A day of cron must match both its day fields when one of them begins with a star, else either of them.
- A single date and time is found like the beginning of a window, however far the clock leaps.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

DAY = 24 * 60
DATE_LINE = 3 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Sunday is 0 and 7 in cron.
NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LAST = "L"


@dataclass(frozen=True)
class Dates:
    """The local dates that count."""

    skipped: frozenset[date] = frozenset()
    first: date | None = None
    last: date | None = None

    def count(self, day: date) -> bool:
        if day in self.skipped or (self.first is not None and day < self.first):
            return False
        return self.last is None or day <= self.last


@dataclass(frozen=True)
class Clock:
    """What a wall clock showed in each minute from `begin` (UTC) on, in minutes since the year 1."""

    begin: datetime
    shown: Sequence[int]
    folds: Sequence[int]
    farthest: Sequence[int]

    def place(self, wall: int) -> int:
        """The first minute that shows `wall` or something later; the length of the list when none does."""
        return bisect_left(self.farthest, wall)

    def leap(self, wall: int) -> int:
        """How many minutes the wall clock left out where it should have shown `wall`; 0 when it showed it."""
        place = self.place(wall)
        if place in (0, len(self.shown)) or self.shown[place] == wall:
            return 0
        return self.shown[place] - self.shown[place - 1] - 1

    def at(self, place: int) -> datetime:
        return self.begin + timedelta(minutes=place)

    def index(self, at: datetime) -> int:
        return (at - self.begin) // timedelta(minutes=1)

    def dates(self) -> Iterator[date]:
        """Every date that began while somebody watched, also those that the clock left out."""
        first, last = self.shown[0] // DAY + 1, self.farthest[-1] // DAY
        return (date.fromordinal(day) for day in range(first, last + 1))


def watch(zone: str, *, begin: datetime, end: datetime) -> Clock:
    """Walk from one instant to another and look at the wall clock in each minute."""
    place, first, last = ZoneInfo(zone), int(begin.timestamp()), int(end.timestamp())
    looks = [datetime.fromtimestamp(second, place) for second in range(first, last, 60)]
    shown = [look.toordinal() * DAY + look.hour * 60 + look.minute for look in looks]
    return Clock(begin.astimezone(UTC), shown, [look.fold for look in looks], list(accumulate(shown, max)))


def wall(at: datetime) -> int:
    """A local date and time as the clock writes it down."""
    return at.toordinal() * DAY + at.hour * 60 + at.minute


def local(minutes: int) -> datetime:
    """The other way round."""
    return datetime.combine(date.fromordinal(minutes // DAY), datetime.min.time()) + timedelta(
        minutes=minutes % DAY
    )


def minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True)
class Opening:
    """One window on one date: its first minute, the first one after it, and what the wall should show."""

    begin: int
    end: int
    opens: int
    closes: int


Window = tuple[Sequence[str], str, str]


def openings(clock: Clock, windows: Iterable[Window], dates: Dates) -> Iterator[Opening]:
    """Every window that is there."""
    days = [day for day in clock.dates() if dates.count(day)]
    for weekdays, start, to in windows:
        length = minute(to) - minute(start)
        for day in days:
            if WEEKDAYS[day.weekday()] not in weekdays:
                continue
            opens = day.toordinal() * DAY + minute(start)
            closes = opens + (length if length > 0 else length + DAY)
            begin, end = clock.place(opens), clock.place(closes)
            if begin < end and clock.leap(opens) < DATE_LINE:
                yield Opening(begin, end, opens, closes)


def on_minutes(clock: Clock, found: Iterable[Opening]) -> bytearray:
    """1 for each minute in which a server should be on."""
    on = bytearray(len(clock.shown))
    for each in found:
        on[each.begin : each.end] = b"\1" * (min(each.end, len(on)) - min(each.begin, len(on)))
    return on


def changes(on: bytearray) -> list[tuple[str, int]]:
    """Where it goes on and off."""
    words = ("stop", "start")
    return [(words[on[place]], place) for place in range(1, len(on)) if on[place] != on[place - 1]]


class Cron:
    """Five fields, read anew: lists, ranges, steps, names, L for the last day, 5L, 5#2, LW."""

    def __init__(self, text: str) -> None:
        fields = text.lower().split()
        self.minutes, self.hours = (numbers(*each) for each in zip(fields[:2], (0, 0), (59, 23), strict=True))
        self.is_fixed = not (fields[0].startswith("*") or fields[1].startswith("*"))
        self.day_text, self.weekday_text = fields[2], fields[4]
        self.months = numbers(fields[3], 1, 12)
        self.both = fields[2].startswith("*") or fields[4].startswith("*")

    def has_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        found = (in_month(self.day_text, day), in_week(self.weekday_text, day))
        return all(found) if self.both else any(found)

    def has(self, shown: int) -> bool:
        """Whether the wall clock shows one of its times; the date is asked about elsewhere."""
        return shown % 60 in self.minutes and shown % DAY // 60 in self.hours


def in_month(text: str, day: date) -> bool:
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    for part in text.split(","):
        if part == "l":
            found = day == last
        elif part == "lw":
            found = day == last - timedelta(days=max(0, last.weekday() - 4))
        else:
            found = day.day in numbers(part, 1, 31)
        if found:
            return True
    return False


def in_week(text: str, day: date) -> bool:
    for part in text.split(","):
        if "#" in part:
            name, nth = part.split("#")
            found = is_weekday(name, day) and (day.day - 1) // 7 + 1 == int(nth)
        elif part.endswith("l"):
            found = is_weekday(part[:-1], day) and (day + timedelta(days=7)).month != day.month
        else:
            found = day.isoweekday() % 7 in {number % 7 for number in numbers(named(part), 0, 7)}
        if found:
            return True
    return False


def is_weekday(text: str, day: date) -> bool:
    return int(named(text)) % 7 == day.isoweekday() % 7


def named(text: str) -> str:
    for number, name in enumerate(NAMES):
        text = text.replace(name, str(number))
    return text


def numbers(text: str, least: int, most: int) -> set[int]:
    """The numbers of a plain field."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = least, most
        elif "-" in span:
            first, last = (int(end) for end in span.split("-"))
        else:
            first, last = int(span), most if step else int(span)
        found.update(range(first, last + 1, int(step or 1)))
    return found


def fixed(clock: Clock, cron: Cron, dates: Dates) -> dict[int, list[int]]:
    """The minutes in which cron's times on the wall come, and which of them."""
    found: dict[int, list[int]] = {}
    times = sorted(hour * 60 + minutes for hour in cron.hours for minutes in cron.minutes)
    for day in clock.dates():
        if not (dates.count(day) and cron.has_day(day)):
            continue
        for time in times:
            wanted = day.toordinal() * DAY + time
            if clock.leap(wanted) < DATE_LINE:
                found.setdefault(clock.place(wanted), []).append(wanted)
    return found


def real(clock: Clock, cron: Cron, dates: Dates) -> list[tuple[int, int, int]]:
    """Every real minute in which the wall clock shows one of cron's times: where, what, which copy."""
    days = {day.toordinal() for day in clock.dates() if dates.count(day) and cron.has_day(day)}
    return [
        (place, shown, fold)
        for place, (shown, fold) in enumerate(zip(clock.shown, clock.folds, strict=True))
        if cron.has(shown) and shown // DAY in days
    ]
