"""Operations as people see them: what they wait for, what may be done with them, and the way they went."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from api.operations import steps
from api.operations.steps import Asked, Moments, Step
from shared.operations import services
from shared.operations.models import Operation
from shared.operations.states import ACTIVE, RETRYABLE, Origin, State, sources
from shared.people.models import Workspace

BY_PEOPLE = [Origin.PERSON.value, Origin.TOKEN.value]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why an operation that was asked for has been put off, and when it is tried again."""

    code: str
    detail: str
    until: datetime | None


def shown(workspace: Workspace) -> QuerySet[Operation]:
    """A workspace's operations with all that their shape shows."""
    rows = with_retries(with_queue(Operation.objects.filter(workspace=workspace)))
    return rows.select_related("server", "author", "schedule", "call", "request")


def with_queue(rows: QuerySet[Operation]) -> QuerySet[Operation]:
    """The rows with what goes before each on its server: `under_way`, and `earlier`, asked for by people."""
    others = Operation.objects.filter(server=OuterRef("server")).exclude(id=OuterRef("id"))
    active = others.filter(state__in=[state.value for state in ACTIVE])
    before = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), id__lt=OuterRef("id"))
    asked = others.filter(before, state=State.REQUESTED, origin__in=BY_PEOPLE).order_by("due_at", "id")
    return rows.annotate(
        under_way=Subquery(active.values("id")[:1]), earlier=Subquery(asked.values("id")[:1])
    )


def with_retries(rows: QuerySet[Operation]) -> QuerySet[Operation]:
    """The rows with `retried_by`, the newest operation that repeats each."""
    again = Operation.objects.filter(retry_of=OuterRef("id")).order_by("-id")
    return rows.annotate(retried_by=Subquery(again.values("id")[:1]))


def waiting(operation: Operation) -> Waiting | None:
    """Of operations read through `with_queue`; a forced stop waits only for what is under way."""
    if operation.state != State.REQUESTED:
        return None
    earlier = None if operation.options.get("force") else getattr(operation, "earlier", None)
    before = getattr(operation, "under_way", None) or earlier
    if before:
        return Waiting("busy", services.why("busy", operation=before), None)
    if not operation.waiting:
        return None
    return Waiting(operation.waiting, operation.waiting_detail, operation.not_before)


def can_cancel(operation: Operation) -> bool:
    return State(operation.state) in sources(State.CANCELLED)


def can_retry(operation: Operation) -> bool:
    return State(operation.state) in RETRYABLE


def schedule_name(operation: Operation) -> str:
    """The schedule's name; when it was deleted, its name of that day."""
    return operation.schedule.name if operation.schedule else str(operation.snapshot.get("schedule") or "")


def way(operation: Operation) -> list[Step]:
    """The operation's steps; one query more."""
    rows = operation.steps.select_related("call").order_by("at", "id")
    written = [
        Step(
            row.at,
            row.what,
            steps.written(row.what, row.detail),
            row.call_id,
            row.call.request_id if row.call else "",
        )
        for row in rows
    ]
    request_id = operation.call.request_id if operation.call else ""
    return steps.way(
        moments(operation), asked(operation), written, call=operation.call_id, request_id=request_id
    )


def moments(operation: Operation) -> Moments:
    return Moments(
        operation.requested_at,
        operation.sending_at,
        operation.accepted_at,
        operation.dipped_at,
        operation.finished_at,
    )


def asked(operation: Operation) -> Asked:
    return Asked(
        action=operation.action,
        origin=operation.origin,
        author=str(operation.author or ""),
        schedule=schedule_name(operation),
        retry_of=operation.retry_of_id,
        options=operation.options,
        state=operation.state,
        detail=operation.detail,
    )
