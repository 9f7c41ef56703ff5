"""The stored moments of a rule: the next one and the few that follow. Computes on rows, saves no row.

`following` lets the clock move a rule on inside one short transaction; the recurrence engine runs outside it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from shared.schedules.cron import is_fixed
from shared.schedules.models import Rule, Schedule
from shared.schedules.recurrence import Moment, Timing, first, moments
from shared.schedules.windows import WindowText

COUNT = 8
# An outage of weeks must not become a flood of rows: what is older than a day is not told one by one.
TELL_BACK = timedelta(hours=24)
# Of one rule: a day of a start or stop every five minutes, the most often there may be, has 288.
MOST_MISSED = 300
# No country has set its clocks by more than a day at once.
FURTHEST_SHIFT = timedelta(days=2)


def timing(rule: Rule) -> Timing:
    """The rule's own words about time, with its schedule's zone, windows and dates."""
    schedule = rule.schedule
    return Timing(
        zone=schedule.timezone,
        cron=rule.cron,
        at=rule.at,
        skip_dates=frozenset(each.day for each in schedule.skip_dates.all()),
        windows=windows_of(schedule) if rule.edge else (),
        edge=rule.action if rule.edge else "",
        valid_from=schedule.valid_from,
        valid_to=schedule.valid_to,
    )


def windows_of(schedule: Schedule) -> tuple[WindowText, ...]:
    """The schedule's windows as they were typed."""
    rows = sorted(schedule.windows.all(), key=lambda row: row.id)
    return tuple(WindowText(tuple(row.days), f"{row.start:%H:%M}", f"{row.end:%H:%M}") for row in rows)


def plan(rule: Rule, *, after: datetime) -> None:
    """Set the rule's next moment and those that follow, strictly later than `after`."""
    put(rule, first(timing(rule), after=after, count=COUNT))


def replan(rule: Rule, *, now: datetime) -> None:
    """Set its moments when the rules of its zone have changed, for a rule that has nothing due.

    What has come on the wall clock does not come again, at whatever instant it would be now; a fixed time
    that would have been before now and has not come is due at once. What follows real minutes is later than
    now.
    """
    if rule.next_run_at is None:
        return
    is_real = bool(rule.cron) and not is_fixed(rule.cron)
    every = moments(timing(rule), after=now if is_real else now - FURTHEST_SHIFT)
    put(rule, list(islice((each for each in every if each.nominal >= rule.next_nominal), COUNT)))


def clear(rule: Rule) -> None:
    """The rule has no next moment: paused, switched off, or past."""
    put(rule, [])


def put(rule: Rule, coming: list[Moment]) -> None:
    rule.next_run_at = coming[0].at if coming else None
    rule.next_nominal = coming[0].nominal if coming else ""
    rule.next_fold = coming[0].fold if coming else 0
    rule.next_until = coming[0].until if coming else None
    rule.following = [row(each) for each in coming[1:]]


def row(moment: Moment) -> dict[str, object]:
    """A moment as `following` keeps it."""
    until = {"until": moment.until.isoformat()} if moment.until else {}
    return {"at": moment.at.isoformat(), "nominal": moment.nominal, "fold": moment.fold, **until}


def moment(row: Mapping[str, Any]) -> Moment:
    until = datetime.fromisoformat(row["until"]) if "until" in row else None
    return Moment(datetime.fromisoformat(row["at"]), row["nominal"], row["fold"], until)


def stored(rule: Rule) -> list[Moment]:
    """The moments the row holds, the next one first."""
    if rule.next_run_at is None:
        return []
    following = (moment(each) for each in rule.following)
    return [Moment(rule.next_run_at, rule.next_nominal, rule.next_fold, rule.next_until), *following]


def due(rule: Rule, *, now: datetime) -> list[Moment]:
    """The rule's moments that have come, oldest first: at most a day back, always the oldest one stored."""
    known = stored(rule)
    if not known or known[-1].at > now or rule.at:
        return [each for each in known if each.at <= now]
    back = now - TELL_BACK
    further = takewhile(lambda each: each.at <= now, moments(timing(rule), after=max(known[-1].at, back)))
    missed = [*(each for each in known[1:] if each.at > back), *further]
    return [known[0], *missed[-MOST_MISSED:]]


def advance(rule: Rule, *, now: datetime) -> None:
    """Move the rule on to its first moment after `now`."""
    rest = [each for each in stored(rule) if each.at > now]
    if rest or rule.at:
        put(rule, rest)
    else:
        plan(rule, after=now)
