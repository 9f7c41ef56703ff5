"""When a rule fires: pure date arithmetic. No Django, no clock; `after` comes in, moments go out.

A fixed local time inside the hour that a clock change skips runs once, right after the gap; inside the hour
that is repeated it runs once, at the first copy. Recurring sub-hourly patterns follow real elapsed time. What
cron says is read by `cron`; the edges of windows are laid out by `windows`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from shared.errors import InvalidRule
from shared.schedules import walls, windows, words
from shared.schedules.cron import FURTHEST_YEAR, Cron, Days
from shared.schedules.walls import zone_named
from shared.schedules.windows import Hours, WindowText

AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
EARLIEST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Timing:
    """What a rule says about time: five-field cron, one local date and time, or an edge of windows.

    Exactly one of `cron`, `at` and `windows` is not empty; `edge` is the action at one end of the windows.
    Nothing happens on the skip dates, before `valid_from` and after `valid_to`, all local dates.
    """

    zone: str
    cron: str = ""
    at: str = ""
    skip_dates: frozenset[date] = frozenset()
    windows: tuple[WindowText, ...] = ()
    edge: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def hours(self) -> Hours:
        """The windows and the dates on which they begin."""
        return Hours(self.zone, self.windows, self.skip_dates, self.valid_from, self.valid_to)

    @property
    def days(self) -> Days:
        """The local dates on which something may happen."""
        return Days(self.skip_dates, self.valid_from, self.valid_to)

    @property
    def recurring(self) -> Cron:
        """Its cron in its zone, on its dates."""
        return Cron(self.cron, zone_named(self.zone), self.days)


@dataclass(frozen=True, slots=True)
class Moment:
    """One occurrence: the instant (UTC), the wall-clock time it stands for, and which copy of that (fold).

    `until` is the end (UTC) of the stretch that a start opens.
    """

    at: datetime
    nominal: str
    fold: int = 0
    until: datetime | None = None

    @property
    def day(self) -> date:
        """The local date it stands for."""
        return date.fromisoformat(self.nominal[:10])


def check(timing: Timing, *, after: datetime) -> None:
    """InvalidRule when the timing cannot be understood or has no moment later than `after`."""
    if bool(timing.cron) == bool(timing.at):
        raise InvalidRule("Give either cron or at.", code="cron_or_at")
    if next(moments(timing, after=after), None) is not None:
        return
    if timing.at:
        passed = f"{words.moment(timing.at)} has passed, {words.place(timing.zone)} time."
        raise InvalidRule(passed, code="in_the_past", field="at")
    raise InvalidRule("This rule never fires.", code="never_fires", field="cron")


def moments(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """The rule's moments strictly later than `after`, in order; endless for most cron and windows."""
    if timing.windows:
        return edges(timing, after=after)
    if timing.at:
        return (each for each in once(timing) if each.at > after)
    return (moment(*tick, timing=timing) for tick in timing.recurring.after(after))


def first(timing: Timing, *, after: datetime, count: int) -> list[Moment]:
    """The next `count` moments strictly later than `after`."""
    return list(islice(moments(timing, after=after), count))


def before(timing: Timing, *, at: datetime) -> Iterator[Moment]:
    """The moments that are not later than `at`, newest first."""
    if timing.windows:
        ends = windows.past_edges(timing.hours, at=at)
        return (edge_moment(end) for end in ends if end.action == timing.edge)
    if timing.at:
        return (each for each in once(timing) if each.at <= at)
    return (moment(*tick, timing=timing) for tick in timing.recurring.before(at))


def edges(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """The moments at one end of the windows."""
    every = windows.edges(timing.hours, after=after)
    return (edge_moment(edge) for edge in every if edge.action == timing.edge)


def edge_moment(edge: windows.Edge) -> Moment:
    return Moment(edge.at, edge.nominal.isoformat(timespec="seconds"), until=edge.until)


def once(timing: Timing) -> Iterator[Moment]:
    """The single moment, unless its date does not count."""
    wall = wall_clock(timing.at)
    if timing.days.count(wall.date()):
        yield Moment(walls.instant(wall, zone_named(timing.zone)), wall.isoformat(timespec="seconds"))


def wall_clock(at: str) -> datetime:
    """`at` as a naive local date and time; InvalidRule when it is none or lies out of range."""
    try:
        wall = datetime.fromisoformat(at) if AT.fullmatch(at) else None
    except ValueError:
        wall = None
    if wall is None:
        message = f"'{at}' is not a local date and time like 2026-12-24T07:00."
        raise InvalidRule(message, code="invalid_time", field="at")
    if not EARLIEST_YEAR <= wall.year <= FURTHEST_YEAR:
        raise InvalidRule(out_of_range(wall), code="out_of_range", field="at")
    return wall


def out_of_range(day: date) -> str:
    return f"The year {day.year} is out of range: it can be {EARLIEST_YEAR} to {FURTHEST_YEAR}."


def moment(at: datetime, wall: datetime, *, timing: Timing) -> Moment:
    """A tick of its cron; the second copy of a time when the wall clock shows it again."""
    shown = at.astimezone(zone_named(timing.zone))
    fold = shown.fold if shown.replace(tzinfo=None) == wall else 0
    return Moment(at, wall.isoformat(timespec="seconds"), fold)
