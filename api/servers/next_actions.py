"""The next thing that schedules will really do to each server of a page.

Three queries however many servers, and no moment is computed: servers that follow the same schedules share
one answer from the stored ones. Only where a skip or the end of a pause bends them, or they do not reach far
enough, is every rule asked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db.models import Q

from api.servers.nearest import BEYOND, Beyond, Coming, Line, nearest
from api.servers.planning import FURTHEST, Plans, Span
from api.servers.timeline import MOST, Named, Plan, judged
from shared.fleet import fitness
from shared.fleet.models import Server
from shared.operations.firing import is_gone
from shared.operations.verdicts import RUN
from shared.schedules import walls
from shared.schedules.models import Action, Hold, Rule, Schedule, Skip, Target

# A skip of a moment that passed longer ago says nothing about what is on today.
OLD = timedelta(days=40)
LATE = timedelta(days=1)


class Alike(NamedTuple):
    """What servers that share an answer have in common: their schedules, the actions they are never asked
    for, and the end of their hold."""

    schedules: frozenset[int]
    never: frozenset[str]
    held: datetime | None


@dataclass(frozen=True, slots=True)
class NextAction:
    """The next occurrence that will run; `local` is its moment on the schedule's own wall clock."""

    action: str
    at: datetime
    timezone: str
    rule: int
    schedule: Named

    @property
    def local(self) -> str:
        return walls.shown(self.at, self.timezone)


def next_actions(
    servers: Sequence[Server], *, held: Mapping[int, Hold], now: datetime
) -> dict[int, NextAction]:
    """By server, for those for which there is one; `held` are the holds that servers are under now."""
    touched = [server for server in servers if not server.protected and server.region.enabled]
    present = {server.id: server for server in touched if not is_gone(server, now=now)}
    follows, resuming = followed(present)
    lines = lines_of({schedule for mine in follows.values() for schedule in mine})
    bent = skipping(follows, now=now) | resuming
    known: dict[Alike, Coming | Beyond | None] = {}
    found: dict[int, Coming | Beyond | None] = dict.fromkeys(bent, BEYOND)
    for server in follows.keys() - bent:
        key = Alike(frozenset(follows[server]), never(present[server]), until(held.get(server)))
        if key not in known:
            mine = [line for each in sorted(key.schedules) for line in lines[each]]
            known[key] = nearest(mine, never=key.never, held=key.held)
        found[server] = known[key]
    near = {server: stored(each) for server, each in found.items() if isinstance(each, Coming)}
    return near | computed([present[each] for each in found if found[each] is BEYOND], now=now)


def until(hold: Hold | None) -> datetime | None:
    return hold.until if hold else None


def followed(ids: Collection[int]) -> tuple[dict[int, set[int]], set[int]]:
    """The schedules of each server that act, and the servers that follow one which will resume by itself."""
    awake = Q(schedule__paused_at=None) | Q(schedule__paused_until__isnull=False)
    rows = Target.objects.filter(awake, server__in=ids, schedule__enabled=True)
    active = rows.exclude(schedule__mode=Schedule.Mode.OBSERVE)
    found: defaultdict[int, set[int]] = defaultdict(set)
    resuming = set()
    for server, schedule, paused in active.values_list("server_id", "schedule_id", "schedule__paused_at"):
        found[server].add(schedule)
        if paused is not None:
            resuming.add(server)
    return found, resuming


def lines_of(schedules: Collection[int]) -> defaultdict[int, list[Line]]:
    """The stored moments of each schedule's rules."""
    rows = Rule.objects.filter(schedule__in=schedules, next_run_at__isnull=False).order_by("id")
    found: defaultdict[int, list[Line]] = defaultdict(list)
    names = ("id", "action", "edge", "at", "next_run_at", "following", "schedule_id")
    for rule, action, edge, at, soonest, following, schedule, name, zone in rows.values_list(
        *names, "schedule__name", "schedule__timezone"
    ):
        if soonest is not None:
            named = Named(schedule, name)
            found[schedule].append(Line(rule, action, named, zone, soonest, following, edge, bool(at)))
    return found


def skipping(ids: Collection[int], *, now: datetime) -> set[int]:
    """The servers for which somebody skipped something that may still count."""
    skips = Skip.objects.filter(server__in=ids, nominal__gte=f"{now - OLD:%Y-%m-%d}")
    return set(skips.values_list("server_id", flat=True).distinct())


def never(server: Server) -> frozenset[str]:
    """The actions that this instance can never be asked for."""
    if not server.flags:
        return frozenset()
    actions = Action.values
    return frozenset(each for each in actions if fitness.against(each, flags=server.flags))


def stored(coming: Coming) -> NextAction:
    line = coming.line
    return NextAction(line.action, coming.at, line.timezone, line.rule, line.schedule)


def computed(servers: Sequence[Server], *, now: datetime) -> dict[int, NextAction]:
    """The same by asking every rule."""
    if not servers:
        return {}
    plans = Plans(servers, now=now)
    found = {server.id: running(plans, server, now=now) for server in servers}
    return {server: of(plan) for server, plan in found.items() if plan is not None}


def running(plans: Plans, server: Server, *, now: datetime) -> Plan | None:
    """The first occurrence that will run. Nothing does before the end of a hold."""
    hold = plans.hold(server, at=now)
    start = hold.until if hold else now - LATE
    coming = plans.coming(server, Span(start, start + FURTHEST, now))
    told = judged(islice(coming, MOST), now=now)
    return next((plan for plan, verdict in told if verdict is RUN), None)


def of(plan: Plan) -> NextAction:
    each = plan.occurrence
    return NextAction(each.action, each.due_at, plan.timezone, each.rule, plan.schedule)
