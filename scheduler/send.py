"""Send: requested operations of one (region, action) become one request to EC2.

Three short steps, never a transaction open across the network: claim (rows locked, tokens taken, intent
committed), the request itself, and what came of it. `outcome` holds the third.
"""

import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduler import hands, outcome, story, tokens
from scheduler.connect import connect
from scheduler.deciding import Ready, Wait, before_sending
from scheduler.ec2.gateway import Answer, CloudError, Ec2, NotSent
from scheduler.watchdog import watched
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Region, Server
from shared.fleet.status import TRANSITIONS, seen_at
from shared.operations import services
from shared.operations.firing import is_gone
from shared.operations.models import Call, Operation
from shared.operations.states import ACTIVE, Origin, State
from shared.operations.verdicts import RUN

MOST = 1000
LEASE = timedelta(seconds=15)
# A request older than this was frozen on its way; somebody else may have taken over (the lease is 15 s).
STALE_SECONDS = 5.0
DECIDED = [state.value for state in (State.REQUESTED, State.SENDING, State.ACCEPTED, State.SUCCEEDED)]
OWNER = f"{socket.gethostname()}:{os.getpid()}"


def due_groups(now: datetime) -> list[tuple[int, str]]:
    """The (region, action) pairs that have something to send."""
    waiting = Operation.objects.filter(state=State.REQUESTED, not_before__lte=now)
    return list(waiting.values_list("server__region_id", "action").distinct().order_by())


def drain(region: int, action: str) -> None:
    """Send everything that may go now; comes back at once for what did not fit into one request."""
    row = Region.objects.select_related("account").filter(id=region).first()
    if row is None:
        return  # its account was deleted meanwhile
    guard = fresh(since=time.clock_gettime(time.CLOCK_BOOTTIME))
    try:
        call = claim(row, action)
    except IntegrityError:
        return  # another worker made one of these servers busy; the next sweep finds the rest
    if call is None:
        return
    transmit(row, call, guard)
    hands.soon(broker.DRAIN_REGION, region=region, action=action)


def claim(region: Region, action: str) -> Call | None:
    """Commit the intent: these operations are being sent. None when nothing may go now."""
    now = clock.now()
    with transaction.atomic():
        chosen = judged(candidates(region, action, now=now), now=now)
        granted = affordable(region, action, chosen, now=now)
        if not granted:
            return None
        call = Call.objects.create(
            workspace_id=region.workspace_id,
            region=region,
            action=action,
            options=granted[0].options,
            owner=OWNER,
            sent_at=now,
            lease_until=now + LEASE,
        )
        mark(granted, call, now=now)
    return call


def candidates(region: Region, action: str, *, now: datetime) -> list[Operation]:
    """Requested operations whose server is free, locked together with the server; people first."""
    active = Operation.objects.filter(server=OuterRef("server"), state__in=[state.value for state in ACTIVE])
    rows = (
        Operation.objects.select_for_update(skip_locked=True, no_key=True, of=("self", "server"))
        .select_related("server__region", "schedule", "author")
        .filter(server__region=region, action=action, state=State.REQUESTED, not_before__lte=now)
        .filter(~Exists(active), ~Exists(asked_before()))
        .alias(by_rule=Q(origin=Origin.RULE.value))
        .order_by("by_rule", "due_at", "id")[:MOST]
    )
    return one_group(list(rows))


def asked_before() -> QuerySet[Operation]:
    """What a person or token asked of the same server earlier and that still waits: it goes first."""
    waiting = Operation.objects.filter(server=OuterRef("server"), state=State.REQUESTED)
    earlier = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), id__lt=OuterRef("id"))
    return waiting.exclude(origin=Origin.RULE.value).filter(earlier)


def one_group(rows: list[Operation]) -> list[Operation]:
    """Those that fit into one request: one per server, the same options, and alone what must go alone."""
    chosen: dict[int, Operation] = {}
    for row in rows:
        fits = not chosen or (row.options == rows[0].options and not row.alone and not rows[0].alone)
        if fits:
            chosen.setdefault(row.server_id, row)
    return list(chosen.values())


def judged(rows: list[Operation], *, now: datetime) -> list[Operation]:
    """Those that should really be sent; the others are ended or put off, each with its reason."""
    newer = overtaken(rows)
    return [row for row in rows if runs(row, newer=row.id in newer, now=now)]


