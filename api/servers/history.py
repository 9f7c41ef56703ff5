"""A server's line of time from the tables: rules ahead, operations and observations behind.

The same number of queries however long the line is. Rules are read first: what fires meanwhile is then on
the line twice rather than not at all, and the operation's own entry stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain, islice, takewhile
from typing import Any

from api.operations.reading import schedule_name
from api.servers import timeline
from api.servers.timeline import MOST, Done, Entry, Named, Plan, Seen
from shared.fleet.models import Observation, Server
from shared.operations.firing import Due, Facts
from shared.operations.models import Operation
from shared.schedules import ahead
from shared.schedules.models import Hold, Rule, Schedule
from shared.schedules.recurrence import Moment, moments

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another, seen from now."""

    start: datetime
    end: datetime
    now: datetime


def line(server: Server, span: Span) -> dict[str, Any]:
    """The entries between two moments, the 500 nearest to now, and whether there are more."""
    coming = list(plans(server, span))
    operations = operations_of(server, span)
    fired = {(row.rule_id, row.due_at) for row in operations}
    entries = [
        *timeline.planned((plan for plan in coming if plan.moment not in fired), now=span.now),
        *(timeline.done(done(row)) for row in operations),
        *observations(server, span),
    ]
    shown, more = timeline.merged(entries, now=span.now)
    return {"from": span.start, "to": span.end, "entries": shown, "more": more}


def plans(server: Server, span: Span) -> Iterator[Plan]:
    """What the rules of its schedules have ahead, in order; no more than can be shown."""
    rules = Rule.objects.filter(schedule__targets__server=server, schedule__enabled=True)
    dates = ("schedule__skip_dates", "schedule__windows")
    rows = list(rules.select_related("schedule").prefetch_related(*dates).order_by("id"))
    facts = Facts([rule.id for rule in rows], {server.id}, now=span.now)
    until = Hold.objects.filter(server=server, ended_at=None).values_list("until", flat=True).first()
    lines = (
        (planned(Due(rule, server, moment), facts, until=until) for moment in coming(rule, span))
        for rule in rows
    )
    return islice(merge(*lines, key=lambda plan: plan.occurrence.due_at), MOST + 1)


def planned(due: Due, facts: Facts, *, until: datetime | None) -> Plan:
    """One moment, with all that is known now to speak against it; a hold does so until it ends."""
    schedule, occurrence = due.rule.schedule, facts.occurrence(due)
    if until is None or due.moment.at >= until:
        occurrence = replace(occurrence, hold=None)
    return Plan(occurrence, Named(schedule.id, schedule.name))


def coming(rule: Rule, span: Span) -> Iterator[Moment]:
    """The stored moments, and beyond them what the rule says."""
    stored = ahead.stored(rule)
    near = takewhile(lambda each: each.at <= span.end, chain(stored, beyond(rule, stored, span)))
    return (each for each in near if each.at >= span.start)


def beyond(rule: Rule, stored: Sequence[Moment], span: Span) -> Iterator[Moment]:
    """After the stored moments; those of a paused rule after the end of its pause, if that is known."""
    resumes = rule.schedule.paused_until
    if stored and rule.at:
        return iter(())
    after = stored[-1].at if stored else resumes and resumes - INSTANT
    if after is None:
        return iter(())
    # Straight to the span: nobody waits for what a rule does in the decades before it.
    return moments(ahead.timing(rule), after=max(after, span.start - INSTANT))


def operations_of(server: Server, span: Span) -> list[Operation]:
    """The newest: what was done, like what was seen, lies behind."""
    rows = Operation.objects.filter(server=server, due_at__range=(span.start, span.end))
    return list(rows.select_related("author", "schedule").order_by("-due_at", "-id")[: MOST + 1])


def done(row: Operation) -> Done:
    name = schedule_name(row)
    return Done(
        id=row.id,
        at=row.due_at,
        action=row.action,
        origin=row.origin,
        state=row.state,
        author=str(row.author or ""),
        schedule=Named(row.schedule_id, name) if name else None,
        detail=row.detail or row.waiting_detail,
        options=row.options,
    )


def observations(server: Server, span: Span) -> list[Entry]:
    """What was seen; a schedule that was deleted has no name here any more."""
    seen = Observation.objects.filter(server=server, asked_at__range=(span.start, span.end))
    rows = list(seen.order_by("-asked_at", "-id")[: MOST + 1])
    names = Schedule.objects.only("name").in_bulk({row.schedule for row in rows if row.schedule})
    return [observed(row, names.get(row.schedule or 0)) for row in rows]


def observed(row: Observation, schedule: Schedule | None) -> Entry:
    seen = Seen(
        before=row.before,
        after=row.after,
        cause=row.cause,
        actor=row.actor,
        reaction=row.reaction,
        reason=row.reason,
        acknowledged_at=row.acknowledged_at,
    )
    named = Named(schedule.id, schedule.name) if schedule else None
    return timeline.observed(seen, at=row.asked_at, operation=row.operation, schedule=named)
