"""Five-field cron on the clock on the wall, forwards and backwards: what it says, and what is wrong with it.

Pure. cronsim is the only engine, and it is only ever asked about a wall clock without a zone; what clock
changes do to the times it names is decided here. Cron that names its minutes and hours means times of the
day, so each is kept once, whatever clocks do. Cron whose minutes or hours begin with a star means real
minutes, so those that come twice count twice, and those that never come do not count.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from shared.errors import InvalidRule
from shared.schedules import walls

LONGEST = 200
# Nobody plans further, and the engine has no end of its own: a day that comes every 28 years would be looked
# for until the calendar is over.
FURTHEST_YEAR = 2200
SECOND, ONE_DAY = timedelta(seconds=1), timedelta(days=1)
COMMON_YEAR = 2027
EXAMPLE = datetime(2026, 1, 1)  # noqa: DTZ001  a wall clock has no zone
FIELDS = (
    ("minute", "minutes are 0 to 59"),
    ("hour", "hours are 0 to 23"),
    ("day of month", "days are 1 to 31, L for the last one and LW for the last weekday"),
    ("month", "months are 1 to 12 or JAN to DEC"),
    ("weekday", "weekdays are 0 to 7 or SUN to SAT, 5L for the last Friday, 5#2 for the second"),
)
# An instant (UTC) and the wall-clock time it stands for.
Tick = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Days:
    """The local dates that count."""

    skipped: frozenset[date] = frozenset()
    first: date | None = None
    last: date | None = None

    def count(self, day: date) -> bool:
        return not self.is_early(day) and not self.is_late(day) and day not in self.skipped

    def is_early(self, day: date) -> bool:
        return self.first is not None and day < self.first

    def is_late(self, day: date) -> bool:
        return day.year > FURTHEST_YEAR or (self.last is not None and day > self.last)

    def begin_of_next(self, day: date) -> datetime:
        """When, on the wall, the next date begins that may count, after one that does not."""
        day = max(day + ONE_DAY, self.first or day)
        while day in self.skipped:
            day += ONE_DAY
        return walls.midnight(day)

    def end_of_last(self, day: date) -> datetime:
        """When, on the wall, the newest date ends that may count, before one that does not."""
        day = min(day - ONE_DAY, self.last or day)
        while day in self.skipped:
            day -= ONE_DAY
        return walls.midnight(day + ONE_DAY)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression in a zone, on the dates that count."""

    text: str
    zone: ZoneInfo
    days: Days = Days()

    def after(self, at: datetime) -> Iterator[Tick]:
        """Its moments strictly later than an instant, in order. InvalidRule when there is no such cron."""
        if not is_fixed(self.text):
            return self.real(at, forward=True)
        together = self.kept(self.walls_after(walls.local(at, self.zone)))
        return (next(ticks) for since, ticks in together if since > at)

    def before(self, at: datetime) -> Iterator[Tick]:
        """Its moments not later than an instant, newest first; the very same that `after` finds."""
        if not is_fixed(self.text):
            return self.real(at, forward=False)
        together = self.kept(self.walls_before(walls.farthest(at, self.zone) + SECOND))
        return (min(ticks) for since, ticks in together if since <= at)

    def pauses(self) -> tuple[timedelta, timedelta]:
        """The shortest time between two of its times of one day, on the wall; and from the last to the first
        of the next day."""
        asked = simulation(self.text, EXAMPLE)
        times = sorted(
            timedelta(hours=hour, minutes=minute) for hour in asked.hours for minute in asked.minutes
        )
        within = min((two - one for one, two in pairwise(times)), default=ONE_DAY)
        return within, times[0] + ONE_DAY - times[-1]

    def kept(self, found: Iterator[datetime]) -> Iterator[tuple[datetime, Iterator[Tick]]]:
        """Times on the wall by the instant at which they come; a clock change may throw several together."""
        ticks = ((walls.kept(wall, self.zone), wall) for wall in found)
        return groupby(((at, wall) for at, wall in ticks if at is not None), key=itemgetter(0))

    def real(self, at: datetime, *, forward: bool) -> Iterator[Tick]:
        """Real minutes from an instant on, or back from it, from one clock change to the next."""
        step, second = (ONE_DAY, SECOND) if forward else (-ONE_DAY, -SECOND)
        nearer, find = (min, self.walls_after) if forward else (max, self.walls_before)
        wall, offset = walls.local(at, self.zone), walls.offset(at, self.zone)
        if not forward:
            wall += SECOND
        while True:
            turn = None
            for tick in find(wall):
                since, at = at, tick.replace(tzinfo=UTC) - offset
                near = nearer(at, since + step)
                turn = self.changed(since, near) or self.changed(near, at)
                if turn:
                    break
                yield at, tick
            # No times are left on the wall, but it may soon show some of them again.
            turn = turn or self.changed(at, at + step)
            if turn is None:
                return
            at = turn if forward else turn - SECOND
            offset, wall = walls.offset(at, self.zone), walls.local(at, self.zone) - second

    def changed(self, one: datetime, other: datetime) -> datetime | None:
        """A clock change between two instants; within a day of the first even if another one undoes it."""
        low, high = sorted((one, other))
        if walls.offset(low, self.zone) == walls.offset(high, self.zone):
            return None
        return walls.change(low, high, self.zone)

    def walls_after(self, wall: datetime) -> Iterator[datetime]:
        """Its times on the wall after another one, on dates that count."""
        return self.leaping(wall, reverse=False, over=self.days.is_late, to=self.days.begin_of_next)

    def walls_before(self, wall: datetime) -> Iterator[datetime]:
        """Its times on the wall before another one, newest first, on dates that count."""
        return self.leaping(wall, reverse=True, over=self.days.is_early, to=self.days.end_of_last)

    def leaping(
        self,
        wall: datetime,
        *,
        reverse: bool,
        over: Callable[[date], bool],
        to: Callable[[date], datetime],
    ) -> Iterator[datetime]:
        """Nobody walks through years of skipped or invalid dates: from the first of them on to the next
        date that counts."""
        while True:
            for tick in ticks(self.text, wall, reverse=reverse):
                day = tick.date()
                if over(day):
                    return
                if not self.days.count(day):
                    wall = to(day) if reverse else to(day) - SECOND
                    break
                yield tick
            else:
                return


