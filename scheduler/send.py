"""Send: requested operations of one (region, action) become one request to EC2.

Three short steps, never a transaction open across the network: claim (rows locked, tokens taken, intent
committed), the request itself, and what came of it. `outcome` holds the third.
"""

import os
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from scheduler import choosing, hands, look, outcome, tokens
from scheduler.connect import connect
from scheduler.deciding import OUT_OF_TIME
from scheduler.ec2.gateway import Answer, CloudError, Ec2, NotSent
from scheduler.watchdog import watched
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Region, Server
from shared.fleet.status import TRANSITIONS
from shared.operations import services
from shared.operations.models import Call, Operation
from shared.operations.reasons import WAITING
from shared.operations.states import State

LEASE = timedelta(seconds=15)
# A request older than this was frozen on its way; somebody else may have taken over (the lease is 15 s).
STALE_SECONDS = 5.0
# What puts off without a refusal, and so without a step of its own.
UNTOLD = ("tokens", "not_ready")
OWNER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed call. `since`: what the machine's clock, which nobody sets, showed when its lease began."""

    call: Call
    since: float


def due_groups(now: datetime) -> list[tuple[int, str]]:
    """The (region, action) pairs that have something to send."""
    waiting = Operation.objects.filter(state=State.REQUESTED, not_before__lte=now)
    return list(waiting.values_list("server__region_id", "action").distinct().order_by())


def drain(region: int, action: str) -> None:
    """Send everything that may go now; comes back at once for what did not fit into one request."""
    row = Region.objects.select_related("account").filter(id=region).first()
    if row is None:
        return  # its account was deleted meanwhile
    try:
        intent = claim(row, action)
    except IntegrityError:
        return  # another worker made one of these servers busy; the next sweep finds the rest
    if intent is None:
        return
    transmit(row, intent.call, fresh(since=intent.since))
    hands.soon(broker.DRAIN_REGION, region=region, action=action)


def claim(region: Region, action: str) -> Intent | None:
    """Commit the intent: these operations are being sent. None when nothing may go now."""
    now = clock.now()
    with transaction.atomic():
        chosen = choosing.judged(choosing.candidates(region, action, now=now), now=now)
        granted = affordable(region, action, chosen, now=now)
        if not granted:
            return None
        call = Call.objects.create(
            workspace_id=region.workspace_id,
            region=region,
            action=action,
            options=choosing.options(granted[0]),
            owner=OWNER,
            sent_at=now,
            lease_until=now + LEASE,
        )
        mark(granted, call, now=now)
        return leased(region, call)


def leased(region: Region, call: Call) -> Intent:
    """The lease begins when all is written, for a slow database needs seconds for a thousand rows. Whoever
    dies now is noticed when it ends."""
    since, now = boot_clock(), clock.now()
    call.sent_at, call.lease_until = now, now + LEASE
    call.save(update_fields=["sent_at", "lease_until"])
    look.look_by(region, call.lease_until)
    return Intent(call, since)


def boot_clock() -> float:
    """Seconds that also count while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def affordable(region: Region, action: str, rows: list[Operation], *, now: datetime) -> list[Operation]:
    """As many of these as EC2's bucket allows now; the rest comes back when it has refilled."""
    rules = sum(choosing.by_rule(row) for row in rows)
    grant = tokens.take(region, action, len(rows), by_rule=rules, now=now)
    if grant.retry_at is not None:
        put_off(rows[grant.count :], until=grant.retry_at)
    return rows[: grant.count]


def put_off(rows: list[Operation], *, until: datetime) -> None:
    """No tokens now. What goes apart is known by its instant and keeps it; the next sweep asks again.

    What AWS refused before still says so: that is the reason should its time run out.
    """
    together = [row for row in rows if not row.alone]
    Operation.objects.filter(id__in=[row.id for row in together]).update(not_before=until)
    untold = [row.id for row in rows if row.waiting not in OUT_OF_TIME]
    waits = {"waiting": "tokens", "waiting_detail": WAITING["tokens"]}
    Operation.objects.filter(id__in=untold).update(**waits)


def mark(rows: list[Operation], call: Call, *, now: datetime) -> None:
    """Operations to `sending`, their servers in transition: the intent, written before the socket is."""
    for row in rows:
        row.snapshot = row.snapshot | known(row.server)
        row.state, row.call, row.sending_at = State.SENDING.value, call, now
        row.attempt += 1
        row.server.transition = TRANSITIONS[row.action]
        row.server.transition_operation, row.server.transition_since = row.id, now
    Operation.objects.bulk_update(
        rows, ["snapshot", "state", "call", "sending_at", "attempt"], batch_size=500
    )
    remember_waits(rows, now=now)
    servers = [row.server for row in rows]
    fields = ["transition", "transition_operation", "transition_since"]
    Server.objects.bulk_update(servers, fields, batch_size=500)


def remember_waits(rows: list[Operation], *, now: datetime) -> None:
    """They wait no more. Why they did is kept on their way, unless what AWS refused says so there already."""
    waited: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for row in rows:
        waited[row.waiting, row.waiting_detail].append(row)
    for (why, detail), alike in waited.items():
        if why in UNTOLD:
            services.note(alike, "waited", now=now, detail=detail)
    ids = [row.id for row in rows if row.waiting]
    Operation.objects.filter(id__in=ids).update(waiting="", waiting_detail="")


def known(server: Server) -> dict[str, str | None]:
    """What was known of the server when it was sent for."""
    since = server.state_since.isoformat() if server.state_since else None
    return {"before": server.observed_state, "checks": server.checks, "since": since}


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
        age = boot_clock() - since
        if age > STALE_SECONDS:
            raise NotSent(f"This process was frozen for {age:.0f} s before it could send.")

    return guard
