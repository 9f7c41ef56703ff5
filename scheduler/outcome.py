"""What came of a call: accepted, refused, or nobody knows. One short transaction each.

Every write names the call it belongs to, so a worker that was overtaken changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import uniform

from django.db import transaction

from scheduler import hands, look, story, tokens
from scheduler.ec2 import gateway
from scheduler.observe import Sight, observe
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Region
from shared.operations import services
from shared.operations.models import Call, Operation
from shared.operations.reasons import GOALS
from shared.operations.states import State

BACKOFF = {
    gateway.Throttled: (2.0, 60.0),
    gateway.NotNow: (3.0, 15.0),
    gateway.NoCapacity: (60.0, 300.0),
    gateway.NotSent: (0.1, 1.0),
}
FAILS: dict[type[gateway.CloudError], str] = {
    gateway.Denied: "denied",
    gateway.Impossible: "refused",
    gateway.Refused: "refused",
}
Trouble = gateway.CloudError | CredentialUnusable


def accepted(region: Region, call: Call, rows: list[Operation], answer: gateway.Answer) -> None:
    """EC2 said yes. Its answer is an observation too: it was asked when the call was sent."""
    with transaction.atomic():
        now = clock.now()
        mine = held(call, rows)
        for row in mine:
            row.state, row.accepted_at = State.ACCEPTED.value, now
        services.move([row.id for row in mine], State.ACCEPTED, accepted_at=now)
        close(call, "accepted", now=now, request_id=answer.request_id)
        sights = [Sight(instance_id, state, "", call.sent_at) for instance_id, state in answer.states.items()]
        observe(region, sights, asked_at=call.sent_at)
        nothing_to_do(mine, answer, now=now)
        look.look_by(region, now + look.FIRST_LOOK)
    tell(region, call, mine)
    hands.later(look.FIRST_LOOK.total_seconds(), broker.LOOK_AT_REGION, region=region.id)


def nothing_to_do(rows: list[Operation], answer: gateway.Answer, *, now: datetime) -> None:
    """A stop of a stopped server is answered with `stopped`: the end state, seen."""
    for row in rows:
        goal = GOALS[row.action]
        if row.action != "reboot" and answer.states.get(row.server.instance_id) == goal:
            services.end(row, State.SUCCEEDED, reason="already_in_state", now=now, goal=goal)


def tell(region: Region, call: Call, rows: list[Operation]) -> None:
    if not rows:
        return
    before = {row.server_id: str(row.snapshot.get("before", "unknown")) for row in rows}
    story.accepted(story.Batch(region.account_id, region.name, call.id, call.action, rows, before))
    for row in rows:
        if row.state == State.SUCCEEDED:
            story.finished(row)


def refused(region: Region, call: Call, rows: list[Operation], error: Trouble) -> None:
    """EC2 said no, or nothing. What provably did not happen may be tried again inside its grace."""
    if isinstance(error, gateway.Unanswered):
        nobody_knows(region, call, rows, error)
        return
    with transaction.atomic():
        now = clock.now()
        mine = held(call, rows)
        close(call, type(error).__name__.lower(), now=now, request_id=getattr(error, "request_id", ""))
        count_tokens(region, call, error, len(rows), now=now)
        for row in mine:
            after_refusal(row, error, together=len(mine) > 1, now=now)
        look.look_by(region, now + look.FIRST_LOOK)
    hands.soon(broker.LOOK_AT_REGION, region=region.id)


def count_tokens(region: Region, call: Call, error: Trouble, count: int, *, now: datetime) -> None:
    """What a refusal says about EC2's bucket."""
    if isinstance(error, gateway.Throttled):
        tokens.learn(region, call.action, count, now=now)
    elif isinstance(error, gateway.NotSent):
        tokens.put_back(region, call.action, count, now=now)


def after_refusal(row: Operation, error: Trouble, *, together: bool, now: datetime) -> None:
    """One operation of a refused call: again later, again alone, or failed."""
    if isinstance(error, gateway.BadIds) and row.server.instance_id not in error.ids:
        again(row, error, wait=timedelta(), alone=False, now=now)
    elif together and one_of_many(error):
        again(row, error, wait=timedelta(), alone=True, now=now)
    elif type(error) in BACKOFF:
        again(row, error, wait=backoff(error, row.attempt), alone=False, now=now)
    else:
        give_up(row, error, now=now)


def one_of_many(error: Trouble) -> bool:
    """Whether one member may have spoilt the whole call without being named."""
    if isinstance(error, gateway.Denied):
        return error.code == "UnauthorizedOperation"  # policies may allow some servers and not others
    members = isinstance(error, gateway.NotNow | gateway.Impossible | gateway.NoCapacity)
    return members or type(error) is gateway.Refused


def backoff(error: Trouble, attempt: int) -> timedelta:
    """Full jitter between the class's least and most, doubling with every attempt."""
    least, most = BACKOFF[type(error)]  # type: ignore[index]
    return timedelta(seconds=least + uniform(0, min(most, least * 2**attempt) - least))


def again(row: Operation, error: Trouble, *, wait: timedelta, alone: bool, now: datetime) -> None:
    """Back to `requested`; when its grace would be over by then, this refusal is the end."""
    until = now + wait
    if until > row.grace_until:
        give_up(row, error, now=now)
    elif services.move([row.id], State.REQUESTED, not_before=until, alone=alone, call=None):
        services.free([row.id])
        transaction.on_commit(lambda: story.put_off(row, why=words(error), until=until))


def give_up(row: Operation, error: Trouble, *, now: datetime) -> None:
    reason = reason_of(error)
    if services.end(row, State.FAILED, reason=reason, now=now, aws=words(error)):
        transaction.on_commit(lambda: story.finished(row))


def reason_of(error: Trouble) -> str:
    if isinstance(error, CredentialUnusable):
        return "credential_unusable"
    if isinstance(error, gateway.BadIds):
        return "instance_not_found"
    if isinstance(error, gateway.NoCapacity):
        return "insufficient_capacity"
    return FAILS.get(type(error), "gave_up")


def words(error: Trouble) -> str:
    """AWS's own words with its code, short enough for a line."""
    code = getattr(error, "code", "")
    text = str(error).strip().rstrip(".")[:300]
    return f"{code}: {text}." if code and code not in text else f"{text}."


def nobody_knows(region: Region, call: Call, rows: list[Operation], error: gateway.Unanswered) -> None:
    """No answer: the operations stay `sending`; when the lease has passed, looking decides."""
    look.look_by(region, call.lease_until)
    seconds = max(0.0, (call.lease_until - clock.now()).total_seconds())
    hands.later(seconds + 0.1, broker.LOOK_AT_REGION, region=region.id)
    story.unanswered(call=call.id, count=len(rows), why=words(error))


def held(call: Call, rows: Iterable[Operation]) -> list[Operation]:
    """Those that still belong to this call, locked."""
    ids = [row.id for row in rows]
    mine = set(
        Operation.objects.select_for_update(no_key=True)
        .filter(id__in=ids, call=call, state=State.SENDING)
        .order_by("server_id")
        .values_list("id", flat=True)
    )
    return [row for row in rows if row.id in mine]


def close(call: Call, result: str, *, now: datetime, request_id: str) -> None:
    Call.objects.filter(id=call.id, outcome="").update(outcome=result, answered_at=now, request_id=request_id)
