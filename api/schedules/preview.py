"""What a timetable would do, without saving it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from heapq import merge
from itertools import islice

from shared.schedules import recurrence, walls, windows
from shared.schedules.checks import RuleText, check_dates, check_rule
from shared.schedules.recurrence import Moment, Timing, edge_moment
from shared.schedules.windows import WindowText
from shared.schedules.words import Bounds, hours, sentence, told_at, whole

Occurrence = dict[str, object]
EDGES = ("start", "stop")


@dataclass(frozen=True, slots=True)
class Wish:
    """A timetable to look at: windows or rules, in a zone, but for some dates."""

    zone: str
    windows: Sequence[WindowText] = ()
    rules: Sequence[RuleText] = ()
    skip_dates: Sequence[date] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def timing(self, *, cron: str = "", at: str = "", edge: str = "") -> Timing:
        """One of its rules, or one end of its windows."""
        skipped = frozenset(self.skip_dates)
        laid = tuple(self.windows) if edge else ()
        return Timing(self.zone, cron, at, skipped, laid, edge, self.valid_from, self.valid_to)


def preview(wish: Wish, *, after: datetime, count: int) -> dict[str, object]:
    """The next `count` moments in order, and the timetable in words. InvalidRule names what is wrong."""
    check(wish, now=after)
    return {
        "occurrences": [shape(*each, zone=wish.zone) for each in islice(moments(wish, after=after), count)],
        "sentence": in_words(wish, now=after),
        "week_hours": week_hours(wish.windows),
    }


def check(wish: Wish, *, now: datetime) -> None:
    check_dates(wish.zone, wish.valid_from, wish.valid_to, now=now)
    for place, rule in enumerate(wish.rules):
        check_rule(rule, zone=wish.zone, place=place, now=now)
    windows.check(wish.windows)


def timings(wish: Wish) -> list[tuple[str, Timing]]:
    """Each action with its times."""
    single = [(rule.action, wish.timing(cron=rule.cron, at=rule.at)) for rule in wish.rules]
    return [*single, *((edge, wish.timing(edge=edge)) for edge in EDGES if wish.windows)]


def moments(wish: Wish, *, after: datetime) -> Iterator[tuple[str, Moment]]:
    """Every action and its moment, in order. None is looked for before it is asked for: most of fifty rules
    may have none among the next few; and windows are laid once for both their ends."""
    if wish.windows:
        ends = windows.edges(wish.timing(edge=EDGES[0]).hours, after=after)
        return ((edge.action, edge_moment(edge)) for edge in ends)
    lines = (of_line(*line, after=after) for line in timings(wish))
    return merge(*lines, key=lambda each: each[1].at)


def of_line(action: str, timing: Timing, *, after: datetime) -> Iterator[tuple[str, Moment]]:
    return ((action, each) for each in recurrence.moments(timing, after=after))


def shape(action: str, moment: Moment, *, zone: str) -> Occurrence:
    note = walls.note(moment.at, moment.nominal, walls.zone_named(zone))
    return {"action": action, "at": moment.at, "local": walls.shown(moment.at, zone), "note": note}


def in_words(wish: Wish, *, now: datetime) -> str:
    today = walls.local(now, walls.zone_named(wish.zone)).date()
    bounds = Bounds(today, wish.skip_dates, wish.valid_from, wish.valid_to)
    if wish.windows:
        return whole([hours(wish.windows)], timezone=wish.zone, bounds=bounds)
    rules = sorted([asdict(rule) for rule in wish.rules], key=lambda rule: told_at(**rule))
    said = [sentence(**rule) for rule in rules]
    return whole(said, timezone=wish.zone, bounds=bounds)


def week_hours(texts: Sequence[WindowText]) -> dict[str, float] | None:
    """Hours on and off in a week without holidays and clock changes; nothing is known of single actions."""
    if not texts:
        return None
    on = windows.week_minutes(texts) / 60
    return {"on": on, "off": windows.WEEK / 60 - on}
