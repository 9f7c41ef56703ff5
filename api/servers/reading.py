"""Servers as people see them: a page of rows and everything said beside each, in a handful of queries.

However many servers are on the page, the number of queries stays the same. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery

from api.operations.reading import Waiting, waiting, with_queue
from api.servers.attention import Note, attention
from api.servers.expected import expected_seconds
from api.servers.next_actions import NextAction, next_actions
from api.servers.noticing import noticed
from shared.fleet.fitness import restrictions
from shared.fleet.models import MetricSample, Server
from shared.fleet.status import TRANSITIONS
from shared.operations.models import Operation
from shared.operations.states import OPEN, State
from shared.operations.wishes import forbidden, seen, status
from shared.schedules import holds
from shared.schedules.models import Hold, Target

OPEN_STATES = [state.value for state in OPEN]
ACTIONS = {word: action for action, word in TRANSITIONS.items()}
CPU = "CPUUtilization"
CPU_AGE = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Transition:
    action: str
    operation: int | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Requested:
    operation: int
    action: str
    due_at: datetime
    waiting: Waiting | None


@dataclass(frozen=True, slots=True)
class Cpu:
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One server and what is said beside it."""

    server: Server
    status: str
    seen_at: datetime | None
    transition: Transition | None
    requested: Requested | None
    hold: Hold | None
    next_action: NextAction | None
    last_operation: Operation | None
    attention: Sequence[Note] = ()
    cpu: Cpu | None = None
    schedules: int = 0
    expected_seconds: int | None = None

    @property
    def hibernation(self) -> bool:
        return bool(self.server.flags.get("hibernation"))

    @property
    def restrictions(self) -> list[dict[str, object]]:
        """What EC2, or whoever owns the instance, never allows."""
        return [
            {"code": each.code, "actions": sorted(each.actions), "detail": forbidden(each)}
            for each in restrictions(self.server.flags)
        ]


def base(rows: QuerySet[Server]) -> QuerySet[Server]:
    """The rows with their regions, accounts, and the id of the operation that ended last."""
    ended = Operation.objects.filter(server=OuterRef("id")).exclude(state__in=OPEN_STATES)
    last = ended.order_by("-due_at", "-id").values("id")[:1]
    return rows.select_related("region__account").annotate(last_operation_id=Subquery(last))


def lean(servers: Sequence[Server], *, now: datetime) -> list[Shown]:
    """What a poll wants to know."""
    ids = [server.id for server in servers]
    asked, ended, held = requested(ids), last_operations(servers), holds.open_ones(ids, now=now)
    earliest = {row.server_id: row for row in asked}
    usual = expected_seconds([server for server in servers if server.transition])
    coming = next_actions(servers, held=held, now=now)
    told = noticed(ids, waiting=asked, now=now)
    words = {server.id: status(server, now=now) for server in servers}
    return [
        Shown(
            server=server,
            status=words[server.id],
            seen_at=seen(server),
            transition=transition(server),
            requested=wanted(earliest.get(server.id)),
            hold=held.get(server.id),
            next_action=coming.get(server.id),
            last_operation=ended.get(server.id),
            attention=attention(told.facts(server, status=words[server.id])),
            expected_seconds=usual.get(server.id),
        )
        for server in servers
    ]


def full(servers: Sequence[Server], *, now: datetime) -> list[Shown]:
    """What the list and the detail page want to know."""
    ids = [server.id for server in servers]
    loads, counts = cpus(ids, now=now), schedule_counts(ids)
    return [
        with_more(each, cpu=loads.get(each.server.id), schedules=counts.get(each.server.id, 0))
        for each in lean(servers, now=now)
    ]


def with_more(each: Shown, *, cpu: Cpu | None, schedules: int) -> Shown:
    """A stopped server's last load is not its load."""
    values = {name: getattr(each, name) for name in Shown.__slots__}
    return Shown(**values | {"cpu": cpu if each.status == "running" else None, "schedules": schedules})


def transition(server: Server) -> Transition | None:
    if not server.transition:
        return None
    return Transition(ACTIONS[server.transition], server.transition_operation, server.transition_since)


def requested(ids: Sequence[int]) -> list[Operation]:
    """Operations that wait to be sent, the earliest of each server last."""
    rows = with_queue(Operation.objects.filter(server_id__in=ids, state=State.REQUESTED))
    names = ("server_id", "action", "options", "due_at", "state", "waiting", "waiting_detail", "not_before")
    return list(rows.order_by("-due_at", "-id").only(*names))


def wanted(row: Operation | None) -> Requested | None:
    return Requested(row.id, row.action, row.due_at, waiting(row)) if row else None


def last_operations(servers: Sequence[Server]) -> dict[int, Operation]:
    """The operation that ended last, of servers read through `base`."""
    ids = [getattr(server, "last_operation_id", None) or 0 for server in servers]
    return {row.server_id: row for row in Operation.objects.filter(id__in=ids)}


def cpus(ids: Sequence[int], *, now: datetime) -> dict[int, Cpu]:
    rows = MetricSample.objects.filter(server_id__in=ids, name=CPU).exclude(moments=[])
    latest = {row.server_id: Cpu(row.values[-1], row.moments[-1]) for row in rows}
    return {server: cpu for server, cpu in latest.items() if now - cpu.at < CPU_AGE}


def schedule_counts(ids: Sequence[int]) -> dict[int, int]:
    rows = Target.objects.filter(server_id__in=ids).values_list("server_id").annotate(Count("id"))
    return dict(rows.order_by())
