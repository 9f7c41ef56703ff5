"""A server's line of time from the tables: rules ahead, operations and observations behind.

The same number of queries however long the line is. Rules are read first: what fires meanwhile is then on
the line twice rather than not at all, and the operation's own entry stays.
"""

from itertools import islice
from typing import Any

from api.operations.reading import schedule_name
from api.servers import timeline
from api.servers.planning import Plans, Span
from api.servers.timeline import MOST, Done, Entry, Named, Seen
from shared.fleet.models import Observation, Server
from shared.operations.models import Operation
from shared.schedules.models import Schedule


def line(server: Server, span: Span) -> dict[str, Any]:
    """The entries between two moments, the 500 nearest to now, and whether there are more."""
    coming = list(islice(Plans([server], now=span.now, since=span.start).coming(server, span), MOST + 1))
    operations = operations_of(server, span)
    fired = {(row.rule_id, row.due_at) for row in operations}
    entries = [
        *timeline.planned((plan for plan in coming if plan.moment not in fired), now=span.now),
        *(timeline.done(done(row)) for row in operations),
        *observations(server, span),
    ]
    shown, more = timeline.merged(entries, now=span.now)
    return {"from": span.start, "to": span.end, "entries": shown, "more": more}


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
