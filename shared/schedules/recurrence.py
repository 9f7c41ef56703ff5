"""When a rule fires: pure date arithmetic. No Django, no clock; `after` comes in, moments go out.

cronsim is the only recurrence engine. A fixed local time inside the hour that a clock change skips runs
once, right after the gap; inside the hour that is repeated it runs once, at the first copy. Recurring
sub-hourly patterns follow real elapsed time. The edges of windows are laid out by `windows`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile

from cronsim import CronSim, CronSimError

from shared.errors import InvalidRule
from shared.schedules import walls, windows
from shared.schedules.walls import zone_named
from shared.schedules.windows import Hours, WindowText

AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
FURTHEST_YEAR = 2200
MINUTE = timedelta(minutes=1)
# A rule whose every date is skipped or not valid yet is asked about no further back, or ahead, than this.
MOST_STEPS = 5000


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

    def counts_on(self, day: date) -> bool:
        """Whether something may happen on that local date."""
        early = self.valid_from is not None and day < self.valid_from
        return not early and not self.is_over(day) and day not in self.skip_dates

    def is_over(self, day: date) -> bool:
        return self.valid_to is not None and day > self.valid_to


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
        raise InvalidRule(f"{timing.at} is in the past in {timing.zone}.", code="in_the_past", field="at")
    raise InvalidRule("This rule never fires.", code="never_fires", field="cron")


def moments(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """The rule's moments strictly later than `after`, in order; endless for most cron and windows."""
    if timing.windows:
        return edges(timing, after=after)
    every = (
        once(timing.at, zone=timing.zone, after=after)
        if timing.at
        else recurring(timing, after=started(timing, after))
    )
    valid = takewhile(lambda each: not timing.is_over(each.day), every)
    return (each for each in valid if each.at > after and timing.counts_on(each.day))


def first(timing: Timing, *, after: datetime, count: int) -> list[Moment]:
    """The next `count` moments strictly later than `after`."""
    return list(islice(moments(timing, after=after), count))


def before(timing: Timing, *, at: datetime) -> Iterator[Moment]:
    """The moments that are not later than `at`, newest first; bounded, so that nobody walks for ever."""
    if timing.windows:
        ends = windows.past_edges(timing.hours, at=at)
        return (edge_moment(end) for end in ends if end.action == timing.edge)
    if timing.at:
        gone = (each for each in once(timing.at, zone=timing.zone) if each.at <= at)
        return (each for each in gone if timing.counts_on(each.day))
    return backwards(timing, at=at)


def started(timing: Timing, after: datetime) -> datetime:
    """Where to begin to look: nobody walks through the years before a rule is valid."""
    if timing.valid_from is None:
        return after
    begin = walls.instant(walls.midnight(timing.valid_from), zone_named(timing.zone))
    return max(after, begin - MINUTE)


def edges(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """The moments at one end of the windows."""
    every = windows.edges(timing.hours, after=after)
    return (edge_moment(edge) for edge in every if edge.action == timing.edge)


def edge_moment(edge: windows.Edge) -> Moment:
    return Moment(edge.at, edge.nominal.isoformat(timespec="seconds"), until=edge.until)


def recurring(timing: Timing, *, after: datetime) -> Iterator[Moment]:
    """Cron's moments from `after` on. A fixed time is found on the wall clock, then looked up in the zone."""
    zone = zone_named(timing.zone)
    if not is_fixed(timing.cron):
        yield from (moment(tick) for tick in simulated(timing.cron, after.astimezone(zone)))
        return
    last = after
    for wall in simulated(timing.cron, walls.local(after, zone)):
        at = walls.instant(wall, zone)
        if at > last and walls.exists(wall, zone):
            last = at
            yield Moment(at, wall.isoformat(timespec="seconds"))


def backwards(timing: Timing, *, at: datetime) -> Iterator[Moment]:
    """Cron's moments back from `at`, newest first, where the timing counts."""
    zone = zone_named(timing.zone)
    at = walls.no_later(at, timing.valid_to, zone)
    if is_fixed(timing.cron):
        begin = walls.local(at, zone) + timedelta(seconds=1)
        ticks = simulated(timing.cron, begin, reverse=True)
        found = (
            Moment(walls.instant(wall, zone), wall.isoformat(timespec="seconds"))
            for wall in ticks
            if walls.exists(wall, zone)
        )
    else:
        begin = at.astimezone(zone) + timedelta(seconds=1)
        found = (moment(tick) for tick in simulated(timing.cron, begin, reverse=True))
    for each in islice(found, MOST_STEPS):
        if timing.valid_from is not None and each.day < timing.valid_from:
            return
        if each.at <= at and timing.counts_on(each.day):
            yield each


def simulated(cron: str, start: datetime, *, reverse: bool = False) -> Iterator[datetime]:
    """Cron's ticks after, or before, `start`, on its clock. InvalidRule when there is no such cron."""
    if len(cron.split()) != 5 or len(cron) > 200:
        raise InvalidRule(
            "Cron needs five fields: minute hour day month weekday.", code="invalid_cron", field="cron"
        )
    try:
        return iter(CronSim(cron, start, reverse=reverse))
    except CronSimError as error:
        raise InvalidRule(f"'{cron}': {error}.", code="invalid_cron", field="cron") from error


def is_fixed(cron: str) -> bool:
    """Whether it names its minutes and hours, as Debian's cron tells "at 02:30" from "every so often"."""
    return not any(part.startswith("*") for part in cron.split()[:2])


def once(at: str, *, zone: str, after: datetime | None = None) -> Iterator[Moment]:
    wall, place = wall_clock(at), zone_named(zone)
    found = walls.instant(wall, place)
    if after is None or found > after:
        yield Moment(at=found, nominal=wall.isoformat(timespec="seconds"))


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


def moment(shown: datetime) -> Moment:
    """An aware local time as a moment."""
    return Moment(
        at=shown.astimezone(UTC),
        nominal=shown.replace(tzinfo=None).isoformat(timespec="seconds"),
        fold=shown.fold,
    )
