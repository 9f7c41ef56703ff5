"""The stored moments of a rule: the next one and the few that follow. Computes on rows, saves nothing.

`following` lets the clock move a rule on inside one short transaction; the recurrence engine runs outside it.
"""

from datetime import datetime, timedelta
from itertools import takewhile

from shared.schedules.models import Rule
from shared.schedules.recurrence import Moment, Timing, first, moments

COUNT = 8
# An outage of weeks must not become a flood of rows: what is older than a day is not told one by one.
TELL_BACK = timedelta(hours=24)
MOST_MISSED = 200


def timing(rule: Rule) -> Timing:
    """The rule's own words about time, with its schedule's zone and skip dates."""
    skips = frozenset(rule.schedule.skip_dates.values_list("day", flat=True))
    return Timing(zone=rule.schedule.timezone, cron=rule.cron, at=rule.at, skip_dates=skips)


def plan(rule: Rule, *, after: datetime) -> None:
    """Set the rule's next moment and those that follow, strictly later than `after`."""
    put(rule, first(timing(rule), after=after, count=COUNT))


def clear(rule: Rule) -> None:
    """The rule has no next moment: paused, switched off, or past."""
    put(rule, [])


def put(rule: Rule, coming: list[Moment]) -> None:
    rule.next_run_at = coming[0].at if coming else None
    rule.next_nominal = coming[0].nominal if coming else ""
    rule.next_fold = coming[0].fold if coming else 0
    rule.following = [
        {"at": each.at.isoformat(), "nominal": each.nominal, "fold": each.fold} for each in coming[1:]
    ]


def stored(rule: Rule) -> list[Moment]:
    """The moments the row holds, the next one first."""
    if rule.next_run_at is None:
        return []
    later = (Moment(datetime.fromisoformat(row["at"]), row["nominal"], row["fold"]) for row in rule.following)
    return [Moment(rule.next_run_at, rule.next_nominal, rule.next_fold), *later]


def due(rule: Rule, *, now: datetime) -> list[Moment]:
    """The rule's moments that have come, oldest first: at most a day back, always the oldest one stored."""
    known = stored(rule)
    if (known and known[-1].at > now) or not rule.cron:
        return [each for each in known if each.at <= now]
    since = max(known[0].at - timedelta(seconds=1), now - TELL_BACK)
    missed = list(takewhile(lambda each: each.at <= now, moments(timing(rule), after=since)))
    return [known[0], *(each for each in missed[-MOST_MISSED:] if each.at != known[0].at)]


def advance(rule: Rule, *, now: datetime) -> None:
    """Move the rule on to its first moment after `now`."""
    rest = [each for each in stored(rule) if each.at > now]
    if rest or not rule.cron:
        put(rule, rest)
    else:
        plan(rule, after=now)
