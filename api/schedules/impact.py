"""What saving a schedule would change: actions added and removed, hours on, what is stopped at once, and
what is worth knowing before.

Nothing is saved and nothing is locked: the schedule is thought with its changes, beside all others that its
servers have.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.schedules.drafted import drafted
from api.schedules.effects import Effect, Future, Line, Span
from api.schedules.preview import Wish
from api.schedules.preview import timings as timings_of
from api.schedules.warnings import warnings
from shared.errors import InvalidRule
from shared.fleet.models import Server
from shared.people.models import Workspace
from shared.schedules import ahead, parts, tagging, targets, walls, windows
from shared.schedules.checks import RuleText, check_dates, check_rule
from shared.schedules.models import Hold, Schedule
from shared.schedules.services import Draft
from shared.schedules.wanting import schedules_of

LOOK_AHEAD = timedelta(days=14)
SOON = timedelta(minutes=5)
MOST_CHANGES = 50
DRAFTED = 0
KINDS = ("start", "stop", "reboot")
Change = tuple[Server, Effect, str]


@dataclass(frozen=True, slots=True)
class Thought:
    """A schedule as it would be: its timetable, when it acts, and on which servers."""

    wish: Wish
    lines: Sequence[Line]
    servers: Collection[int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The future of every server concerned, before and after, in one span."""

    servers: Sequence[Server]
    before: dict[int, Future]
    after: dict[int, Future]

    def changes(self) -> list[Change]:
        """What is added and what is removed, in order of time."""
        found = [
            (server, effect, word)
            for server in self.servers
            for word, effects in self.differences(server.id)
            for effect in effects
        ]
        return sorted(found, key=lambda each: (each[1].at, each[0].name, each[0].id))

    def differences(self, server: int) -> Iterable[tuple[str, list[Effect]]]:
        old, new = self.before[server].effects, self.after[server].effects
        olds, news = {(each.at, each.action) for each in old}, {(each.at, each.action) for each in new}
        yield "removed", [each for each in old if (each.at, each.action) not in news]
        yield "added", [each for each in new if (each.at, each.action) not in olds]


def impact(draft: Draft, schedule: Schedule | None, workspace: Workspace, *, now: datetime) -> dict[str, Any]:
    """The answer of `schedules/impact`. InvalidRule and Invalid as saving would say them."""
    span = Span(now, now + LOOK_AHEAD)
    thought = think(draft, schedule, workspace, now=now)
    told = compare(thought, schedule, workspace, span=span)
    base = schedule or Schedule(workspace=workspace)
    row = drafted(draft, base, wish=thought.wish, servers=thought.servers, now=now)
    changes, soon = told.changes(), stops_soon(told, now=now)
    counts = {
        f"{kind}s": {word: count(changes, kind, word) for word in ("added", "removed")} for kind in KINDS
    }
    return {
        "from": span.start,
        "to": span.end,
        "servers": len(told.servers),
        **counts,
        "hours": {"on_before": hours(told, told.before), "on_after": hours(told, told.after)},
        "changes": [shape(*change) for change in changes[:MOST_CHANGES]],
        "more": len(changes) > MOST_CHANGES,
        "stops_soon": soon,
        "confirm": len(soon) if len(soon) > 1 else None,
        "warnings": warnings(row, now=now),
    }


def compare(thought: Thought, schedule: Schedule | None, workspace: Workspace, *, span: Span) -> Comparison:
    had = set(schedule.targets.values_list("server_id", flat=True)) if schedule else set()
    rows = Server.objects.filter(workspace=workspace, id__in=had | set(thought.servers), protected=False)
    servers = list(rows.filter(left_at=None).select_related("region").order_by("name", "id"))
    ids = [server.id for server in servers]
    others: dict[int, list[Line]] = {}
    by_server: defaultdict[int, list[int]] = defaultdict(list)
    for server, schedules in schedules_of(ids).items():
        for each in schedules:
            if each.paused_at is None:
                others.setdefault(each.id, lines_of(each))
                by_server[server].append(each.id)
    own = schedule.id if schedule else DRAFTED
    futures = Futures(others | {DRAFTED: list(thought.lines)}, span)
    keeps = {server: [each for each in by_server[server] if each != own] for server in ids}
    drafted = {server: [DRAFTED] if server in thought.servers else [] for server in ids}
    return Comparison(
        servers,
        {server: futures.of(by_server[server]) for server in ids},
        {server: futures.of([*keeps[server], *drafted[server]]) for server in ids},
    )


class Futures:
    """Servers that follow the same schedules have the same future, thought once."""

    def __init__(self, lines: dict[int, list[Line]], span: Span) -> None:
        self.lines, self.span = lines, span
        self.known: dict[frozenset[int], Future] = {}

    def of(self, schedules: Iterable[int]) -> Future:
        key = frozenset(schedules)
        if key not in self.known:
            self.known[key] = Future([line for each in sorted(key) for line in self.lines[each]], self.span)
        return self.known[key]


