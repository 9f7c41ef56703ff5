"""What came of a call: accepted, refused, or nobody knows. One short transaction each.

Every write is to operations that still belong to the call and are still being sent, locked by `held`; so a
worker that was overtaken changes none of them. What a refusal means for each is said in `refusing`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from scheduler import complaints, hands, look, story, story_refused, tokens
from scheduler.ec2 import gateway
from scheduler.meaning import over_for_the_session, words
from scheduler.observe import Sight, observe
from scheduler.refusing import LAST_BUT_ONE, LAST_TRY, NEW_SESSION, ONCE, Fate, Member, Trouble, fates
from shared import broker, clock
from shared.fleet.models import Region
from shared.operations import services
from shared.operations.models import Call, Operation, Step
from shared.operations.reasons import GOALS
from shared.operations.states import State

QUIET = frozenset({"throttled", "unreachable"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was said to which call, and when we heard it. `quiet`: the same was told often enough."""

    call: Call
    error: Trouble
    now: datetime
    quiet: bool


def accepted(region: Region, call: Call, rows: list[Operation], answer: gateway.Answer) -> None:
    """EC2 said yes. Its answer is an observation too: it was asked when the call was sent.

    Operations whose server the answer does not name are left as they are: a look decides about them.
    """
    rows = [row for row in rows if names(answer, row)]
    with transaction.atomic():
        now = clock.now()
        mine = held(call, rows)
        for row in mine:
            row.state, row.accepted_at = State.ACCEPTED.value, now
        services.move([row.id for row in mine], State.ACCEPTED, accepted_at=now)
        close(call, "accepted", now=now, request_id=answer.request_id)
        asked = {row.server.instance_id for row in rows}
        states = ((each, state) for each, state in answer.states.items() if each in asked)
        sights = [Sight(instance_id, state, "", call.sent_at) for instance_id, state in states]
        observe(region, sights, asked_at=call.sent_at)
        nothing_to_do(mine, answer, now=now)
        look.look_by(region, now + look.FIRST_LOOK)
        complaints.over(region, call, now=now)
    tell(region, call, mine)
    hands.later(look.FIRST_LOOK.total_seconds(), broker.LOOK_AT_REGION, region=region.id)


def names(answer: gateway.Answer, row: Operation) -> bool:
    """Whether the answer speaks of this operation's server; that to a reboot names none."""
    return row.action == "reboot" or row.server.instance_id in answer.states


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
        quiet = complaints.told_enough(region, call, error, now=now)
        members = judge(mine, Refusal(call, error, now, quiet=quiet))
        look.look_by(region, now + look.FIRST_LOOK)
        if not renewing(error, members):
            complaints.note(region, call, error, members, now=now)
    hands.soon(broker.LOOK_AT_REGION, region=region.id)


def judge(rows: list[Operation], refusal: Refusal) -> list[Member]:
    """Let every operation of the call meet its fate."""
    behind = steps(rows)
    members = [member(row, steps=behind[row.id]) for row in rows]
    by_id = {row.id: row for row in rows}
    hibernating = bool(refusal.call.options.get("hibernate"))
    if members:
        for fate in fates(refusal.error, members, call=refusal.call.id, hibernating=hibernating):
            meet([by_id[each] for each in fate.members], fate, refusal)
    return members


def steps(rows: list[Operation]) -> defaultdict[int, set[str]]:
    """What these have behind them of what is done once only."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    written = Step.objects.filter(operation__in=[row.id for row in rows], what__in=ONCE)
    for operation, what in written.values_list("operation", "what"):
        found[operation].add(what)
    return found


def member(row: Operation, *, steps: Iterable[str]) -> Member:
    server = row.server
    return Member(
        row.id,
        server.instance_id,
        row.attempt,
        apart=row.alone,
        steps=frozenset(steps),
        pool=(server.type, server.availability_zone),
    )


def renewing(error: Trouble, members: list[Member]) -> bool:
    """Whether they go again with a new session; until that is refused too, nothing is held against AWS."""
    return over_for_the_session(error) and any(NEW_SESSION not in each.steps for each in members)


def count_tokens(region: Region, call: Call, error: Trouble, count: int, *, now: datetime) -> None:
    """What a refusal says about EC2's bucket."""
    if isinstance(error, gateway.Throttled):
        tokens.learn(region, call.action, count, now=now)
    elif isinstance(error, gateway.NotSent):
        tokens.put_back(region, call.action, count, now=now)


def meet(rows: list[Operation], fate: Fate, refusal: Refusal) -> None:
    """Let these meet their fate: again at some moment, or failed."""
    lost: list[Operation] = []
    again: dict[datetime, list[Operation]] = defaultdict(list)
    for row in rows:
        moment = next_try(row, fate, now=refusal.now)
        (again[moment] if moment else lost).append(row)
    for moment, waiting in again.items():
        try_at(moment, waiting, fate, refusal)
    if fate.otherwise and lost:
        meet(lost, fate.otherwise, refusal)
    else:
        give_up(lost, fate, refusal)


def next_try(row: Operation, fate: Fate, *, now: datetime) -> datetime | None:
    """When; None when it ends. A wait beyond the grace is cut short for one last try inside it."""
    if fate.wait is None:
        return None
    moment = now + fate.wait
    last = row.grace_until - (LAST_BUT_ONE if fate.otherwise else LAST_TRY) - fate.hair
    if moment > last and fate.waiting and now + fate.at_least <= last:
        return last
    return moment if moment <= row.grace_until else None


def try_at(moment: datetime, rows: list[Operation], fate: Fate, refusal: Refusal) -> None:
    """Back to `requested`, until that moment."""
    aws, ids = words(refusal.error), [row.id for row in rows]
    why = services.why(fate.waiting, aws=aws)
    waits = {"alone": fate.apart, "waiting": fate.waiting, "waiting_detail": why}
    services.move(ids, State.REQUESTED, not_before=moment, call=None, **waits)
    services.free(ids)
    services.note(rows, fate.step, now=refusal.now, call=refusal.call, detail=written(fate, aws, moment))
    if fate.waiting:
        quiet = fate.waiting in QUIET
        transaction.on_commit(lambda: story_refused.put_off(rows, why=aws, until=moment, quiet=quiet))


def written(fate: Fate, aws: str, moment: datetime) -> str:
    """What a step keeps of it."""
    if fate.waiting:
        return f"{aws} Trying again at {moment:%H:%M:%S} UTC."
    return f"It was refused because of others: {aws}" if fate.step == "sent_again" else aws


def give_up(rows: list[Operation], fate: Fate, refusal: Refusal) -> None:
    """This refusal is their end."""
    aws = words(refusal.error)
    if fate.step == "dropped":
        services.note(rows, fate.step, now=refusal.now, call=refusal.call, detail=aws)
    ended = services.end_all(rows, State.FAILED, reason=fate.reason, now=refusal.now, aws=aws)
    if ended:
        transaction.on_commit(lambda: story_refused.failed(ended, quiet=refusal.quiet))


def nobody_knows(region: Region, call: Call, rows: list[Operation], error: gateway.Unanswered) -> None:
    """No answer: the operations stay `sending`; when the lease has passed, looking decides."""
    with transaction.atomic():
        mine = held(call, rows)
        services.note(mine, "unanswered", now=clock.now(), call=call, detail=words(error))
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
