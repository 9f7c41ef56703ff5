"""The story of each execution, as `docker logs` tells it. Every sentence in the log comes from here.

Facts in, one write out; lines are told only when they are true. It decides nothing and asks nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.logs import event, warning
from shared.operations.holding import Ended
from shared.operations.models import Operation
from shared.operations.reasons import called
from shared.operations.states import Origin, State

ICONS = {"start": "▶️ ", "stop": "⏹️ ", "reboot": "🔄"}
MANY = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """A call and the operations it carried, in one region."""

    account: int
    region: str
    call: int
    action: str
    operations: Sequence[Operation]
    before: dict[int, str]


def fired(operation: Operation) -> None:
    """A rule made this operation; told at once only when it will not run."""
    if operation.state == State.SKIPPED:
        skipped(operation)
    else:
        event("operation.requested", quiet=True, **ids(operation))


def skipped(operation: Operation) -> None:
    event("operation.skipped", text=skipped_text(operation), **ids(operation))


def skipped_text(operation: Operation) -> str:
    return f"⏭️  Skipped: {what(operation)}: {operation.detail}{behind(operation)}"


def accepted(batch: Batch) -> None:
    """EC2 accepted the call: the block of DESIGN, one per server, or once with the count for a crowd."""
    if len(batch.operations) > MANY:
        crowd(batch)
        return
    for operation in batch.operations:
        text = "\n".join([*heading(operation), *told(batch, operation)])
        event("operation.accepted", text=text, call=batch.call, **ids(operation))


def crowd(batch: Batch) -> None:
    first, count = batch.operations[0], len(batch.operations)
    text = "\n".join([*heading(first, count=count), *told(batch, first, count=count)])
    event("call.accepted", text=text, call=batch.call, servers=count, action=batch.action)
    for operation in batch.operations:
        event("operation.accepted", text=f"   sent: {what(operation)}{behind(operation)}", **ids(operation))


def heading(operation: Operation, *, count: int = 1) -> list[str]:
    asked = asked_by(operation)
    target = f'server "{operation.server}" (ID: {operation.server_id})' if count == 1 else f"{count} servers"
    return [asked, f"🎯 Executing: {named(operation)} on {target}"]


def asked_by(operation: Operation) -> str:
    if operation.origin == Origin.HOLD:
        whose, says = operation.snapshot["hold"]["author"], scheduled(operation)
        return f"▶️  Executing the end of a hold of {whose}, as {says} says"
    if operation.schedule_id or "schedule" in operation.snapshot:
        return f"▶️  Executing schedule: {operation.snapshot['schedule']} (ID: {operation.schedule_id})"
    author = operation.author or "somebody who has left"
    who = f"a token of {author}" if operation.origin == Origin.TOKEN else author
    return f"▶️  Executing request of {who} (ID: {operation.request_id})"


def scheduled(operation: Operation) -> str:
    return f'schedule "{operation.snapshot["schedule"]}" (ID: {operation.schedule_id})'


def hold_ended(ended: Ended) -> None:
    """A hold is over: what follows from it, and who says so."""
    hold = ended.hold
    whose = f"Hold of {hold.author or 'somebody who has left'}"
    text = f'⏰ {whose} on "{hold.server}" (ID: {hold.server_id}) ended: {followed_by(ended)}'
    made = ended.operation.id if ended.operation else None
    event("hold.ended", text=text, hold=hold.id, server=hold.server_id, want=hold.want, operation=made)


def followed_by(ended: Ended) -> str:
    """What comes of the end of a hold."""
    wanted, made = ended.wanted, ended.operation
    if wanted is None:
        return "no schedule wants anything of the server, so it stays as it is"
    says = f'schedule "{wanted.schedule}" (ID: {wanted.schedule.id})'
    if made is None:
        return f"{says} acts at this very moment"
    if made.state == State.SKIPPED:
        return f"{says} wants {named(made)}, but nothing is sent: {made.detail}"
    return f"{named(made)}, as {says} says (operation {made.id})"


def told(batch: Batch, operation: Operation, *, count: int = 1) -> list[str]:
    # What EC2 was asked for may be less than the wish: a plain stop where it would not hibernate.
    sent = operation.call.options if operation.call else operation.options
    verb = called(operation.action, sent).capitalize()
    whom = f"instance {operation.server.instance_id}" if count == 1 else f"{count} instances"
    lines = [
        f"   🔑 Decrypting credentials for cloud account ID: {batch.account}",
        f"   ✅ Credentials validated, region: {batch.region}",
    ]
    if count == 1:
        lines.append(f"   Current state: {batch.before[operation.server_id]}")
    lines.append(f"   {ICONS[operation.action]} {verb} command sent for {whom}")
    lines.append(f"   📊 Database status updated to: {operation.server.transition} ✅")
    return lines


def finished(operation: Operation, *, quiet: bool = False) -> None:
    """The end state was seen, or it was not; milliseconds are from due to the end we saw."""
    if operation.state == State.SUCCEEDED:
        text = f"✅ Success: {done(operation)} completed in {milliseconds(operation)}ms{behind(operation)}"
        event("operation.succeeded", text=text, milliseconds=milliseconds(operation), **ids(operation))
        return
    if operation.state == State.UNKNOWN:
        text = f"❔ Unknown: {what(operation)}: {operation.detail}{behind(operation)}"
        warning("operation.unknown", text=text, **ids(operation))
        return
    text = f"❌ Failed: {what(operation)}: {operation.detail}{behind(operation)}"
    warning("operation.failed", text=text, quiet=quiet, **ids(operation))


def put_off(operation: Operation, *, why: str, until: datetime, quiet: bool = False) -> None:
    text = f"⏳ Waiting: {what(operation)}: {why} Trying again at {until:%H:%M:%S} UTC{behind(operation)}"
    event("operation.put_off", text=text, quiet=quiet, **ids(operation))


def unanswered(*, call: int, count: int, why: str) -> None:
    text = f"❔ No answer from EC2 to call {call} ({count} server(s)): {why} Looking before sending again."
    warning("call.unanswered", text=text, call=call)


def what(operation: Operation) -> str:
    return f'{named(operation)} on server "{operation.server}"'


def named(operation: Operation) -> str:
    """What was asked for, in the words of people: "stop", "force stop", "hibernate"."""
    return called(operation.action, operation.options)


def done(operation: Operation) -> str:
    """What was seen to be done, which is not always what was asked for."""
    stopped = operation.reason == "stopped_without_hibernating"
    return operation.action if stopped else named(operation)


def behind(operation: Operation) -> str:
    return f' (server "{operation.server}", ID: {operation.server_id}, operation {operation.id})'


def milliseconds(operation: Operation) -> int:
    end = operation.finished_at or operation.due_at
    return round((end - operation.due_at).total_seconds() * 1000)


def ids(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation.id,
        "server": operation.server_id,
        "instance": operation.server.instance_id,
        "action": operation.action,
        "state": str(operation.state),
        "reason": operation.reason or None,
        "schedule": operation.schedule_id,
        "due_at": operation.due_at,
    }
