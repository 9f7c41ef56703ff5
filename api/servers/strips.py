"""The strips of some servers: what each was seen to be, what its schedules want of it, and what did not run.

The same number of queries however many servers; those that follow the same schedules share what these want.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from api.servers.explain import bar
from api.servers.next_actions import never
from api.servers.planning import Plans, Span, timetable
from api.servers.segments import Change, Segment, Sight, Turn, cut, seen
from api.servers.timeline import judged
from shared.fleet.models import Observation, Server
from shared.operations.models import Operation
from shared.operations.states import State
from shared.operations.verdicts import RUN
from shared.operations.wishes import seen as seen_at
from shared.operations.wishes import status
from shared.schedules.models import Rule, Schedule
from shared.schedules.wanting import WANTS

MOST_MARKS = 5000
ENDS = [State.SUCCEEDED, State.FAILED, State.SKIPPED, State.UNKNOWN]


class Mark(NamedTuple):
    """Something that was done, or left undone, at an instant."""

    at: datetime
    action: str
    state: str


@dataclass(frozen=True, slots=True)
class Strip:
    server: int
    seen: Sequence[Segment]
    planned: Sequence[Segment]
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the schedules of a server want of it in a span, and what of that will not run."""

    planned: Sequence[Segment]
    left_out: Sequence[Mark]


def strips(servers: Sequence[Server], span: Span) -> list[Strip]:
    """One strip for each server, in the order given."""
    wishes, sights, done = Wishes(servers, span), sights_of(servers, span), marks(servers, span)
    return [strip(server, wishes.of(server), sights[server.id], done[server.id], span) for server in servers]


def strip(server: Server, wanted: Wanted, sight: Sight, done: Sequence[Mark], span: Span) -> Strip:
    past = seen(sight, start=span.start, end=min(span.end, span.now))
    return Strip(server.id, past, wanted.planned, [*done, *wanted.left_out])


class Wishes:
    """What schedules want of some servers in a span, were they always as they are now; thought once for all
    servers that have the same schedules and that nothing else bends."""

    def __init__(self, servers: Sequence[Server], span: Span) -> None:
        self.span = span
        self.plans = Plans(servers, now=span.now, since=span.start)
        self.holds = self.plans.facts.holds.holds
        self.skipping = {server for _, server in self.plans.wants.skipping}
        self.known: dict[object, Wanted] = {}
        self.moments: dict[int, list[datetime]] = {}

    def of(self, server: Server) -> Wanted:
        barred = bar(server, now=self.span.now)
        schedules = tuple(each.id for each in self.plans.wants.all.get(server.id, ()))
        alone = server.id if server.id in self.skipping or self.holds[server.id] else 0
        key = schedules, alone, barred, never(server)
        if key not in self.known:
            planned = [] if barred else self.planned(server)
            self.known[key] = Wanted(planned, list(self.left_out(server)))
        return self.known[key]

    def planned(self, server: Server) -> list[Segment]:
        """on and off, one after the other; nothing where no schedule says anything."""
        start, end = self.span.start, self.span.end
        turns = [Turn(at, self.want(server, at)) for at in sorted({start, *self.turning(server)})]
        return cut(turns, start=start, end=end)

    def turning(self, server: Server) -> Iterator[datetime]:
        """The instants at which something may be wanted anew."""
        every = (
            at
            for schedule in self.plans.wants.schedules.get(server.id, ())
            for at in (*self.said(schedule), schedule.paused_at, schedule.paused_until)
        )
        held = (at for hold in self.holds[server.id] for at in (hold.created_at, hold.ended_at or hold.until))
        return (at for at in (*every, *held) if at is not None and self.span.start < at < self.span.end)

    def said(self, schedule: Schedule) -> Iterator[datetime]:
        for rule in schedule.rules.all():
            if rule.action in WANTS:
                yield from self.moments_of(rule)

    def moments_of(self, rule: Rule) -> list[datetime]:
        """The rule's moments in the span, whatever skips them."""
        if rule.id not in self.moments:
            every = (each.at for each in timetable(rule, after=self.span.start))
            self.moments[rule.id] = list(takewhile(lambda at: at < self.span.end, every))
        return self.moments[rule.id]

    def want(self, server: Server, at: datetime) -> str:
        """A hold outranks schedules; empty when nobody says anything."""
        hold = self.plans.hold(server, at=at)
        return hold.want if hold else self.plans.wants.want(server.id, at=at).want

    def left_out(self, server: Server) -> Iterator[Mark]:
        """The coming occurrences that will not run."""
        start, end, now = max(self.span.start, self.span.now), self.span.end, self.span.now
        for plan, verdict in judged(self.plans.coming(server, Span(start, end, now)), now=now):
            if verdict is not RUN:
                yield Mark(plan.occurrence.due_at, plan.occurrence.action, State.SKIPPED.value)


def marks(servers: Sequence[Server], span: Span) -> defaultdict[int, list[Mark]]:
    """The operations that ended, at the moment they were due; of very many the newest."""
    rows = Operation.objects.filter(
        server__in=servers, due_at__range=(span.start, span.end), state__in=[state.value for state in ENDS]
    )
    found: defaultdict[int, list[Mark]] = defaultdict(list)
    newest = rows.order_by("-due_at", "-id").values_list("server_id", "due_at", "action", "state")[
        :MOST_MARKS
    ]
    for server, at, action, state in reversed(newest):
        found[server].append(Mark(at, action, state))
    return found


def sights_of(servers: Sequence[Server], span: Span) -> dict[int, Sight]:
    """What was seen of each server."""
    rows = Observation.objects.filter(server__in=servers, asked_at__gt=span.start)
    inside: defaultdict[int, list[Change]] = defaultdict(list)
    for server, change in changes(rows.filter(asked_at__lte=span.end).order_by("asked_at", "id")):
        inside[server].append(change)
    after = rows.filter(asked_at__gt=span.end).order_by("server", "asked_at", "id").distinct("server")
    later = dict(changes(after))
    return {each.id: sight(each, inside[each.id], later.get(each.id), now=span.now) for each in servers}


def changes(rows: Iterable[Observation]) -> Iterator[tuple[int, Change]]:
    return ((row.server_id, Change(row.asked_at, row.before, row.after)) for row in rows)


def sight(server: Server, inside: Sequence[Change], later: Change | None, *, now: datetime) -> Sight:
    """A server is known since it was found; one that never changed, since its state was first seen."""
    lost = server.missing_since
    if lost is None and status(server, now=now) == "unknown":
        lost = seen_at(server)
    known = server.state_since or server.observed_at
    first = inside[0] if inside else later
    if first is not None:
        known = min(server.created_at, first.at)
    return Sight(inside, later, server.observed_state, known, lost)
