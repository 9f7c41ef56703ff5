"""Sweep: finish what a dead process left, and end what has waited too long.

Nothing is ever sent again from here: a call without an answer makes its region be looked at, and the look
decides.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from scheduler import choosing, giving_up, pulse, story, trouble
from scheduler.causes import ENDED
from scheduler.deciding import WAITED, out_of_time
from scheduler.settling import TIMEOUT
from shared import clock
from shared.fleet.models import Region
from shared.fleet.status import GONE_AFTER
from shared.operations import services
from shared.operations.models import Call, Operation
from shared.operations.states import ACTIVE, State
from shared.operations.verdicts import Verdict

BATCH = 500
# A look ends an operation at its time-out; the sweep takes what no look has ended a minute later.
SPARE = timedelta(minutes=1)


def sweep() -> None:
    """Everything that time alone has decided; nothing while the clock is being set."""
    now = clock.now()
    if not pulse.agrees(now):
        return
    wake_regions(now)
    skip_gone(now)
    waited_too_long(now)
    never_free(now)
    tell([*too_late(now), *never_seen(now)])
    trouble.settle()
    giving_up.give_up()


def tell(ended: Iterable[Operation]) -> None:
    for operation in ended:
        (story.skipped if operation.state == State.SKIPPED else story.finished)(operation)


def skip_gone(now: datetime) -> None:
    """What still waits for a server that was terminated, or that EC2 has not shown for long, will not run."""
    absent = Q(server__region__looked_at__gte=F("server__missing_since") + GONE_AFTER)
    waiting = Operation.objects.filter(state=State.REQUESTED)
    ids = waiting.filter(absent | Q(server__observed_state__in=ENDED)).values_list("id", flat=True)
    tell(ended(ids[:BATCH], State.SKIPPED, reason="server_gone", now=now))


def wake_regions(now: datetime) -> None:
    """Calls whose lease ran out without an answer: look there next."""
    orphans = Call.objects.filter(outcome="", lease_until__lte=now)
    still_open = orphans.filter(operations__state=State.SENDING)
    asked = Region.objects.filter(id__in=still_open.values("region"), look_failures=0)
    asked.filter(Q(next_look_at__isnull=True) | Q(next_look_at__gt=now)).update(next_look_at=now)
    settled = orphans.exclude(id__in=still_open.values("id"))
    settled.update(outcome="abandoned", answered_at=now)


def out_of_grace(now: datetime) -> QuerySet[Operation]:
    """Requested operations whose grace has passed."""
    return Operation.objects.filter(state=State.REQUESTED, grace_until__lt=now)


def busy() -> Exists:
    """Their server is still at something else that was sent."""
    active = [state.value for state in ACTIVE]
    return Exists(Operation.objects.filter(server=OuterRef("server"), state__in=active))


def too_late(now: datetime) -> list[Operation]:
    """Those of which nobody knows what they waited for: nobody came to send them."""
    waiting = out_of_grace(now).filter(~busy()).exclude(waiting__in=WAITED)
    return ended(waiting.values_list("id", flat=True)[:BATCH], State.SKIPPED, reason="too_late", now=now)


def waited_too_long(now: datetime) -> None:
    """Those that AWS went on refusing, that it was not the time for, or that no limit let through."""
    waiting = out_of_grace(now).filter(waiting__in=WAITED)
    with transaction.atomic():
        for row in locked(waiting.values_list("id", flat=True)[:BATCH]):
            choosing.end(row, out_of_time(row.waiting, row.waiting_detail), now=now)


def never_free(now: datetime) -> None:
    """Those whose turn never came, because what was sent to their server before has no end yet."""
    waiting = out_of_grace(now).filter(busy()).exclude(waiting__in=WAITED)
    with transaction.atomic():
        for row in locked(waiting.values_list("id", flat=True)[:BATCH]):
            state = row.server.transition or row.server.observed_state
            choosing.end(row, Verdict("never_ready", {"state": state}), now=now)


def never_seen(now: datetime) -> list[Operation]:
    """Operations under way so long that the looks must have failed, or EC2 no longer shows the server."""
    done: list[Operation] = []
    for action, limit in TIMEOUT.items():
        since = now - limit - SPARE
        silent = Operation.objects.filter(state=State.ACCEPTED, action=action, accepted_at__lt=since)
        lost = Operation.objects.filter(state=State.SENDING, action=action, sending_at__lt=since)
        done += ended(silent.values_list("id", flat=True)[:BATCH], State.UNKNOWN, reason="not_seen", now=now)
        done += ended(
            lost.values_list("id", flat=True)[:BATCH], State.UNKNOWN, reason="call_unanswered", now=now
        )
    return done


def ended(ids: Iterable[int], to: State, *, reason: str, now: datetime) -> list[Operation]:
    """End these, skipping what another process is ending."""
    with transaction.atomic():
        return [row for row in locked(ids) if services.end(row, to, reason=reason, now=now)]


def locked(ids: Iterable[int]) -> QuerySet[Operation]:
    """These, without those that another process holds."""
    rows = Operation.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    chosen = rows.select_related("server__region", "schedule", "author").filter(id__in=list(ids))
    return chosen.order_by("id")
