"""A person or a token asks for something: requests become operations, and may be taken back before sending.

One transaction each; the knock on the scheduler's door is handed in and happens after the commit. Nothing
here talks to AWS.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, transaction

from shared import broker, errors
from shared.errors import Invalid, NotAllowed, NotCancellable, NotRetryable
from shared.fleet.models import Server
from shared.operations.models import Operation, Request
from shared.operations.reasons import sentence
from shared.operations.services import end_all, move
from shared.operations.states import ACTIVE, BY_SCHEDULES, GRACE, OPEN, RETRYABLE, Origin, State
from shared.operations.wishes import Wish, keeps_busy, objection
from shared.people.models import Token, User, Workspace
from shared.schedules import holds
from shared.schedules.models import Schedule

REFUSALS: dict[str, type[NotAllowed]] = {
    kind.code: kind
    for kind in (
        errors.NotHibernatable,
        errors.NotStuck,
        errors.ServerBusy,
        errors.ServerGone,
        errors.ServerProtected,
        errors.Unsupported,
        errors.WrongState,
    )
}


class Knock(Protocol):
    """Leave a message for the scheduler, to go out after the commit."""

    def __call__(self, task: str, **ids: int | str) -> None: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where, and with which token if it is a machine."""

    workspace: Workspace
    user: User
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The operations made, and the servers that refused: dicts of server, code and detail."""

    operations: Sequence[Operation]
    refused: Sequence[dict[str, object]]


def request(wish: Wish, *, by: Asker, key: str | None, knock: Knock, now: datetime) -> Answer:
    """Ask for an action. NotAllowed when every server refuses; a repeated key gets the first answer."""
    with transaction.atomic():
        made = enter(wish, by=by, key=key, now=now)
        if made is None:
            return repeated(wish, by=by, key=key)
        hung = hanging(wish, workspace=by.workspace)
        servers = locked(wish.servers, workspace=by.workspace)
        refused = refusals(servers, wish, now=now)
        if len(refused) == len(servers):
            raise refusal(refused[0])
        turned_away = {row["server"] for row in refused}
        going = [server for server in servers if server.id not in turned_away]
        end_hung(hung, going, author=str(by.user), now=now)
        operations = put(going, wish, made, knock=knock, now=now)
        Request.objects.filter(id=made.id).update(refused=refused)
    return Answer(operations, refused)


def hanging(wish: Wish, *, workspace: Workspace) -> list[Operation]:
    """The stops under way that this wish would end; none unless it forces.

    Locked before the servers are, as every look does: two that wait for each other would both fail.
    """
    if not wish.force:
        return []
    rows = Operation.objects.select_for_update(no_key=True).filter(
        workspace=workspace, server__in=wish.servers, state__in=[state.value for state in ACTIVE]
    )
    return [row for row in rows.order_by("server_id") if not keeps_busy(row, wish)]


def end_hung(hung: Sequence[Operation], servers: Sequence[Server], *, author: str, now: datetime) -> None:
    """A server does one thing at a time, so the stop that hangs ends where the forced one begins."""
    chosen = {server.id for server in servers}
    mine = [row for row in hung if row.server_id in chosen]
    end_all(mine, State.FAILED, reason="forced", now=now, author=author)


def put(
    servers: Sequence[Server], wish: Wish, made: Request, *, knock: Knock, now: datetime
) -> list[Operation]:
    """The operations' rows; each region is knocked for once, and holds that want the opposite end."""
    holds.contradict([server.id for server in servers], wish.action, now=now)
    rows = Operation.objects.bulk_create([operation(server, wish, made, now=now) for server in servers])
    for region in sorted({server.region_id for server in servers}):
        knock(broker.DRAIN_REGION, region=region, action=wish.action)
    return rows


def enter(wish: Wish, *, by: Asker, key: str | None, now: datetime) -> Request | None:
    """The request's row; None when the key was used before."""
    row = fresh(wish, by=by, now=now)
    row.idempotency_key = key
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return None
    return row


def fresh(wish: Wish, *, by: Asker, now: datetime) -> Request:
    """A request without a key, not saved yet."""
    row = Request(workspace=by.workspace, author=by.user, token=by.token, reason=wish.reason)
    row.body_hash, row.created_at = wish.body_hash, now
    return row


