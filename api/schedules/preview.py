"""What a timetable would do, without saving it."""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from zoneinfo import ZoneInfo

from shared.schedules.checks import RuleText, check_rule
from shared.schedules.recurrence import Timing, first, zone_named
from shared.schedules.words import sentence, whole

Occurrence = dict[str, object]


def preview(rules: Sequence[RuleText], *, zone: str, after: datetime, count: int) -> dict[str, object]:
    """The next `count` moments of all rules together, in order, and the timetable in words."""
    zone_named(zone)
    for place, rule in enumerate(rules):
        check_rule(rule, zone=zone, place=place, now=after)
    each = (occurrences(rule, zone=zone, after=after, count=count) for rule in rules)
    every = merge(*each, key=itemgetter("at"))
    said = [sentence(action=rule.action, cron=rule.cron, at=rule.at) for rule in rules]
    return {"occurrences": list(islice(every, count)), "sentence": whole(said, timezone=zone)}


def occurrences(rule: RuleText, *, zone: str, after: datetime, count: int) -> list[Occurrence]:
    moments = first(Timing(zone=zone, cron=rule.cron, at=rule.at), after=after, count=count)
    return [
        shape(rule.action, moment.at.astimezone(ZoneInfo(zone)), nominal=moment.nominal) | {"at": moment.at}
        for moment in moments
    ]


def shape(action: str, local: datetime, *, nominal: str) -> Occurrence:
    moved = local.replace(tzinfo=None).isoformat(timespec="seconds") != nominal
    note = f"Clocks change: {nominal[11:16]} does not exist that day." if moved else None
    return {"action": action, "local": local.isoformat(timespec="seconds"), "note": note}
