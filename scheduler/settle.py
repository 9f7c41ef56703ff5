"""Settle: a look ends the operations whose end it shows. Applies the pure verdicts of `settling`.

`settle_region` belongs inside the look's transaction, with the operations locked; `explain_surprises`
asks EC2 a second question and so belongs outside of any.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from scheduler import story_refused
from scheduler.again import ask_again
from scheduler.ec2.gateway import CloudError, Ec2, SeenServer
from scheduler.observe import Sight, explain
from scheduler.settling import NO_REASON, Seen, Sent, Settled, Told, concluded, settle
from scheduler.watchdog import watched
from shared.operations import services
from shared.operations.models import Operation
from shared.operations.states import State

Surprise = tuple[Operation, Settled]


def settle_region(
    active: Iterable[Operation], sights: Iterable[Sight], *, now: datetime
) -> tuple[list[Operation], list[Surprise]]:
    """Those of `active` that these sights end, in their new state, and those that EC2 must explain first."""
    by_instance = {sight.instance_id: sight for sight in sights}
    ends: list[tuple[Operation, Settled]] = []
    surprises: list[Surprise] = []
    for operation in active:
        sight = by_instance.get(operation.server.instance_id)
        if sight is None:
            continue
        settled = settle(sent(operation), Seen(sight.state, sight.checks, sight.asked_at), now=now)
        note_proof(operation, settled, sight)
        if settled.surprise:
            surprises.append((operation, settled))
        elif settled.to == State.ACCEPTED:
            seen_after_silence(operation, now=now)
        elif settled.to == State.REQUESTED:
            send_again(operation, now=now)
        elif settled.to is not None:
            ends.append((operation, settled))
    return end_alike(ends, now=now), surprises


def end_alike(ends: Iterable[tuple[Operation, Settled]], *, now: datetime) -> list[Operation]:
    """End these, all that end in one way with one statement: a fleet stops within seconds."""
    ways: dict[str, list[tuple[Operation, Settled]]] = defaultdict(list)
    for operation, settled in ends:
        ways[repr((settled.to, settled.reason, settled.words))].append((operation, settled))
    ended: list[Operation] = []
    for alike in ways.values():
        way = alike[0][1]
        if way.to is not None:
            operations = [operation for operation, _ in alike]
            ended += services.end_all(operations, way.to, reason=way.reason, now=now, **way.words)
    return ended


def sent(operation: Operation) -> Sent:
    """The facts of an operation that its settling depends on."""
    return Sent(
        action=operation.action,
        sending_at=operation.sending_at or operation.requested_at,
        accepted_at=operation.accepted_at,
        lease_until=operation.call.lease_until if operation.call else None,
        grace_until=operation.grace_until,
        was_healthy=operation.snapshot.get("checks") == "ok",
        dipped_at=operation.dipped_at,
        changed_at=changed_at(operation),
        hibernate=bool(operation.options.get("hibernate")),
    )


def changed_at(operation: Operation) -> datetime | None:
    since = operation.snapshot.get("since")
    return datetime.fromisoformat(str(since)) if since else None


def note_proof(operation: Operation, settled: Settled, sight: Sight) -> None:
    """Keep the steps of a reboot's proof, dated by the question that showed them."""
    row = Operation.objects.filter(id=operation.id)
    if settled.dipped:
        row.filter(dipped_at=None).update(dipped_at=sight.asked_at)
    if settled.healthy:
        row.update(snapshot=operation.snapshot | {"checks": "ok"})


def seen_after_silence(operation: Operation, *, now: datetime) -> None:
    """A call nobody answered was carried out all the same; its end is still to be seen."""
    if services.move([operation.id], State.ACCEPTED, accepted_at=now):
        services.note([operation], "seen_after_silence", now=now, call=operation.call)
        transaction.on_commit(lambda: story_refused.seen_after_silence(operation))


def send_again(operation: Operation, *, now: datetime) -> None:
    """A call nobody answered provably did nothing."""
    if services.move([operation.id], State.REQUESTED, not_before=now, call=None):
        services.free([operation.id])
        services.note([operation], "sent_again", now=now, call=operation.call)
        transaction.on_commit(lambda: story_refused.sent_again(operation))


def explain_surprises(surprises: Iterable[Surprise], ec2: Ec2, *, now: datetime) -> list[Operation]:
    """Ask EC2 for its StateReason; the operations that ended with it. What proves nothing stays open."""
    waiting = {operation.server.instance_id: (operation, settled) for operation, settled in surprises}
    if not waiting:
        return []
    found, trouble = details(ec2, list(waiting))
    ended = []
    for instance_id, (operation, settled) in waiting.items():
        told = told_of(found.get(instance_id), trouble)
        end = concluded(sent(operation), settled, told, now=now)
        if conclude(operation, end, now=now):
            explain(operation.server_id, told.reason or told.trouble or NO_REASON)
            ended.append(operation)
    return ended


@transaction.atomic
def conclude(operation: Operation, end: Settled, *, now: datetime) -> bool:
    """End it; what EC2 only had no room for is asked for again. False when it had ended already."""
    if end.to is None or not services.end(operation, end.to, reason=end.reason, now=now, **end.words):
        return False
    if end.again:
        # EC2 was asked meanwhile; who or what wanted it may be gone by now.
        operation.refresh_from_db(fields=["schedule", "author", "request", "token"])
        ask_again(operation, now=now)
    return True


def told_of(seen: SeenServer | None, trouble: str) -> Told:
    return Told(seen.state, seen.state_reason, trouble) if seen else Told(trouble=trouble)


def details(ec2: Ec2, ids: list[str]) -> tuple[dict[str, SeenServer], str]:
    """What DescribeInstances says of these, or why it says nothing."""
    try:
        with watched():
            return {each.instance_id: each for each in ec2.servers(ids)}, ""
    except CloudError as error:
        return {}, f"{NO_REASON} ({error})"