def repeated(wish: Wish, *, by: Asker, key: str | None) -> Answer:
    """The answer that this key got the first time."""
    before = Request.objects.get(workspace=by.workspace, idempotency_key=key)
    if before.body_hash != wish.body_hash:
        raise errors.IdempotencyConflict
    first = before.operations.exclude(retry_of__in=before.operations.values("id"))
    return Answer(list(first.select_related("server").order_by("id")), before.refused)


def locked(ids: Sequence[int], *, workspace: Workspace) -> list[Server]:
    """The servers in the order asked, locked so that nobody else decides about them meanwhile."""
    rows = Server.objects.select_for_update(of=("self",), no_key=True).select_related("region")
    found = {row.id: row for row in rows.filter(workspace=workspace, id__in=ids).order_by("id")}
    for place, wanted in enumerate(ids):
        if wanted not in found:
            raise Invalid(f"There is no server {wanted}.", code="unknown_server", field=f"servers/{place}")
    return [found[wanted] for wanted in ids]


def refusals(servers: Sequence[Server], wish: Wish, *, now: datetime) -> list[dict[str, object]]:
    """Who refuses, and why."""
    open_ones = Operation.objects.filter(server__in=servers, state__in=[state.value for state in OPEN])
    busy = {row.server_id: row for row in open_ones.order_by("-id") if keeps_busy(row, wish)}
    said = ((server, objection(server, wish, busy=busy.get(server.id), now=now)) for server in servers)
    return [
        {"server": server.id, "code": error.code, "detail": str(error)} for server, error in said if error
    ]


def refusal(row: dict[str, object]) -> NotAllowed:
    """A refusal as the error it came from."""
    return REFUSALS[str(row["code"])](str(row["detail"]))


def operation(server: Server, wish: Wish, made: Request, *, now: datetime) -> Operation:
    return Operation(
        workspace=made.workspace,
        server=server,
        action=wish.action,
        options=wish.options,
        origin=(Origin.TOKEN if made.token else Origin.PERSON).value,
        request=made,
        author=made.author,
        token=made.token,
        retry_of_id=wish.retry_of,
        due_at=now,
        not_before=now,
        requested_at=now,
        grace_until=now + GRACE[wish.action],
        snapshot={"instance": server.instance_id, "region": server.region.name},
    )


def retry(before: Operation, *, by: Asker, queue: bool, knock: Knock, now: datetime) -> Operation:
    """Ask once more for what did not happen. NotRetryable unless it has ended so; else as for `request`.

    The force of a force stop is not repeated by itself: the server may have come to an end meanwhile.
    """
    if State(before.state) not in RETRYABLE:
        raise NotRetryable
    hibernate = bool(before.options.get("hibernate"))
    wish = Wish([before.server_id], before.action, queue=queue, hibernate=hibernate, retry_of=before.id)
    with transaction.atomic():
        servers = locked(wish.servers, workspace=by.workspace)
        for row in refusals(servers, wish, now=now):
            raise refusal(row)
        made = fresh(wish, by=by, now=now)
        made.save()
        [again] = put(servers, wish, made, knock=knock, now=now)
    return again


def cancel(operation: Operation, *, by: User, now: datetime) -> None:
    """Take an operation back. NotCancellable once it was sent."""
    detail = sentence("cancelled_by_person", author=str(by))
    if not move(
        [operation.id], State.CANCELLED, reason="cancelled_by_person", detail=detail, finished_at=now
    ):
        raise NotCancellable


def withdraw(schedule: Schedule, *, now: datetime) -> int:
    """Cancel what a changed schedule has asked for, by a rule, at the end of a hold or to put a server back,
    and nobody has sent. The number cancelled.
    """
    waiting = Operation.objects.filter(schedule=schedule, origin__in=BY_SCHEDULES, state=State.REQUESTED)
    return cancel_all(waiting.values_list("id", flat=True), now=now)


def cancel_all(ids: Iterable[int], *, now: datetime) -> int:
    why = "schedule_changed"
    return move(ids, State.CANCELLED, reason=why, detail=sentence(why), finished_at=now)
