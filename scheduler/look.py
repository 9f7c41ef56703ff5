"""Look: ask EC2 how a region's servers are, write down what changed, settle what was sent.

Every 1 to 5 s while something is on its way, once a minute otherwise, and when somebody wants to know. A
lease on the region keeps two workers from asking the same; it is renewed with each page of an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from scheduler import cadence, drift, explain, hands, pulse, story, stuck, sweep, trouble
from scheduler.cadence import IDLE
from scheduler.causes import ENDED
from scheduler.connect import connect
from scheduler.ec2.gateway import BadIds, CloudError, Ec2, SeenStatus
from scheduler.lease import Lease, LeaseLost
from scheduler.observe import Sight, absent, observe
from scheduler.settle import Surprise, explain_surprises, settle_region
from scheduler.watchdog import watched
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Operation
from shared.operations.states import ACTIVE

LEASE = timedelta(seconds=15)
FIRST_LOOK = timedelta(seconds=1)
# However many people want to know, a region is not looked at for them more often than this.
READERS_AGAIN = timedelta(seconds=3)
# So long a server is asked for that something of ours is on its way with and that EC2 does not know.
FORGOTTEN = timedelta(minutes=1)
MOST_BY_ID = 100
# EC2 may name unknown ids one by one; with more than these the whole region is cheaper to ask for.
MOST_UNKNOWN = 5
PAGE = 1000
CHANGING = (
    Q(observed_state__in=["pending", "stopping", "shutting-down"])
    | ~Q(transition="")
    | Q(doubted_until__isnull=False)
)


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look brought: the sights, the ids EC2 did not know, and whether it was of the whole region."""

    sights: list[Sight]
    unknown: frozenset[str]
    full: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What was written down: what changed, the operations that ended, those that EC2 must explain first."""

    changes: list[Observation]
    ended: list[Operation]
    surprises: list[Surprise]


def due_regions(now: datetime) -> list[int]:
    return list(due(now).values_list("id", flat=True))


def due(now: datetime) -> QuerySet[Region]:
    rested = Q(looked_at__isnull=True) | Q(looked_at__lte=now - READERS_AGAIN)
    wanted = (
        Q(rested, wanted_look_at__isnull=False, look_failures=0)
        | Q(next_look_at__isnull=True)
        | Q(next_look_at__lte=now)
    )
    free = Q(look_lease_until__isnull=True) | Q(look_lease_until__lte=now)
    return Region.objects.filter(wanted & free, enabled=True, discovered_at__isnull=False)


def look_at(region: int) -> None:
    """One look, if it is due and nobody else is looking; none while the clock is being set."""
    claimed = claim(region) if pulse.agrees(clock.now()) else None
    if claimed is None:
        return
    row, lease = claimed
    try:
        ec2 = connect(row)
        glance = ask(ec2, row, turned=lease.renew, everything=row.wanted_look_at is not None)
    except (CloudError, CredentialUnusable) as error:
        trouble.look_failed(row, error, lease)
        return
    except LeaseLost:
        return
    result = write_down(row, glance)
    follow_up(row, ec2, result)
    after(row, lease, asked_at=glance.asked_at)


def claim(region: int) -> tuple[Region, Lease] | None:
    """The region as it was, and the right to look at it; None when that is not due or somebody else's."""
    with transaction.atomic():
        now = clock.now()
        rows = due(now).select_for_update(no_key=True, of=("self",))
        row = rows.select_related("account").filter(id=region).first()
        if row is None:
            return None
        until = now + LEASE
        Region.objects.filter(id=region).update(look_lease_until=until, wanted_look_at=None)
    return row, Lease(region, "look_lease_until", LEASE, until)


def ask(ec2: Ec2, region: Region, *, turned: Callable[[], None], everything: bool) -> Glance:
    """The moving ones by id; the whole region when its last full look is a minute old or somebody asked."""
    asked_at = clock.now()
    ids = moving(region, now=asked_at)
    full = everything or not ids or older(region.looked_at, than=asked_at - IDLE) or dearer(ids, region)
    with watched():
        found = None if full else by_id(ec2, ids, turned=turned)
        seen, unknown = found or (ec2.all_statuses(turned=turned), frozenset[str]())
    sights = [sight(each, asked_at=asked_at) for each in seen]
    return Glance(sights, unknown, full=found is None, asked_at=asked_at)


def sight(seen: SeenStatus, *, asked_at: datetime) -> Sight:
    return Sight(seen.instance_id, seen.state, seen.checks, asked_at, planned=seen.planned)


def older(moment: datetime | None, *, than: datetime) -> bool:
    return moment is None or moment <= than


