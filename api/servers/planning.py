"""What the schedules of some servers have ahead, each moment with all that is known now to speak against it.

Read once, in the same number of queries however many servers and schedules there are. `timeline` judges.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain, takewhile

from api.servers.timeline import Named, Plan
from shared.fleet.models import Server
from shared.operations.firing import Due, Facts
from shared.schedules import ahead, walls
from shared.schedules.models import Hold, Rule
from shared.schedules.recurrence import Moment, moments
from shared.schedules.wanting import Wants

INSTANT = timedelta(microseconds=1)
# Nobody asks about what is further off than ten years.
FURTHEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another, seen from now."""

    start: datetime
    end: datetime
    now: datetime


class Plans:
    """The schedules of some servers, their holds, and what bears on their moments from `since` (now) on."""

    def __init__(self, servers: Collection[Server], *, now: datetime, since: datetime | None = None) -> None:
        ids = {server.id for server in servers}
        self.now = now
        self.wants = Wants(ids, every=True)
        rules = {rule.id for rows in self.wants.all.values() for each in rows for rule in each.rules.all()}
        self.facts = Facts(sorted(rules), ids, since=min(since or now, now))
        self.facts.wants = self.wants

    def hold(self, server: Server, *, at: datetime) -> Hold | None:
        """The hold that counts, or counted, at that instant."""
        return self.facts.holds.at(server.id, at)

    def coming(self, server: Server, span: Span) -> Iterator[Plan]:
        """What its schedules have ahead between two moments, in order; first what is stored for the clock."""
        return self.merged(server, lambda rule: coming(rule, span), now=span.now)

    def after(self, server: Server, at: datetime) -> Iterator[Plan]:
        """What its schedules say strictly after any instant, in order, were they always as they are now."""
        return self.merged(server, lambda rule: timetable(rule, after=at), now=at)

    def merged(
        self, server: Server, line: Callable[[Rule], Iterator[Moment]], *, now: datetime
    ) -> Iterator[Plan]:
        schedules = (each for each in self.wants.all.get(server.id, ()) if each.enabled)
        rules = (rule for each in schedules for rule in each.rules.all())
        return merge(*(self.plans(rule, server, line(rule), now=now) for rule in rules), key=due_at)

    def plans(self, rule: Rule, server: Server, line: Iterator[Moment], *, now: datetime) -> Iterator[Plan]:
        return (self.plan(Due(rule, server, moment), now=now) for moment in line)

    def plan(self, due: Due, *, now: datetime) -> Plan:
        schedule, moment = due.rule.schedule, due.moment
        skip = self.wants.skips.get((due.rule.id, due.server.id, moment.nominal, moment.fold))
        named = Named(schedule.id, schedule.name)
        return Plan(self.facts.occurrence(due, now=now), named, schedule.timezone, moment.nominal, skip)


def due_at(plan: Plan) -> datetime:
    return plan.occurrence.due_at


def coming(rule: Rule, span: Span) -> Iterator[Moment]:
    """The stored moments, and beyond them what the rule says."""
    stored = ahead.stored(rule)
    near = takewhile(lambda each: each.at <= span.end, chain(stored, beyond(rule, stored, span)))
    return (each for each in near if each.at >= span.start)


def beyond(rule: Rule, stored: Sequence[Moment], span: Span) -> Iterator[Moment]:
    """After the stored moments; those of a paused rule after the end of its pause, if that is known."""
    resumes = rule.schedule.paused_until
    if (stored and rule.at) or walls.is_gone(rule.schedule.timezone):
        return iter(())
    after = stored[-1].at if stored else resumes and resumes - INSTANT
    if after is None:
        return iter(())
    # Straight to the span: nobody waits for what a rule does in the decades before it.
    return moments(ahead.timing(rule), after=max(after, span.start - INSTANT))


def timetable(rule: Rule, *, after: datetime) -> Iterator[Moment]:
    """What the rule says strictly later than any instant, but for what falls into a pause; nothing in a zone
    that is gone."""
    if walls.is_gone(rule.schedule.timezone):
        return iter(())
    since, until, timing = rule.schedule.paused_at, rule.schedule.paused_until, ahead.timing(rule)
    if since is None:
        return moments(timing, after=after)
    before = takewhile(lambda each: each.at < since, moments(timing, after=after))
    resumed = moments(timing, after=max(after, until - INSTANT)) if until else iter(())
    return chain(before, resumed)