def think(draft: Draft, schedule: Schedule | None, workspace: Workspace, *, now: datetime) -> Thought:
    """The schedule with its changes; Invalid when it could not be saved."""
    wish = wished(draft, schedule, workspace)
    check(draft, schedule, wish, now=now)
    acts = acts_at_all(draft, schedule)
    lines = [Line(DRAFTED, action, timing, bool(timing.windows)) for action, timing in timings_of(wish)]
    return Thought(wish, lines if acts else [], set(servers_of(draft, schedule, workspace)))


def check(draft: Draft, schedule: Schedule | None, wish: Wish, *, now: datetime) -> None:
    """What saving checks: only what is new, since single moments of the past may stay where they are."""
    if not wish.windows and not wish.rules:
        raise InvalidRule("Give windows, or single actions as rules.", code="required", field="rules")
    if draft.timezone is not None or draft.said("valid_from") or draft.said("valid_to"):
        check_dates(wish.zone, wish.valid_from, wish.valid_to, now=now)
    windows.check(draft.windows or ())
    known = parts.keys(schedule) if schedule else {}
    for place, rule in enumerate(draft.rules or ()):
        if (rule.action, rule.cron, rule.at, False) not in known:
            check_rule(rule, zone=wish.zone, place=place, now=now)


def wished(draft: Draft, schedule: Schedule | None, workspace: Workspace) -> Wish:
    """Its timetable: what the draft leaves out is as it was."""
    zone = draft.timezone or (schedule.timezone if schedule else workspace.time_zone)
    skipped = draft.skip_dates if draft.skip_dates is not None else []
    if draft.skip_dates is None and schedule:
        skipped = [parts.SkipDay(each.day) for each in schedule.skip_dates.all()]
    dates = {
        name: getattr(draft if draft.said(name) else schedule, name, None)
        for name in ("valid_from", "valid_to")
    }
    laid, rules = draft.windows or (), draft.rules or ()
    if not laid and not rules and schedule:
        laid = ahead.windows_of(schedule)
        rules = [
            RuleText(each.action, each.cron, each.at)
            for each in schedule.rules.filter(edge=False).order_by("id")
        ]
    return Wish(zone, laid, rules, [each.day for each in skipped], **dates)


def acts_at_all(draft: Draft, schedule: Schedule | None) -> bool:
    """Not switched off, not paused, and not one that only observes."""
    enabled = draft.enabled if draft.enabled is not None else schedule is None or schedule.enabled
    mode = draft.mode or (schedule.mode if schedule else Schedule.Mode.RESPECT)
    paused = schedule is not None and schedule.paused_at is not None
    return enabled and not paused and mode != Schedule.Mode.OBSERVE


def servers_of(draft: Draft, schedule: Schedule | None, workspace: Workspace) -> Iterable[int]:
    if draft.tag_query:
        found = targets.matching(tagging.parse(draft.tag_query), workspace=workspace)
        return [server.id for server in found]
    if draft.servers is not None:
        parts.check_servers(workspace, draft.servers, wanted=draft.servers)
        return draft.servers
    return schedule.targets.values_list("server_id", flat=True) if schedule else ()


def lines_of(schedule: Schedule) -> list[Line]:
    """A stored schedule's rules; none in a zone that is gone, since nobody can tell when they act."""
    if walls.is_gone(schedule.timezone):
        return []
    return [
        Line(schedule.id, rule.action, ahead.timing(rule), hours=rule.edge) for rule in schedule.rules.all()
    ]


def stops_soon(told: Comparison, *, now: datetime) -> list[dict[str, Any]]:
    """The servers that the change will stop within minutes: not those that are stopped, or held."""
    held = dict(Hold.objects.filter(server__in=told.servers, ended_at=None).values_list("server_id", "until"))
    found: dict[int, dict[str, Any]] = {}
    for server, effect, word in told.changes():
        in_time = effect.at <= now + SOON and effect.at >= held.get(server.id, effect.at)
        if word == "added" and effect.action == "stop" and in_time and not is_stopped(server):
            found.setdefault(server.id, {"server": named(server), "at": effect.at})
    return list(found.values())


def is_stopped(server: Server) -> bool:
    return server.observed_state == Server.Observed.STOPPED and not server.transition


def hours(told: Comparison, futures: dict[int, Future]) -> float:
    """Of all servers together; each begins as its schedules want it, else as it was seen."""
    return round(
        sum(futures[server.id].hours_on(was_on=is_on(server, futures[server.id])) for server in told.servers),
        1,
    )


def is_on(server: Server, future: Future) -> bool:
    return future.want == "on" if future.want else server.observed_state == Server.Observed.RUNNING


def count(changes: Sequence[Change], kind: str, word: str) -> int:
    return sum(1 for _, effect, told in changes if effect.action == kind and told == word)


def shape(server: Server, effect: Effect, word: str) -> dict[str, Any]:
    return {
        "server": named(server),
        "action": effect.action,
        "at": effect.at,
        "local": walls.shown(effect.at, effect.zone),
        "change": word,
    }


def named(server: Server) -> dict[str, Any]:
    return {"id": server.id, "name": str(server)}