def runs(row: Operation, *, newer: bool, now: datetime) -> bool:
    verdict = before_sending(ready(row, newer=newer, now=now), now=now)
    if isinstance(verdict, Wait):
        Operation.objects.filter(id=row.id).update(not_before=verdict.until)
        return False
    if verdict is not RUN:
        services.end(row, State.SKIPPED, reason=verdict.reason, now=now, **verdict.words)
        transaction.on_commit(lambda: story.skipped(row))
        return False
    return True


def ready(row: Operation, *, newer: bool, now: datetime) -> Ready:
    server, region = row.server, row.server.region
    return Ready(
        action=row.action,
        by_rule=row.origin == Origin.RULE,
        grace_until=row.grace_until,
        observed_state=server.observed_state,
        seen_at=seen_at(
            observed_at=server.observed_at, looked_at=region.looked_at, missing=bool(server.missing_since)
        ),
        gone=is_gone(server, now=now),
        protected=server.protected,
        newer=newer,
        region_enabled=region.enabled,
    )


def overtaken(rows: list[Operation]) -> set[int]:
    """Rule operations after which somebody decided otherwise: a later start or stop, or a better one at the
    same instant, whether it still waits or has been carried out."""
    decided = Q(state__in=DECIDED) | Q(state=State.SKIPPED, reason="already_in_state")
    other = Operation.objects.filter(decided, server=OuterRef("server"), action__in=["start", "stop"])
    later = Exists(other.filter(due_at__gt=OuterRef("due_at")))
    same = other.filter(due_at=OuterRef("due_at"))
    beaten = Q(action="reboot") & Exists(same) | Q(action="stop") & Exists(same.filter(action="start"))
    mine = Operation.objects.filter(id__in=[row.id for row in rows], origin=Origin.RULE.value)
    return set(mine.filter(later | beaten).values_list("id", flat=True))


def affordable(region: Region, action: str, rows: list[Operation], *, now: datetime) -> list[Operation]:
    """As many of these as EC2's bucket allows now; the rest comes back when it has refilled."""
    grant = tokens.take(region, action, len(rows), now=now)
    if grant.retry_at is not None:
        rest = [row.id for row in rows[grant.count :]]
        Operation.objects.filter(id__in=rest).update(not_before=grant.retry_at)
    return rows[: grant.count]


def mark(rows: list[Operation], call: Call, *, now: datetime) -> None:
    """Operations to `sending`, their servers in transition: the intent, written before the socket is."""
    for row in rows:
        row.snapshot = row.snapshot | {"before": row.server.observed_state, "checks": row.server.checks}
        row.state, row.call, row.sending_at = State.SENDING.value, call, now
        row.attempt += 1
        row.server.transition = TRANSITIONS[row.action]
        row.server.transition_operation, row.server.transition_since = row.id, now
    Operation.objects.bulk_update(
        rows, ["snapshot", "state", "call", "sending_at", "attempt"], batch_size=500
    )
    servers = [row.server for row in rows]
    fields = ["transition", "transition_operation", "transition_since"]
    Server.objects.bulk_update(servers, fields, batch_size=500)


def transmit(region: Region, call: Call, guard: Callable[[], None]) -> None:
    """The request itself, outside any transaction; then what came of it."""
    rows = carried(call)
    if not rows:
        return  # overtaken: nothing of it is ours any more
    try:
        answer = ask(connect(region), call, rows, guard)
    except (CloudError, CredentialUnusable) as error:
        outcome.refused(region, call, rows, error)
    else:
        outcome.accepted(region, call, rows, answer)


def carried(call: Call) -> list[Operation]:
    """The operations that are still being sent with this call."""
    rows = call.operations.select_related("server__region", "schedule", "author")
    return list(rows.filter(state=State.SENDING).order_by("id"))


def ask(ec2: Ec2, call: Call, rows: list[Operation], guard: Callable[[], None]) -> Answer:
    ids = [row.server.instance_id for row in rows]
    with watched():
        return ec2.act(call.action, ids, call=call.id, options=call.options, guard=guard)


def fresh(*, since: float) -> Callable[[], None]:
    """A guard that stops a request whose process slept too long between the commit and the socket."""

    def guard() -> None:
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - since
        if age > STALE_SECONDS:
            raise NotSent(f"This process was frozen for {age:.0f} s before it could send.")

    return guard