def dearer(ids: Sequence[str], region: Region) -> bool:
    """Whether asking for these by id takes more requests than all the region's pages."""
    if len(ids) <= MOST_BY_ID:
        return False
    pages = -(-Server.objects.filter(region=region, missing_since=None).count() // PAGE)
    return -(-len(ids) // MOST_BY_ID) > pages


def by_id(
    ec2: Ec2, ids: Sequence[str], *, turned: Callable[[], None]
) -> tuple[list[SeenStatus], frozenset[str]] | None:
    """These instances, a hundred to a request, and the ids that EC2 does not know; None when it goes on
    finding others."""
    seen: list[SeenStatus] = []
    unknown: set[str] = set()
    for start in range(0, len(ids), MOST_BY_ID):
        found, missing = some(ec2, ids[start : start + MOST_BY_ID])
        if found is None:
            return None
        seen += found
        unknown |= missing
        turned()
    return seen, frozenset(unknown)


def some(ec2: Ec2, ids: Sequence[str]) -> tuple[list[SeenStatus] | None, frozenset[str]]:
    """These instances; ids that EC2 does not know are set apart so that they do not hide the others. None
    when it names no more of ours, or too many one by one."""
    unknown: set[str] = set()
    for _ in range(MOST_UNKNOWN):
        rest = [each for each in ids if each not in unknown]
        try:
            return (ec2.statuses(rest) if rest else []), frozenset(unknown)
        except BadIds as error:
            if not error.ids & set(rest):
                break
            unknown |= error.ids
    return None, frozenset(unknown)


def moving(region: Region, *, now: datetime) -> list[str]:
    """Instances in transition, ours or EC2's own, and those whose state is doubted."""
    return list(on_their_way(region, now=now).order_by("id").values_list("instance_id", flat=True))


def on_their_way(region: Region, *, now: datetime) -> QuerySet[Server]:
    """Those of `moving`; also those of ours that EC2 has just forgotten, for they may be back at once.

    Source: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    """
    there = Q(missing_since=None) | (~Q(transition="") & Q(missing_since__gt=now - FORGOTTEN))
    return Server.objects.filter(CHANGING, there, region=region)


def write_down(region: Region, glance: Glance) -> Result:
    """One transaction: changes with what answers them, the date of the look, the operations it ended or must
    have explained."""
    with transaction.atomic():
        now = clock.now()
        active = list(
            Operation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("server__region", "schedule", "author", "call")
            .filter(server__region=region, state__in=[state.value for state in ACTIVE])
            .order_by("server_id")
        )
        changes = observe(region, glance.sights, asked_at=glance.asked_at, dated=not glance.full)
        if glance.full:
            everything_seen(region, glance.sights, asked_at=glance.asked_at)
        absent(region, glance.unknown, asked_at=glance.asked_at)
        stuck.flag(region, asked_at=glance.asked_at)
        drift.react(region, changes, now=now)
        return Result(changes, *settle_region(active, glance.sights, now=now))


def everything_seen(region: Region, sights: Sequence[Sight], *, asked_at: datetime) -> None:
    """What a full look adds: who was not in it, its date, and instances we have no row for. Those that had
    ended before anybody saw them get none."""
    rows = dict(Server.objects.filter(region=region).values_list("instance_id", "missing_since"))
    there = {name for name, missing in rows.items() if missing is None}
    absent(region, there - {sight.instance_id for sight in sights}, asked_at=asked_at)
    Region.objects.filter(id=region.id).update(looked_at=Greatest(F("looked_at"), asked_at))
    if {sight.instance_id for sight in sights if sight.state not in ENDED} - rows.keys():
        transaction.on_commit(partial(ask_for_details, region))


def follow_up(region: Region, ec2: Ec2, result: Result) -> None:
    """After the commit: tell what ended, and ask EC2 what the statuses do not say."""
    finished = [*result.ended, *explain_surprises(result.surprises, ec2, now=clock.now())]
    for operation in finished:
        story.finished(operation)
    if any(change.after in ENDED for change in result.changes):
        sweep.skip_gone(clock.now())
    explain.ask(ec2, explain.wanting(result.changes))
    if any(operation.action == "start" for operation in finished) or any(map(started, result.changes)):
        ask_for_details(region)


def started(change: Observation) -> bool:
    """Somebody else started it."""
    return change.cause == Observation.Cause.OUTSIDE and change.after == Server.Observed.RUNNING


def after(region: Region, lease: Lease, *, asked_at: datetime) -> None:
    """When to look again, and the end of any trouble.

    The long pause is written first and what moves is read after it, so that something sent meanwhile is
    either seen here or moves the look forward itself.
    """
    trouble.look_succeeded(region)
    idle = cadence.idle_until(asked_at, discovered_at=region.discovered_at)
    if not lease.mine().update(look_lease_until=None, next_look_at=idle):
        return
    now = clock.now()
    pause = pause_now(region, now=now)
    if pause < IDLE:
        moment = cadence.next_at(asked_at, pause, now=now)
        look_by(region, moment)
        hands.later((moment - now).total_seconds() + 0.005, broker.LOOK_AT_REGION, region=region.id)


def ask_for_details(region: Region) -> None:
    """A started instance has a new public address and launch time, which only discovery brings."""
    Region.objects.filter(id=region.id).update(wanted_discover_at=clock.now())
    hands.soon(broker.DISCOVER_REGION, region=region.id)


def pause_now(region: Region, *, now: datetime) -> timedelta:
    """The pause until the next look, from how long the youngest transition has been going on."""
    rows = on_their_way(region, now=now)
    since = rows.filter(stuck_since=None).annotate(began=Coalesce("transition_since", "state_since"))
    began = since.order_by(F("began").desc(nulls_last=True)).values_list("began", flat=True).first()
    if began is not None:
        return cadence.pause_at(
            now - began, crowd=rows[MOST_BY_ID : MOST_BY_ID + 1].exists() or crowd(region)
        )
    if not rows.exists():
        return IDLE
    return cadence.STUCK if not since.exists() else cadence.NO_TRANSITION


def crowd(region: Region) -> bool:
    """Whether what is on its way is the rest of many that were sent together."""
    active = Operation.objects.filter(server__region=region, state__in=[state.value for state in ACTIVE])
    calls = list(active.order_by().values_list("call", flat=True).distinct()[:10])
    return Operation.objects.filter(call__in=[call for call in calls if call]).count() > cadence.CROWD


def look_by(region: Region, moment: datetime) -> None:
    """Look at that moment at the latest; a look that is due earlier stays where it is, and one that is put
    off because the region cannot be read is not moved."""
    sooner = Case(
        When(look_failures=0, then=Least(F("next_look_at"), Value(moment))), default=F("next_look_at")
    )
    Region.objects.filter(id=region.id).update(next_look_at=sooner)
