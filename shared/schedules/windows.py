"""Hours a server should be on, laid day by day on the line of time: a start where a stretch begins, a stop
where it ends.

Pure. Windows that begin on a skip date, or out of validity, are left out as a whole before what touches is
merged; so a shift change at 20:00 stops nothing, and a holiday between two nights stops what it should.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.errors import InvalidRule
from shared.schedules import walls
from shared.schedules.walls import zone_named

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
ONE_DAY = timedelta(days=1)
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
# There is a pause of a minute in every week, or the windows are refused, and a clock change may swallow one
# pause: so no stretch is longer than two weeks, and those of most windows are far shorter.
WARM_UP = timedelta(days=23)
MARGIN = timedelta(days=2)
# How far back to look in turn: mostly the first is enough. Who opens once a week and skips all the dates that
# a schedule may have is found by the last.
REACHES = (WARM_UP, timedelta(days=430), timedelta(weeks=430))
# A window that begins on a date has ended by then, in any zone.
LONGEST = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class WindowText:
    """On these days from one wall-clock time to another; to the next day when `to` is not later."""

    days: Sequence[str]
    start: str
    to: str


@dataclass(frozen=True, slots=True)
class Hours:
    """Windows in a zone, but for those that begin on a skip date or out of validity (both inclusive)."""

    zone: str
    windows: Sequence[WindowText]
    skip_dates: frozenset[date] = frozenset()
    valid_from: date | None = None
    valid_to: date | None = None

    def begins_on(self, day: date) -> bool:
        """Whether windows may begin on that local date."""
        early = self.valid_from is not None and day < self.valid_from
        late = self.valid_to is not None and day > self.valid_to
        return not early and not late and day not in self.skip_dates


@dataclass(frozen=True, slots=True)
class Stretch:
    """From an instant to another (UTC) without a pause, and the wall-clock times they stand for."""

    begin: datetime
    end: datetime
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a stretch. `until` is the other end, where this one is a start."""

    action: str
    at: datetime
    nominal: datetime
    until: datetime | None = None


def check(windows: Sequence[WindowText]) -> None:
    """InvalidRule for a wrong time, or when nothing would ever be stopped."""
    if merged(laid(windows)) == [(0, WEEK)]:
        message = "These windows cover the whole week, so nothing would ever be stopped."
        raise InvalidRule(message, code="always_on", field="windows")


def edges(hours: Hours, *, after: datetime) -> Iterator[Edge]:
    """Every edge strictly later than `after`, in order; endless without `valid_to`."""
    for stretch in stretches(hours, since=after - warm_up(hours.windows)):
        for edge in ends(stretch):
            if edge.at > after:
                yield edge


def warm_up(windows: Sequence[WindowText]) -> timedelta:
    """A stretch that began so long ago has ended: what follows is right."""
    longest = max((end - begin for begin, end in merged(laid(windows))), default=0)
    return min(2 * timedelta(minutes=longest) + MARGIN, WARM_UP)


def past_edges(hours: Hours, *, at: datetime) -> Iterator[Edge]:
    """The edges not later than `at`, newest first, as far back as anybody may have skipped dates."""
    newest = at if hours.valid_to is None else min(at, walls.midnight(hours.valid_to, UTC) + LONGEST)
    upper = newest
    for reach in REACHES:
        lower = newest - reach
        yield from reversed(list(between(hours, lower, upper)))
        upper = lower


def between(hours: Hours, after: datetime, until: datetime) -> Iterator[Edge]:
    """The edges later than one instant and not later than another."""
    for edge in edges(hours, after=after):
        if edge.at > until:
            return
        yield edge


def ends(stretch: Stretch) -> tuple[Edge, Edge]:
    start = Edge("start", stretch.begin, stretch.opens, stretch.end)
    return start, Edge("stop", stretch.end, stretch.closes)


def stretches(hours: Hours, *, since: datetime) -> Iterator[Stretch]:
    """Windows that begin from about `since` on, merged where they touch. The first may lack its beginning."""
    current: Stretch | None = None
    for each in single(hours, since=since):
        if current is None or each.begin > current.end:
            if current is not None:
                yield current
            current = each
        elif each.end > current.end:
            current = Stretch(current.begin, each.end, current.opens, each.closes)
    if current is not None:
        yield current


