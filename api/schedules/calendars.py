"""Days to skip out of an .ics file (RFC 5545), as holiday calendars come. Pure: `now` comes in.

Only events that last whole days count. Everything else in the file is passed over unread: time zones and
alarms have nothing to say here, and reading them is where calendars can hide endless work.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice

from dateutil.relativedelta import relativedelta
from icalendar.parser import Contentline, Contentlines
from icalendar.prop import vDuration

from api.schedules.repeating import Budget, Unsupported, days, stretched, understood
from shared.errors import Invalid

FIELD = "ics"
LARGEST = 1024 * 1024
MOST_EVENTS = 5000
MOST_DATES = 400
LONGEST_NOTE = 120
LONGEST_RULE = 500
LONGEST_EVENT = 3000
BUDGET = 100_000
YEARS_BACK, YEARS_AHEAD = 1, 5
READ = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "SUMMARY", "UID"}
)
EVENT = ["VCALENDAR", "VEVENT"]
END = ("END", "VEVENT")
NAME = re.compile(r"([A-Za-z0-9-]+)(?::(.*))?")
DAY = re.compile(r"[0-9]{8}")
TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
# Characters that show nothing; the joiners inside letters and emoji are left alone.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"
Lines = dict[str, list[Contentline]]
Values = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """The days to skip in order, each with its note, and how many entries gave none."""

    dates: Sequence[tuple[date, str]]
    ignored: int


@dataclass(frozen=True, slots=True)
class Event:
    """What an entry says: on which days it begins and how many it lasts; 0 when it lasts no whole day.

    `instead_of` are the days of the series `uid` that it takes the place of.
    """

    uid: str
    note: str
    start: date
    length: int
    rules: Sequence[str]
    extra: frozenset[date]
    never: frozenset[date]
    instead_of: frozenset[date]


def read(ics: str, *, now: datetime) -> Found:
    """The whole days of a calendar from a year ago to five years ahead. Invalid says what is wrong with it.

    Ignored are events with times, cancelled ones, ways of repeating that holidays do not have, what lies
    outside those years, and dates beyond the 400th.
    """
    if len(ics.encode()) > LARGEST:
        raise wrong("This file is larger than 1 MiB. Export fewer years.")
    raw = list(islice(entries(ics), MOST_EVENTS + 1))
    if len(raw) > MOST_EVENTS:
        raise wrong(f"This calendar has more than {MOST_EVENTS} events. Export fewer years.")
    all_events = [event(values, place) for place, values in enumerate(raw)]
    today = now.date()
    back, ahead = relativedelta(years=YEARS_BACK), relativedelta(years=YEARS_AHEAD)
    return gathered(all_events, first=today - back, last=today + ahead)


def gathered(all_events: Sequence[Event], *, first: date, last: date) -> Found:
    """The days of all events together; of several notes on a day none is lost."""
    moved = {(each.uid, day) for each in all_events for day in each.instead_of}
    budget = Budget(BUDGET, FIELD)
    notes: dict[date, dict[str, None]] = defaultdict(dict)
    ignored = 0
    for place, each in enumerate(all_events):
        with readable(place, each.note):
            begins = (day for day in beginnings(each, first, last, budget) if not is_moved(each, day, moved))
            mine = list(stretched(begins, length=each.length, first=first, last=last, budget=budget))
        ignored += not mine
        for day in mine:
            notes[day].setdefault(each.note)
    dates = [(day, "; ".join(filter(None, notes[day]))[:LONGEST_NOTE].strip()) for day in sorted(notes)]
    return Found(dates[:MOST_DATES], ignored + len(dates[MOST_DATES:]))


def beginnings(each: Event, first: date, last: date, budget: Budget) -> Iterator[date]:
    """When it begins, early enough to reach `first`; nothing for an event that lasts no whole day."""
    if not each.length:
        return
    earliest = date.fromordinal(max(1, first.toordinal() - each.length))
    try:
        repeats = [understood(rule, start=each.start) for rule in each.rules]
    except Unsupported:
        return
    found = [days(repeat, first=earliest, last=last, budget=budget) for repeat in repeats]
    own = chain(*found) if found else [each.start]
    yield from (day for day in chain(own, sorted(each.extra)) if day not in each.never)


def is_moved(each: Event, day: date, moved: set[tuple[str, date]]) -> bool:
    return not each.instead_of and (each.uid, day) in moved


def entries(ics: str) -> Iterator[Lines]:
    """The events with those of their lines that matter here."""
    if not ics.lstrip("\ufeff \t\r\n").upper().startswith("BEGIN:VCALENDAR"):
        raise wrong("This is no calendar: an .ics file begins with BEGIN:VCALENDAR.")
    within: list[str] = []
    lines: Lines = {}
    for line in unfolded(ics.lstrip("\ufeff")):
        name, rest = parted(line)
        if within == EVENT and name in READ:
            lines.setdefault(name, []).append(line)
        if within == EVENT and (name, rest) == END:
            yield lines
            lines = {}
        nest(within, name, rest)
    if within:
        raise wrong(f"The file stops before END:{within[-1][:40]}. It is not complete.")


def unfolded(ics: str) -> list[Contentline]:
    """The file's lines, each in one piece."""
    return Contentlines.from_ical(ics)  # type: ignore[no-untyped-call, no-any-return]


