"""Which rows give cause for attention: one set of conditions, for a page of servers and for the filter."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from api.servers.attention import LEFT_IN, NEWS, OF_THE_WAY, Alert, Ended, Facts, said
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Observation, Server
from shared.fleet.status import GONE_AFTER
from shared.operations.models import Operation
from shared.operations.states import OPEN, State

NO_ROOM = "no_capacity"
OPEN_REACTIONS = ["alerted", "given_up"]
ENDED_BADLY = [State.FAILED.value, State.UNKNOWN.value]
RAN = [State.SUCCEEDED.value, *ENDED_BADLY]
GONE = [Server.Observed.TERMINATED, Server.Observed.SHUTTING_DOWN]
# What ended within the last day was due at most this much earlier: grace and waiting for the end are shorter.
LONGEST = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the tables tell about some servers, by server."""

    rooms: Mapping[int, Operation]
    ended: Mapping[int, Operation]
    alerts: Mapping[int, Sequence[Observation]]

    def facts(self, server: Server, *, status: str) -> Facts:
        room, ended = self.rooms.get(server.id), self.ended.get(server.id)
        return Facts(
            status=status,
            observed_state=server.observed_state,
            stuck_since=server.stuck_since,
            missing_since=server.missing_since,
            left_at=server.left_at,
            waits_for_room=room.id if room else None,
            waits_since=room.due_at if room else None,
            ended=ended_as(ended) if ended else None,
            alerts=[
                Alert(each.id, each.after, each.reaction, each.asked_at, each.actor)
                for each in self.alerts.get(server.id, ())
            ],
            planned=server.planned,
        )


def ended_as(row: Operation) -> Ended:
    region = row.server.region
    account = region.account
    trouble = bool(account.trouble or account.barred or region.look_error_code)
    is_said = said(row.reason, denied=row.action in account.denied, trouble=trouble)
    return Ended(row.id, row.action, row.state, row.detail, row.finished_at, is_said)


def noticed(ids: Sequence[int], *, waiting: Iterable[Operation], now: datetime) -> Noticed:
    """Two queries, however many servers; `waiting` are their operations that wait to be sent."""
    alerts: dict[int, list[Observation]] = defaultdict(list)
    for each in open_alerts().filter(server_id__in=ids).order_by("-asked_at", "-id"):
        alerts[each.server_id].append(each)
    ended = ended_badly(now=now).filter(server_id__in=ids).select_related("server__region__account")
    return Noticed(
        rooms={row.server_id: row for row in waiting if row.waiting == NO_ROOM},
        ended={row.server_id: row for row in ended},
        alerts=alerts,
    )


def without_room() -> QuerySet[Operation]:
    """Operations that wait because EC2 has no capacity."""
    return Operation.objects.filter(state=State.REQUESTED, waiting=NO_ROOM)


def ended_badly(*, now: datetime) -> QuerySet[Operation]:
    """Of each server the operation that ran last, when it failed or ended unseen within the last day and is
    not tried again just now."""
    later = Operation.objects.filter(
        Q(due_at__gt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), id__gt=OuterRef("id")),
        server=OuterRef("server"),
        state__in=RAN,
    )
    again = Operation.objects.filter(retry_of=OuterRef("pk"), state__in=[state.value for state in OPEN])
    recent = Operation.objects.filter(due_at__gt=now - NEWS - LONGEST, finished_at__gt=now - NEWS)
    return recent.filter(~Exists(later), ~Exists(again), state__in=ENDED_BADLY)


def said_by_the_account() -> Q:
    """`said`, as a condition on operations."""
    bad = Q(server__region__account__status=Account.Status.UNUSABLE)
    barred = bad & ~Q(server__region__account__error_code=CredentialUnusable.code)
    well = Q(server__region__account__trouble="", server__region__look_error_code="")
    denied = Q()
    for action in LEFT_IN:
        denied |= Q(action=action, server__region__account__denied__has_key=action)
    return Q(reason="denied") & denied | Q(reason__in=OF_THE_WAY) & (barred | ~well)


def open_alerts() -> QuerySet[Observation]:
    """Changes from outside that nobody acknowledged and no later start or stop has settled."""
    settled = Operation.objects.filter(
        server=OuterRef("server"),
        state=State.SUCCEEDED,
        action__in=["start", "stop"],
        finished_at__gt=OuterRef("asked_at"),
    )
    rows = Observation.objects.filter(reaction__in=OPEN_REACTIONS, acknowledged_at__isnull=True)
    return rows.filter(~Exists(settled))


def last_read(now: datetime) -> Coalesce:
    """When a server's region was last read in full: one that cannot be read makes nothing missing."""
    return Coalesce("region__looked_at", Value(now))


def needs_attention(*, now: datetime) -> Q:
    """The condition in SQL; a test holds it against what is shown."""
    mine = {"server": OuterRef("id")}
    is_missing = Q(missing_since__lte=last_read(now) - GONE_AFTER) & ~Q(observed_state__in=GONE)
    failed = ended_badly(now=now).filter(~said_by_the_account(), **mine, state=State.FAILED)
    left_so = Q()
    for action, (_, state) in LEFT_IN.items():
        left_so |= Q(action=action, server__observed_state=state)
    return Q(left_at__isnull=True) & (
        Q(stuck_since__isnull=False)
        | ~Q(planned=[])
        | is_missing
        | Exists(without_room().filter(**mine))
        | Exists(failed.filter(left_so))
        | Exists(ended_badly(now=now).filter(**mine, state=State.UNKNOWN))
        | Exists(open_alerts().filter(**mine))
    )
