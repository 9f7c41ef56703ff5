"""Rules in plain words, the same in API, page and log. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cronsim import CronSim, CronSimError

from shared.schedules.windows import WindowText
from shared.schedules.windows import sentence as window_words

VERBS = {"start": "Start", "stop": "Stop", "reboot": "Reboot"}
ONE_DAY = timedelta(days=1)
MOST_DATES = 3


def sentence(*, action: str, cron: str = "", at: str = "") -> str:
    """One rule: "Stop at 18:30 every Monday through Friday" or "Start once on 24 Dec 2026 at 07:00"."""
    return f"{VERBS[action]} {when(cron=cron, at=at)}"


def told_at(*, action: str, cron: str = "", at: str = "") -> tuple[str, int, str]:
    """Where a rule stands among others: recurring ones first, as a day goes: start, stop, reboot. A rule that
    was edited is another row, so the order of rows would tell one timetable in several ways."""
    return at, list(VERBS).index(action), cron


def when(*, cron: str, at: str) -> str:
    if at:
        return f"once on {moment(at)}"
    try:
        words = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()
    except CronSimError:
        return f"by cron {cron}"
    words = words.replace("day of month", "day of the month")
    if is_either(cron):
        words = " or on ".join(words.rsplit(" and on ", 1))
    return words[0].lower() + words[1:]


def moment(at: str) -> str:
    """A local date and time: "24 Dec 2026 at 07:00"."""
    wall = datetime.fromisoformat(at)
    return f"{wall.day} {wall:%b %Y} at {wall.strftime('%H:%M:%S' if wall.second else '%H:%M')}"


def is_either(cron: str) -> bool:
    """Whether cron names days of the month and days of the week; then each of both is enough."""
    *_, of_month, _, of_week = cron.split()
    return not of_month.startswith("*") and not of_week.startswith("*")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The dates that bend a timetable; sentences leave out what lies before `today` (local)."""

    today: date
    skip_dates: Sequence[date] = ()
    valid_from: date | None = None
    valid_to: date | None = None


def whole(clauses: Sequence[str], *, timezone: str, bounds: Bounds | None = None) -> str:
    """A schedule: what it does, the zone that is meant, and when it does not."""
    if not clauses:
        return "No rules yet."
    first, *others = clauses
    told = "; ".join([first, *(clause[0].lower() + clause[1:] for clause in others)])
    return f"{told}, {place(timezone)} time{bent(bounds) if bounds else ''}."


def hours(windows: Sequence[WindowText]) -> str:
    """Windows as one clause: "On Mon-Fri 08:00-20:00 and Sat 10:00-14:00"."""
    return f"On {joined([window_words(window) for window in windows])}"


def bent(bounds: Bounds) -> str:
    """The dates in words, each part led in by a comma; nothing when there are none."""
    today = bounds.today
    coming = sorted(day for day in bounds.skip_dates if day >= today)
    parts = []
    if bounds.valid_from is not None and bounds.valid_from > today:
        parts.append(f"from {day_words(bounds.valid_from, today)}")
    if bounds.valid_to is not None:
        parts.append(f"until {day_words(bounds.valid_to, today)}")
    if coming:
        parts.append(f"except {joined(dates_words(coming, today))}")
    return "".join(f", {part}" for part in parts)


def dates_words(days: Sequence[date], today: date) -> list[str]:
    """Dates in words, neighbours as a range, and no more than a few of them."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == ONE_DAY:
            spans[-1].append(day)
        else:
            spans.append([day])
    told = [span_words(span, today) for span in spans[:MOST_DATES]]
    rest = sum(len(span) for span in spans[MOST_DATES:])
    return [*told, f"{rest} more {'date' if rest == 1 else 'dates'}"] if rest else told


def span_words(span: Sequence[date], today: date) -> str:
    first, last = span[0], span[-1]
    if first == last:
        return day_words(first, today)
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if same_month else day_words(first, today)} to {day_words(last, today)}"


def day_words(day: date, today: date) -> str:
    """ "25 Dec", with its year when that is not today's."""
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def joined(parts: Sequence[str]) -> str:
    """Parts as people list them: "one, two and three"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def place(timezone: str) -> str:
    """The readable part of a zone's name: "Kolkata" of Asia/Kolkata."""
    return timezone.rsplit("/", 1)[-1].replace("_", " ")
