"""Moving operations along their table of moves. Every move is one conditional UPDATE.

The caller gives the moment; nothing here reads a clock, asks AWS or writes a log.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.operations.reasons import sentence
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
    if not move([operation.id], to, reason=reason, detail=detail, finished_at=now):
        return False
    operation.state, operation.reason, operation.detail, operation.finished_at = to.value, reason, detail, now
    free([operation.id])
    return True


def free(ids: Iterable[int]) -> None:
    """Take the transitions of these operations off their servers."""
    Server.objects.filter(transition_operation__in=list(ids)).update(
        transition="", transition_operation=None, transition_since=None
    )
