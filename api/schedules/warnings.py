"""What is worth knowing about a schedule that may be saved all the same: collisions and the like."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from api.schedules.clashes import Note, clashes
from shared.schedules import ahead, cron, walls
from shared.schedules.checks import lands_in_gap
from shared.schedules.models import Rule, Schedule
from shared.schedules.recurrence import Timing, moments

MOST = 10


def warnings(schedule: Schedule, *, now: datetime) -> list[Note]:
    """At most ten of them."""
    rules = list(schedule.rules.all())
    servers = [target.server_id for target in schedule.targets.all()]
    found = [
        *no_servers(schedule, servers),
        *never_runs(schedule, rules, now=now),
        *gaps(schedule, rules),
        *short_months(rules),
        *clashes(schedule, now=now),
    ]
    return found[:MOST]


def no_servers(schedule: Schedule, servers: Sequence[int]) -> list[Note]:
    if servers:
        return []
    if schedule.tag_query:
        detail = f"No server matches {schedule.tag_query} now. Those that will do join by themselves."
    else:
        detail = "No server is chosen yet, so nothing will happen."
    return [{"code": "no_servers", "detail": detail}]


def never_runs(schedule: Schedule, rules: Sequence[Rule], *, now: datetime) -> list[Note]:
    """Nothing comes, although something would without the dates that bend the timetable."""
    is_known = not walls.is_gone(schedule.timezone)
    speaks = schedule.enabled and schedule.paused_at is None and is_known
    if not speaks or any(rule.next_run_at for rule in rules):
        return []
    unskipped = [replace(ahead.timing(rule), skip_dates=frozenset()) for rule in rules]
    if comes(unskipped, now=now):
        detail = "Nothing will run: every moment that is left falls on a date to skip."
    elif comes([replace(each, valid_from=None, valid_to=None) for each in unskipped], now=now):
        detail = "Nothing will run: no moment is left within its dates of validity."
    else:
        return []
    return [{"code": "never_runs", "detail": detail}]


def comes(timings: Iterable[Timing], *, now: datetime) -> bool:
    return any(next(moments(each, after=now), None) for each in timings)


def gaps(schedule: Schedule, rules: Iterable[Rule]) -> list[Note]:
    """Single moments whose local time a clock change skips."""
    found, is_known = [], not walls.is_gone(schedule.timezone)
    for rule in rules:
        runs = lands_in_gap(rule.at, zone=schedule.timezone) if rule.at and is_known else None
        if runs:
            detail = (
                f"{rule.at} does not exist in {schedule.timezone}: clocks change. It runs at {runs:%H:%M}."
            )
            found.append({"code": "nonexistent_local_time", "detail": detail})
    return found


def short_months(rules: Iterable[Rule]) -> list[Note]:
    """Days of the month that shorter months do not have."""
    found = []
    for rule in rules:
        days = cron.missing_days(rule.cron) if rule.cron else []
        if days:
            detail = (
                f"'{rule.cron}' does not run in months without a day {' or '.join(map(str, days))}. "
                "For the last day of every month, write L as the day."
            )
            found.append({"code": "short_months", "detail": detail})
    return found
