"""What is worth knowing about a schedule that may be saved all the same: collisions and the like."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.schedules import ahead, walls
from shared.schedules.checks import lands_in_gap
from shared.schedules.models import Rule, Schedule, Target
from shared.schedules.words import VERBS

ORDER = ("start", "stop", "reboot")
MOST = 10
Note = dict[str, str]


def warnings(schedule: Schedule) -> list[Note]:
    """At most ten; the coming moments that are stored are looked at, not eternity."""
    rules = list(schedule.rules.all())
    servers = [target.server_id for target in schedule.targets.all()]
    found = [*no_servers(schedule, servers), *gaps(schedule, rules), *collisions(schedule, rules, servers)]
    return found[:MOST]


def no_servers(schedule: Schedule, servers: Sequence[int]) -> list[Note]:
    if servers:
        return []
    if schedule.tag_query:
        detail = f"No server matches {schedule.tag_query} now. Those that will do join by themselves."
    else:
        detail = "No server is chosen yet, so nothing will happen."
    return [{"code": "no_servers", "detail": detail}]


def gaps(schedule: Schedule, rules: Iterable[Rule]) -> list[Note]:
    """Single moments whose local time a clock change skips."""
    found, is_known = [], schedule.timezone in walls.zone_names()
    for rule in rules:
        runs = lands_in_gap(rule.at, zone=schedule.timezone) if rule.at and is_known else None
        if runs:
            detail = (
                f"{rule.at} does not exist in {schedule.timezone}: clocks change. It runs at {runs:%H:%M}."
            )
            found.append({"code": "nonexistent_local_time", "detail": detail})
    return found


def collisions(schedule: Schedule, rules: Iterable[Rule], servers: Sequence[int]) -> list[Note]:
    """Different actions on one server at one instant: one wins, the others are skipped."""
    others = Rule.objects.filter(schedule__targets__server_id__in=servers, next_run_at__isnull=False)
    rows = others.exclude(schedule=schedule).select_related("schedule").distinct()
    shared_with = targets_of(rows, servers)
    at = moments([*rules, *rows])
    found = []
    for moment, firing in sorted(at.items()):
        mine = [rule for rule in firing if rule.schedule_id == schedule.id]
        rest = [rule for rule in firing if rule.schedule_id == schedule.id or shared_with[rule.schedule_id]]
        if mine and len({rule.action for rule in rest}) > 1:
            found.append({"code": "collision", "detail": collision(moment, rest)})
    return found


def targets_of(rows: Iterable[Rule], servers: Sequence[int]) -> dict[int, list[str]]:
    """Per other schedule, the names of the servers it shares with this one."""
    named: dict[int, list[str]] = defaultdict(list)
    targets = Target.objects.filter(schedule__in={rule.schedule_id for rule in rows}, server_id__in=servers)
    for target in targets.select_related("server"):
        named[target.schedule_id].append(str(target.server))
    return named


def moments(rules: Iterable[Rule]) -> dict[datetime, list[Rule]]:
    """The stored coming moments, and who fires then."""
    found: dict[datetime, list[Rule]] = defaultdict(list)
    for rule in rules:
        for moment in ahead.stored(rule):
            found[moment.at].append(rule)
    return found


def collision(moment: datetime, firing: Sequence[Rule]) -> str:
    actions = sorted({rule.action for rule in firing}, key=ORDER.index)
    who = ", ".join(sorted({f"{VERBS[rule.action].lower()} of '{rule.schedule.name}'" for rule in firing}))
    return (
        f"At {moment:%Y-%m-%d %H:%M} UTC the same server is asked for different things: {who}. "
        f"{VERBS[actions[0]]} wins; the others are skipped."
    )