def ticks(text: str, wall: datetime, *, reverse: bool = False) -> Iterator[datetime]:
    """Cron's times after, or before, `wall`. InvalidRule names the field that makes no sense."""
    try:
        return iter(simulation(text, wall, reverse=reverse))
    except CronSimError as error:
        raise fault(text) from error


def simulation(text: str, wall: datetime, *, reverse: bool = False) -> CronSim:
    if len(text.split()) != len(FIELDS) or len(text) > LONGEST:
        message = "Cron needs five fields: minute hour day month weekday."
        raise InvalidRule(message, code="invalid_cron", field="cron")
    return CronSim(text, wall, reverse=reverse)


def missing_days(text: str) -> list[int]:
    """The days of the month that it names, each on its own, and that some of its months do not have; none
    where it names the last day too. A range is taken at its word."""
    parts = text.split()[2].split(",")
    months = simulation(text, EXAMPLE).months
    named = {int(part) for part in parts if part.isdecimal()} if "L" not in parts else set[int]()
    return sorted(day for day in named if any(monthrange(COMMON_YEAR, month)[1] < day for month in months))


def is_fixed(text: str) -> bool:
    """Whether it names its minutes and hours, as Debian's cron tells "at 02:30" from "every so often"."""
    return not any(part.startswith("*") for part in text.split()[:2])


def fault(text: str) -> InvalidRule:
    """What is wrong with cron that cannot be read: the first field that makes no sense on its own, or days
    that never come, as 31 February."""
    fields = text.split()
    for place, (part, (name, allowed)) in enumerate(zip(fields, FIELDS, strict=True)):
        alone = ["*"] * len(FIELDS)
        alone[place] = part
        if not is_cron(" ".join(alone)):
            detail = f"The {name} field '{part}' (field {place + 1} of 5) cannot be read: {allowed}."
            return InvalidRule(detail, code="invalid_cron", field="cron")
    detail = f"There is no day {fields[2]} in month {fields[3]}, so this never fires."
    return InvalidRule(detail, code="never_fires", field="cron")


def is_cron(text: str) -> bool:
    try:
        CronSim(text, EXAMPLE)
    except CronSimError:
        return False
    return True
