"""A person or a token asks for something: requests become operations, and may be taken back before sending.

One transaction each; the knock on the scheduler's door is handed in and happens after the commit. Nothing
here talks to AWS.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, transaction

from shared import broker, errors
from shared.errors import AppError, Invalid, NotAllowed, NotCancellable
from shared.fleet.models import Server
from shared.fleet.status import Known, seen_at, shown
from shared.operations.models import Operation, Request
from shared.operations.reasons import sentence
from shared.operations.services import move
from shared.operations.states import GRACE, OPEN, Origin, State
from shared.people.models import Token, User, Workspace
from shared.schedules.models import Schedule

# What EC2 refuses as IncorrectInstanceState; asking anyway would only fail later.
REFUSED_IN = {
    "start": frozenset({"stopping"}),
    "stop": frozenset({"pending"}),
    "reboot": frozenset({"pending", "stopping", "stopped"}),
}
REFUSALS: dict[str, type[NotAllowed]] = {
    kind.code: kind
    for kind in (errors.ServerBusy, errors.ServerGone, errors.ServerProtected, errors.WrongState)
}


class Knock(Protocol):
    """Leave a message for the scheduler, to go out after the commit."""

    def __call__(self, task: str, **ids: int | str) -> None: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """One action on some servers. With `queue`, busy servers get to it later instead of refusing."""

    servers: Sequence[int]
    action: str
    reason: str = ""
    queue: bool = False

    @property
    def body_hash(self) -> str:
        """The same for the same wish; the order of the servers counts as part of it."""
        text = json.dumps([list(self.servers), self.action, self.reason, self.queue])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where, and with which token if it is a machine."""

    workspace: Workspace
    user: User
    token: Token | None = None

    @property
    def origin(self) -> Origin:
        return Origin.TOKEN if self.token else Origin.PERSON


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
        servers = locked(wish.servers, workspace=by.workspace)
        refused = refusals(servers, wish, now=now)
        if len(refused) == len(servers):
            raise refusal(refused[0])
        turned_away = {row["server"] for row in refused}
        going = [server for server in servers if server.id not in turned_away]
        operations = Operation.objects.bulk_create(
            [operation(server, wish, made, by=by, now=now) for server in going]
        )
        Request.objects.filter(id=made.id).update(refused=refused)
        for region in sorted({server.region_id for server in going}):
            knock(broker.DRAIN_REGION, region=region, action=wish.action)
    return Answer(operations, refused)


def enter(wish: Wish, *, by: Asker, key: str | None, now: datetime) -> Request | None:
    """The request's row; None when the key was used before."""
    row = Request(
        workspace=by.workspace, author=by.user, token=by.token, idempotency_key=key, reason=wish.reason
    )
    row.body_hash, row.created_at = wish.body_hash, now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return None
    return row


def repeated(wish: Wish, *, by: Asker, key: str | None) -> Answer:
    """The answer that this key got the first time."""
    before = Request.objects.get(workspace=by.workspace, idempotency_key=key)
    if before.body_hash != wish.body_hash:
        raise errors.IdempotencyConflict
    return Answer(list(before.operations.select_related("server").order_by("id")), before.refused)


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
    busy = {row.server_id: row for row in open_ones.order_by("-id")}
    said = ((server, objection(server, wish, busy=busy.get(server.id), now=now)) for server in servers)
    return [
        {"server": server.id, "code": error.code, "detail": str(error)} for server, error in said if error
    ]


def objection(server: Server, wish: Wish, *, busy: Operation | None, now: datetime) -> AppError | None:
    """Why this server cannot do what is wished; None when it can."""
    if status(server, now=now) in ("terminated", "missing"):
        return errors.ServerGone(f"{server} was terminated or can no longer be found in its account.")
    if server.protected:
        return errors.ServerProtected(f"{server} is protected. Remove the protection first.")
    if busy:
        return None if wish.queue else errors.ServerBusy(busy_sentence(server, busy))
    if server.observed_state in REFUSED_IN[wish.action]:
        return errors.WrongState(
            f"{server} is {server.observed_state}, so it cannot be asked to {wish.action} now."
        )
    return None


def busy_sentence(server: Server, busy: Operation) -> str:
    return (
        f"{server} is busy with a {busy.action} (operation {busy.id}). "
        "Wait for it to end, or send queue=true to run this afterwards."
    )


def status(server: Server, *, now: datetime) -> str:
    """The server's shown status."""
    return shown(Known(server.observed_state, server.transition, seen(server), server.missing_since), now=now)


def seen(server: Server) -> datetime | None:
    """How old our knowledge of the server is; its region has to be at hand."""
    missing = server.missing_since is not None
    return seen_at(observed_at=server.observed_at, looked_at=server.region.looked_at, missing=missing)


def refusal(row: dict[str, object]) -> NotAllowed:
    """A refusal as the error it came from."""
    return REFUSALS[str(row["code"])](str(row["detail"]))


def operation(server: Server, wish: Wish, made: Request, *, by: Asker, now: datetime) -> Operation:
    return Operation(
        workspace=by.workspace,
        server=server,
        action=wish.action,
        origin=by.origin.value,
        request=made,
        author=by.user,
        token=by.token,
        due_at=now,
        not_before=now,
        requested_at=now,
        grace_until=now + GRACE[wish.action],
        snapshot={"instance": server.instance_id, "region": server.region.name},
    )


def cancel(operation: Operation, *, by: User, now: datetime) -> None:
    """Take an operation back. NotCancellable once it was sent."""
    detail = sentence("cancelled_by_person", author=str(by))
    if not move(
        [operation.id], State.CANCELLED, reason="cancelled_by_person", detail=detail, finished_at=now
    ):
        raise NotCancellable


def withdraw(schedule: Schedule, *, now: datetime) -> int:
    """Cancel what a changed schedule's rules have asked for and nobody has sent; the number cancelled."""
    waiting = Operation.objects.filter(schedule=schedule, origin=Origin.RULE, state=State.REQUESTED)
    return cancel_all(waiting.values_list("id", flat=True), now=now)


def cancel_all(ids: Iterable[int], *, now: datetime) -> int:
    why = "schedule_changed"
    return move(ids, State.CANCELLED, reason=why, detail=sentence(why), finished_at=now)
