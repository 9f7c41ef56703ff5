"""Moving operations along their table of moves. Every move is one conditional UPDATE.

The caller gives the moment; nothing here reads a clock, asks AWS or writes a log.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from shared.fleet.models import Server
from shared.operations.models import Call, Operation, Step
from shared.operations.reasons import WAITING, for_people, sentence
from shared.operations.states import State, sources


def move(ids: Iterable[int], to: State, **changes: object) -> int:
    """Move these operations to `to` where the table allows it; the number that moved.

    Fewer than asked means somebody else moved them first: leave those alone.
    """
    rows = Operation.objects.filter(id__in=list(ids), state__in=[state.value for state in sources(to)])
    return rows.update(state=to.value, **changes)


@transaction.atomic
def end(operation: Operation, to: State, *, reason: str, now: datetime, **words: object) -> bool:
    """End one operation with a reason in words, and free its server; False when it had ended already."""
    detail = sentence(reason, **words)
    changes = ended_with(reason, detail=detail, now=now)
    if not move([operation.id], to, **changes):
        return False
    keep(operation, state=to.value, **changes)
    free([operation.id])
    return True


@transaction.atomic
def end_all(
    operations: Iterable[Operation], to: State, *, reason: str, now: datetime, **words: object
) -> list[Operation]:
    """End these for one reason, and free their servers; those that had not ended already."""
    detail = sentence(reason, **words)
    rows = Operation.objects.select_for_update(no_key=True).filter(
        id__in=[each.id for each in operations], state__in=[state.value for state in sources(to)]
    )
    mine = set(rows.order_by("server_id", "id").values_list("id", flat=True))
    ended = [each for each in operations if each.id in mine]
    changes = ended_with(reason, detail=detail, now=now)
    move(mine, to, **changes)
    free(mine)
    for each in ended:
        keep(each, state=to.value, **changes)
    return ended


def ended_with(reason: str, *, detail: str, now: datetime) -> dict[str, object]:
    """The columns of an end; what ended waits no more."""
    return {"reason": reason, "detail": detail, "finished_at": now, "waiting": "", "waiting_detail": ""}


def keep(operation: Operation, **columns: object) -> None:
    """The same on the row in memory."""
    for column, value in columns.items():
        setattr(operation, column, value)


def put_off(ids: Iterable[int], until: datetime, *, waiting: str, **words: object) -> int:
    """Let requested operations wait until then, and say why; the number that wait."""
    rows = Operation.objects.filter(id__in=list(ids), state=State.REQUESTED.value)
    return rows.update(not_before=until, waiting=waiting, waiting_detail=why(waiting, **words))


def why(waiting: str, **words: object) -> str:
    """The sentence of a code of WAITING; nothing when it does not wait for anything."""
    return WAITING[waiting].format(**for_people(words)) if waiting else ""


def note(
    operations: Sequence[Operation], what: str, *, now: datetime, call: Call | None = None, detail: str = ""
) -> None:
    """Write down what happened to these on their way."""
    Step.objects.bulk_create(
        Step(workspace_id=each.workspace_id, operation=each, call=call, at=now, what=what, detail=detail)
        for each in operations
    )


def free(ids: Iterable[int]) -> None:
    """Take the transitions of these operations off their servers."""
    theirs = Operation.objects.filter(id__in=list(ids))
    rows = Server.objects.filter(id__in=theirs.values("server"), transition_operation__in=theirs.values("id"))
    rows.update(transition="", transition_operation=None, transition_since=None)