def single(hours: Hours, *, since: datetime) -> Iterator[Stretch]:
    """Each window of each day on its own, by the instant at which it begins."""
    zone = zone_named(hours.zone)
    spans = by_weekday(hours.windows)
    day = walls.local(since, zone).date()
    if hours.valid_from is not None:
        day = max(day, hours.valid_from)
    for today in dates(day, until=hours.valid_to):
        if hours.begins_on(today):
            found = of_day(spans[today.weekday()], today, zone=zone)
            yield from sorted(found, key=lambda each: (each.begin, each.end))


def dates(day: date, *, until: date | None) -> Iterator[date]:
    """Day by day, to the end of validity or of the calendar."""
    last = until or date.max - ONE_DAY
    while day <= last:
        yield day
        day += ONE_DAY


Span = tuple[frozenset[int], int, int]


def span(window: WindowText, *, place: int) -> Span:
    """Its weekdays (Monday is 0), its first minute of the day, and how many minutes it lasts."""
    start = minute(window.start, field=f"windows/{place}/from")
    length = (minute(window.to, field=f"windows/{place}/to") - start) % DAY or DAY
    return frozenset(DAYS.index(day) for day in window.days), start, length


def by_weekday(windows: Sequence[WindowText]) -> list[list[tuple[int, int]]]:
    """For each weekday, when its windows begin and how long they last, in minutes."""
    spans = [span(window, place=place) for place, window in enumerate(windows)]
    return [[(start, length) for days, start, length in spans if day in days] for day in range(len(DAYS))]


def of_day(spans: Sequence[tuple[int, int]], day: date, *, zone: ZoneInfo) -> Iterator[Stretch]:
    """The windows that begin on this date. One that a clock change leaves no room is left out."""
    for start, length in spans:
        opens = walls.midnight(day) + timedelta(minutes=start)
        closes = opens + timedelta(minutes=length)
        begin, end = walls.kept(opens, zone), walls.instant(closes, zone)
        if begin is not None and begin < end:
            yield Stretch(begin, end, opens, closes)


def laid(windows: Sequence[WindowText]) -> list[tuple[int, int]]:
    """All windows in minutes of the week; one that passes Sunday's end goes on beyond it."""
    spans = [span(window, place=place) for place, window in enumerate(windows)]
    return [(day * DAY + start, day * DAY + start + length) for days, start, length in spans for day in days]


def minute(text: str, *, field: str) -> int:
    match = TIME.fullmatch(text)
    if match is None:
        raise InvalidRule(
            f"'{text[:20]}' is not a time from 00:00 to 23:59.", code="invalid_time", field=field
        )
    return int(match[1]) * 60 + int(match[2])


def merged(spread: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same minutes as few stretches, each beginning inside the week; the whole week is (0, WEEK)."""
    line: list[tuple[int, int]] = []
    for begin, end in sorted(spread):
        if line and begin <= line[-1][1]:
            line[-1] = (line[-1][0], max(line[-1][1], end))
        else:
            line.append((begin, end))
    return rounded(line)


def rounded(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last stretch may pass the week's end and swallow the first ones."""
    while len(line) > 1 and line[-1][1] >= line[0][0] + WEEK:
        line[-1] = (line[-1][0], max(line[-1][1], line[0][1] + WEEK))
        line = line[1:]
    return [(0, WEEK)] if line and line[0][1] - line[0][0] >= WEEK else line


def week_minutes(windows: Sequence[WindowText]) -> int:
    """How many of a week's 10,080 minutes they cover, in a week without clock changes or skip dates."""
    return sum(end - begin for begin, end in merged(laid(windows)))


def sentence(window: WindowText) -> str:
    """One window in words: "Mon-Fri 08:00-20:00"."""
    return f"{day_names(window.days)} {span_words(window)}"


def day_names(days: Sequence[str]) -> str:
    """Weekdays in the order of the week, more than two neighbours as a range: "Mon-Fri", "Mon, Wed"."""
    places = sorted(DAYS.index(day) for day in days)
    if len(places) == len(DAYS):
        return "every day"
    names = [DAYS[day].capitalize() for day in places]
    together = len(places) > 2 and places[-1] - places[0] == len(places) - 1
    return f"{names[0]}-{names[-1]}" if together else ", ".join(names)


def span_words(window: WindowText) -> str:
    if window.start == window.to:
        return "all day" if window.start == "00:00" else f"{window.start} for 24 hours"
    return f"{window.start}-{window.to}"