def nest(within: list[str], name: str, rest: str) -> None:
    """Keep the names of what is open."""
    if name == "BEGIN":
        within.append(rest)
    elif name == "END" and (not within or within.pop() != rest):
        raise wrong(f"END:{rest[:40]} stands where nothing of that name is open.")


def parted(line: str) -> tuple[str, str]:
    """The name that a line begins with and, where nothing else is between, its value; both in capitals."""
    match = NAME.match(line)
    return (match[1].upper(), (match[2] or "").strip().upper()) if match else ("", "")


def event(lines: Lines, place: int) -> Event:
    with readable(place, ""):
        values = {name: [value(line) for line in each] for name, each in lines.items()}
    note = cleaned(one(values, "SUMMARY"))
    with readable(place, note):
        start, length = extent(values)
        rules = values.get("RRULE", [])
        if any(len(rule) > LONGEST_RULE for rule in rules):
            raise ValueError("its RRULE is too long")
        return Event(
            uid=one(values, "UID"),
            note=note,
            start=start,
            length=0 if one(values, "STATUS").upper() == "CANCELLED" else length,
            rules=rules,
            extra=frozenset(map(day_of, filter(DAY.fullmatch, many(values, "RDATE")))),
            never=frozenset(map(day_of, many(values, "EXDATE"))),
            instead_of=frozenset(map(day_of, many(values, "RECURRENCE-ID"))),
        )


def value(line: Contentline) -> str:
    """What stands behind the line's name and parameters, with its escapes resolved."""
    return line.parts()[2].strip()


def extent(values: Values) -> tuple[date, int]:
    """The first day and the number of whole days; 0 for an event with times. From midnight to midnight on
    somebody's wall is whole days too."""
    start, end, duration = one(values, "DTSTART"), one(values, "DTEND"), one(values, "DURATION")
    if not start:
        raise ValueError("it has no DTSTART")
    first = day_of(start)
    if not DAY.fullmatch(start) and not (start.endswith("T000000") and end.endswith("T000000")):
        return first, 0
    length = (day_of(end) - first).days if end else whole_days(duration) if duration else 1
    return first, min(max(length, 1), LONGEST_EVENT)


def whole_days(duration: str) -> int:
    lasting: timedelta = vDuration.from_ical(duration)  # type: ignore[no-untyped-call]
    return lasting.days


def day_of(text: str) -> date:
    """The day of a DATE or DATE-TIME. ValueError when it is neither."""
    try:
        return date.fromisoformat((DAY.fullmatch(text) or TIME.fullmatch(text) or [""])[0][:8])
    except ValueError as error:
        raise ValueError(f"'{text[:20]}' is not a date like 20261225") from error


def one(values: Values, name: str) -> str:
    """The first value of that name; empty when there is none."""
    return next(iter(values.get(name, ())), "")


def many(values: Values, name: str) -> list[str]:
    """Every value of that name; a line may hold several."""
    return [part.strip() for text in values.get(name, ()) for part in text.split(",") if part.strip()]


def cleaned(text: str) -> str:
    """One line without what cannot be seen, at most 120 characters."""
    shown = (each for each in " ".join(text.split()) if is_shown(each))
    return "".join(shown)[:LONGEST_NOTE].strip()


def is_shown(letter: str) -> bool:
    return letter in JOINERS or unicodedata.category(letter) not in HIDDEN


@contextmanager
def readable(place: int, note: str) -> Iterator[None]:
    """Says of which event it is that something is wrong."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        called = f" ('{note[:40]}')" if note else ""
        raise wrong(f"Event {place + 1}{called} cannot be read: {error}.") from error


def wrong(detail: str) -> Invalid:
    return Invalid(detail, code="invalid_calendar", field=FIELD)
