"""What a timetable would do, without saving it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter
from zoneinfo import ZoneInfo

from shared.schedules import windows
from shared.schedules.checks import RuleText, check_rule
from shared.schedules.recurrence import Timing, first, zone_named
from shared.schedules.windows import WindowText
from shared.schedules.words import sentence, whole

Occurrence = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wish:
    """A timetable to look at: windows or rules, in a zone, without what begins on the skip dates."""

    zone: str
    windows: Sequence[WindowText] = ()
    rules: Sequence[RuleText] = ()
    skip_dates: Sequence[date] = ()


def preview(wish: Wish, *, after: datetime, count: int) -> dict[str, object]:
    """The next `count` moments in order, and the timetable in words. InvalidRule names what is wrong."""
    zone_named(wish.zone)
    for place, rule in enumerate(wish.rules):
        check_rule(rule, zone=wish.zone, place=place, now=after)
    every = merge(*(moments(*each, after=after, count=count) for each in timings(wish)), key=itemgetter("at"))
    return {"occurrences": list(islice(every, count)), "sentence": in_words(wish)}


def timings(wish: Wish) -> list[tuple[str, Timing]]:
    """Each action with its times. A window is skipped as a whole, so its end looks at the day it began on."""
    plain = frozenset(wish.skip_dates)
    single = [(rule.action, Timing(wish.zone, rule.cron, rule.at, plain)) for rule in wish.rules]
    edges = windows.compiled(wish.windows) if wish.windows else []
    return [
        *single,
        *((edge.action, Timing(wish.zone, edge.cron, "", shifted(plain, edge.shift))) for edge in edges),
    ]


def shifted(days: frozenset[date], shift: int) -> frozenset[date]:
    return frozenset(day + timedelta(days=shift) for day in days)


def moments(action: str, timing: Timing, *, after: datetime, count: int) -> list[Occurrence]:
    zone = ZoneInfo(timing.zone)
    found = first(timing, after=after, count=count)
    return [shape(action, each.at, local=each.at.astimezone(zone), nominal=each.nominal) for each in found]


def shape(action: str, at: datetime, *, local: datetime, nominal: str) -> Occurrence:
    moved = local.replace(tzinfo=None).isoformat(timespec="seconds") != nominal
    note = f"Clocks change: {nominal[11:16]} does not exist that day." if moved else None
    return {"action": action, "at": at, "local": local.isoformat(timespec="seconds"), "note": note}


def in_words(wish: Wish) -> str:
    if wish.windows:
        return whole([f"On {', '.join(map(windows.sentence, wish.windows))}"], timezone=wish.zone)
    said = [sentence(action=rule.action, cron=rule.cron, at=rule.at) for rule in wish.rules]
    return whole(said, timezone=wish.zone)
