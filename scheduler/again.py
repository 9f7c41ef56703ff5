"""A start that EC2 accepted and then had no room for. It has ended, and the wish goes on as an operation of
its own, which names the one before it: inside the same time window, minutes later.
"""

from datetime import datetime, timedelta

from django.db import transaction

from scheduler import story_refused
from scheduler.meaning import ROOM, pause
from scheduler.refusing import LAST_TRY
from shared.operations import services
from shared.operations.models import Operation
from shared.operations.states import State


def ask_again(before: Operation, *, now: datetime) -> Operation | None:
    """The operation that goes on with it; None when its time is over by then."""
    last = before.grace_until - LAST_TRY
    if now + timedelta(seconds=ROOM.least) > last:
        return None
    moment = min(last, now + timedelta(seconds=pause(ROOM, before.attempt)))
    why = services.why(ROOM.waiting)
    again = copied(before, not_before=moment, requested_at=now, waiting=ROOM.waiting, waiting_detail=why)
    again.save()
    transaction.on_commit(lambda: story_refused.put_off([again], why=why, until=moment, quiet=False))
    return again


def copied(before: Operation, **columns: object) -> Operation:
    """The same wish of the same author. It is of no rule: that one's moment has its operation already."""
    again = Operation(
        workspace_id=before.workspace_id,
        server=before.server,
        action=before.action,
        options=before.options,
        origin=before.origin,
        request_id=before.request_id,
        author_id=before.author_id,
        token_id=before.token_id,
        schedule_id=before.schedule_id,
        revision=before.revision,
        due_at=before.due_at,
        grace_until=before.grace_until,
        attempt=before.attempt,
        retry_of=before,
        state=State.REQUESTED.value,
        snapshot=before.snapshot,
    )
    services.keep(again, **columns)
    return again
