"""Timetables at random, with times that lie where clocks change, for comparing the product with the oracle.

What it makes is text, as a person would type it. It knows the oracle's clock, to aim, and nothing else.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.schedules.tests.oracle import DAY, NAMES, WEEKDAYS, Clock, Dates, Window, local
from shared.schedules.tests.spans import Span

SHARPEST = ("00:00", "23:59", "12:00")


@dataclass(frozen=True)
class Aim:
    """A span as somebody sees it who wants to hit its clock change."""

    span: Span
    clock: Clock
    chance: random.Random

    @property
    def days(self) -> list[date]:
        """The local dates inside the span."""
        first, last = (self.clock.shown[self.clock.index(at)] for at in (self.span.begin, self.span.end))
        return [date.fromordinal(day) for day in range(first // DAY, last // DAY + 1)]

    @property
    def sharp(self) -> list[int]:
        """What the wall clock shows right before and after its change."""
        if self.span.change is None:
            return []
        place = self.clock.index(self.span.change)
        return [self.clock.shown[place - 1], self.clock.shown[place - 1] + 1, self.clock.shown[place]]

    def moment(self) -> int:
        """A local date and time, half of them within two hours of what the change shows."""
        if self.sharp and self.chance.random() < 0.5:
            return self.chance.choice(self.sharp) + self.chance.choice((0, self.chance.randint(-120, 120)))
        place = self.chance.randrange(self.clock.index(self.span.begin), self.clock.index(self.span.end))
        return self.clock.shown[place]

    def instant(self) -> datetime:
        """A moment of the span to look from, half of them within two hours of the change."""
        if self.span.change is not None and self.chance.random() < 0.5:
            return self.span.change + timedelta(seconds=self.chance.randint(-7200, 7200))
        seconds = int((self.span.end - self.span.begin).total_seconds())
        return self.span.begin + timedelta(seconds=self.chance.randrange(seconds))

    def time(self) -> str:
        """A time of day."""
        if self.chance.random() < 0.1:
            return self.chance.choice(SHARPEST)
        return f"{local(self.moment()):%H:%M}"

    def dates(self) -> Dates:
        """Mostly all dates; else some to skip, or the first or last of a validity."""
        days, chance = self.days, self.chance
        skipped = frozenset(chance.sample(days, chance.choice((0, 0, 1, 2, 4))))
        first = chance.choice(days) if chance.random() < 0.15 else None
        last = chance.choice(days) if chance.random() < 0.15 else None
        return Dates(skipped, first, last)


def windows(aim: Aim) -> list[Window]:
    """One to five windows: some that touch the one before, some of a whole day, many over midnight."""
    found: list[Window] = []
    for _ in range(aim.chance.choice((1, 1, 2, 3, 5))):
        start = aim.time()
        if found and aim.chance.random() < 0.3:
            start = found[-1][2]
        to = start if aim.chance.random() < 0.1 else aim.time()
        found.append((weekdays(aim.chance), start, to))
    return found


def weekdays(chance: random.Random) -> Sequence[str]:
    if chance.random() < 0.4:
        return WEEKDAYS
    return sorted(chance.sample(WEEKDAYS, chance.randint(1, 6)), key=WEEKDAYS.index)


def fixed_cron(aim: Aim) -> str:
    """Minutes and hours by their names, often several, on days that come in the span."""
    at = local(aim.moment())
    minutes = choose(
        aim.chance, str(at.minute), f"{at.minute},{(at.minute + 20) % 60}", "0-59/15", "5/20", "0,30"
    )
    two = f"{at.hour},{(at.hour + 1) % 24}"
    hours = choose(aim.chance, str(at.hour), two, "0-23/2", "0-3", "0,23", "1,2,3")
    return f"{minutes} {hours} {day_fields(aim)}"


def real_cron(aim: Aim) -> str:
    """Minutes or hours that begin with a star."""
    at = local(aim.moment())
    times = choose(
        aim.chance,
        "*/5 *",
        "*/7 */2",
        f"*/10 {at.hour}",
        f"*/6 {at.hour},{(at.hour + 1) % 24}",
        f"{at.minute} *",
        f"{at.minute},{(at.minute + 31) % 60} */3",
        "0 */2",
        "30 *",
    )
    return f"{times} {day_fields(aim)}"


def day_fields(aim: Aim) -> str:
    """Day of month, month and weekday: mostly every day, else some of which one comes in the span."""
    day, chance = aim.chance.choice(aim.days), aim.chance
    name = NAMES[day.isoweekday() % 7]
    last = (day + timedelta(days=1)).day == 1
    return choose(
        chance,
        "* * *",
        "* * *",
        "* * 1-5",
        "* * 0,6",
        f"{day.day} * *",
        "31 * *",
        f"{'L' if last else day.day} {day.month} *",
        "L * *",
        "LW * *",
        f"* * {name}#{(day.day - 1) // 7 + 1}",
        f"* * {day.isoweekday()}L",
        f"{day.day},31 * {name}",
        f"*/2 * {name}",
        f"1-15 {day.month} 7",
    )


def choose(chance: random.Random, *texts: str) -> str:
    return chance.choice(texts)
