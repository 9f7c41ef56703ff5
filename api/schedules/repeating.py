"""The days on which a calendar's event repeats, between two days. Pure.

dateutil is asked about one period at a time - a year or a month - never for a whole rule: a rule that never
comes true, as 30 February every year, would keep it looking until the year 9999, and a calendar may hold
thousands of those. What is looked at costs a budget that the whole calendar shares.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import MONTHLY, YEARLY, rrule, weekday
from icalendar.prop import vRecur

from shared.errors import Invalid

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# So many periods later the calendar's years are over: dateutil looks at the first period and stops.
NO_SECOND = 120_000
DETAILS = {"DAILY": (), "WEEKLY": ("BYDAY",), "MONTHLY": ("BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS")}
DETAILS["YEARLY"] = DETAILS["MONTHLY"]
COMMON = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST")
PERIOD_COST = 10


class Unsupported(Exception):
    """A way of repeating that holidays do not have, as every second."""


@dataclass
class Budget:
    """How much one calendar may make us work. `field` names the value that is to blame."""

    left: int
    field: str

    def spend(self, cost: int) -> None:
        self.left -= cost
        if self.left < 0:
            message = "This calendar repeats too much to be read. Export fewer events, or fewer years."
            raise Invalid(message, code="invalid_calendar", field=self.field)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rule of RFC 5545 in the parts we follow. A plain YEARLY means the day of its start."""

    freq: str
    start: date
    interval: int
    count: int | None
    until: date
    week_start: int
    details: dict[str, tuple[Any, ...]]


def understood(text: str, *, start: date) -> Repeat:
    """The rule, e.g. FREQ=YEARLY;BYMONTH=11;BYDAY=4TH. Unsupported; ValueError when it is none."""
    rule = {str(key).upper(): values for key, values in vRecur.from_ical(text).items()}
    [freq] = rule.get("FREQ") or [""]
    if freq not in DETAILS or any(name not in COMMON and name not in DETAILS[freq] for name in rule):
        raise Unsupported
    interval, count = single(rule, "INTERVAL", 1), single(rule, "COUNT", None)
    if interval < 1 or (count is not None and count < 1):
        raise ValueError("INTERVAL and COUNT begin at 1")
    week_start = WEEKDAYS.index(single(rule, "WKST", "MO"))
    named = {name: tuple(rule[name]) for name in DETAILS[freq] if name in rule}
    check(named, months=freq == "MONTHLY" or "BYMONTH" in named, weekly=freq == "WEEKLY")
    return Repeat(freq, start, interval, count, last_day(single(rule, "UNTIL", date.max)), week_start, named)


def check(named: dict[str, tuple[Any, ...]], *, months: bool, weekly: bool) -> None:
    """Unsupported for a leap month of another calendar; ValueError for a number that no period has."""
    if any(month.leap for month in named.get("BYMONTH", ())):
        raise Unsupported
    most_weekday = 0 if weekly else 5 if months else 53
    numbers = [(int(month), 12) for month in named.get("BYMONTH", ())]
    numbers += [(number, 31) for number in named.get("BYMONTHDAY", ())]
    numbers += [(number, 366) for number in named.get("BYSETPOS", ())]
    numbers += [(each.relative, most_weekday) for each in named.get("BYDAY", ()) if each.relative]
    if any(number == 0 or abs(number) > most for number, most in numbers):
        raise ValueError("a number in its RRULE is out of range")


def single(rule: dict[str, Any], name: str, default: Any) -> Any:
    """The value of a part that has one."""
    [value] = rule.get(name) or [default]
    return value


def last_day(until: object) -> date:
    if not isinstance(until, date):
        raise ValueError("UNTIL is no date")  # noqa: TRY004  a wrong value like any other
    return until.date() if isinstance(until, datetime) else until


def days(repeat: Repeat, *, first: date, last: date, budget: Budget) -> Iterator[date]:
    """The days it comes to, in order, from `first` to `last`; a COUNT is counted from its start."""
    end = min(last, repeat.until)
    begin = repeat.start if repeat.count else max(first, repeat.start)
    seen = 0
    for number in numbers(repeat, begin=begin, end=end):
        budget.spend(PERIOD_COST)
        for day in within(repeat, number):
            if repeat.start <= day <= end:
                seen += 1
                if day >= first:
                    yield day
            if seen == repeat.count:
                return


def numbers(repeat: Repeat, *, begin: date, end: date) -> Iterable[int]:
    """The periods to look at, by number: every `interval`th since the start's own."""
    own = number_of(repeat, repeat.start)
    missed = -(-(number_of(repeat, begin) - own) // repeat.interval) * repeat.interval
    return range(own + missed, number_of(repeat, end) + 1, repeat.interval)


def number_of(repeat: Repeat, day: date) -> int:
    """The number of the period that the day lies in."""
    return {
        "YEARLY": day.year,
        "MONTHLY": day.year * 12 + day.month - 1,
        "WEEKLY": (day.toordinal() - 1 - repeat.week_start) // 7,
        "DAILY": day.toordinal(),
    }[repeat.freq]


def within(repeat: Repeat, number: int) -> Iterable[date]:
    """The days of the rule in one period, in order."""
    if repeat.freq == "DAILY":
        return [date.fromordinal(number)]
    if repeat.freq == "WEEKLY":
        monday_or_so = number * 7 + 1 + repeat.week_start
        named = {WEEKDAYS.index(each.weekday) for each in repeat.details.get("BYDAY", ())}
        week = (date.fromordinal(monday_or_so + place) for place in range(7) if monday_or_so + place > 0)
        return [day for day in week if day.weekday() in (named or {repeat.start.weekday()})]
    yearly = repeat.freq == "YEARLY"
    begins = date(number, 1, 1) if yearly else date(number // 12, number % 12 + 1, 1)
    rule = rrule(
        YEARLY if yearly else MONTHLY,
        dtstart=datetime.combine(begins, time()),
        interval=NO_SECOND,
        wkst=repeat.week_start,
        **chosen(repeat),
    )
    return [each.date() for each in rule]


def chosen(repeat: Repeat) -> dict[str, Any]:
    """The parts that choose days, with those that the start stands for."""
    named = repeat.details
    by = {
        "bymonth": [int(month) for month in named.get("BYMONTH", ())],
        "bymonthday": list(named.get("BYMONTHDAY", ())),
        "byweekday": [on(each) for each in named.get("BYDAY", ())],
        "bysetpos": list(named.get("BYSETPOS", ())),
    }
    if not by["bymonthday"] and not by["byweekday"]:
        by["bymonthday"] = [repeat.start.day]
        if repeat.freq == "YEARLY" and not by["bymonth"]:
            by["bymonth"] = [repeat.start.month]
    return {name: values for name, values in by.items() if values}


def on(day: Any) -> weekday:
    """4TH as dateutil writes it."""
    return weekday(WEEKDAYS.index(day.weekday), day.relative)


def stretched(
    begins: Iterable[date], *, length: int, first: date, last: date, budget: Budget
) -> Iterator[date]:
    """Every day of events that begin then and last `length` days, from `first` to `last`."""
    for begin in begins:
        start, end = max(begin, first), min(begin + timedelta(days=length - 1), last)
        for place in range((end - start).days + 1):
            budget.spend(1)
            yield start + timedelta(days=place)
