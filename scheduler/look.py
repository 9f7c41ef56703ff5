"""Look: ask EC2 how a region's servers are, write down what changed, settle what was sent.

Every 1 to 5 s while something is on its way, once a minute otherwise, and when somebody wants to know. A
lease on the region keeps two workers from asking the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Least

from scheduler import hands, story
from scheduler.connect import connect
from scheduler.ec2.gateway import BadIds, CloudError, Ec2, SeenStatus
from scheduler.observe import Sight, absent, observe
from scheduler.settle import Surprise, explain_surprises, settle_region
from scheduler.watchdog import watched
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.operations.states import ACTIVE

LEASE = timedelta(seconds=15)
IDLE = timedelta(seconds=60)
FIRST_LOOK = timedelta(seconds=1)
MOST_BY_ID = 100
TROUBLE = (timedelta(seconds=2), timedelta(seconds=60))


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look brought: the sights, the ids EC2 did not know, and whether it was of the whole region."""

    sights: list[Sight]
    unknown: frozenset[str]
    full: bool
    asked_at: datetime


def due_regions(now: datetime) -> list[int]:
    return list(due(now).values_list("id", flat=True))


def due(now: datetime) -> QuerySet[Region]:
    wanted = (
        Q(wanted_look_at__isnull=False, look_failures=0)
        | Q(next_look_at__isnull=True)
        | Q(next_look_at__lte=now)
    )
    free = Q(look_lease_until__isnull=True) | Q(look_lease_until__lte=now)
    return Region.objects.filter(wanted & free, enabled=True, discovered_at__isnull=False)


def look_at(region: int) -> None:
    """One look, if it is due and nobody else is looking."""
    now = clock.now()
    wanted = Region.objects.filter(id=region, wanted_look_at__isnull=False).exists()
    if not due(now).filter(id=region).update(look_lease_until=now + LEASE, wanted_look_at=None):
        return
    row = Region.objects.select_related("account").get(id=region)
    try:
        ec2 = connect(row)
        glance = ask(ec2, row, everything=wanted)
    except (CloudError, CredentialUnusable) as error:
        trouble(row, error)
        return
    ended, surprises = write_down(row, glance)
    finished = [*ended, *explain_surprises(surprises, ec2, now=clock.now())]
    for operation in finished:
        story.finished(operation)
    if any(operation.action == "start" for operation in finished):
        ask_for_details(row)
    after(row)


def ask(ec2: Ec2, region: Region, *, everything: bool) -> Glance:
    """The moving ones by id; the whole region when its last full look is a minute old or somebody asked."""
    asked_at = clock.now()
    ids = moving(region)
    full = everything or not ids or len(ids) > MOST_BY_ID or older(region.looked_at, than=asked_at - IDLE)
    with watched():
        seen, unknown = (ec2.all_statuses(), frozenset[str]()) if full else some(ec2, ids)
    sights = [Sight(each.instance_id, each.state, each.checks, asked_at) for each in seen]
    return Glance(sights, unknown, full, asked_at)


def older(moment: datetime | None, *, than: datetime) -> bool:
    return moment is None or moment <= than


def some(ec2: Ec2, ids: Sequence[str]) -> tuple[list[SeenStatus], frozenset[str]]:
    """These instances; ids that EC2 does not know are set apart so that they do not hide the others."""
    try:
        return ec2.statuses(ids), frozenset()
    except BadIds as error:
        rest = [each for each in ids if each not in error.ids]
        if len(rest) == len(ids):
            raise
        return (ec2.statuses(rest) if rest else []), error.ids


def moving(region: Region) -> list[str]:
    """Instances in transition, ours or EC2's own."""
    changing = Q(observed_state__in=["pending", "stopping", "shutting-down"]) | ~Q(transition="")
    rows = Server.objects.filter(changing, region=region, missing_since=None)
    return list(rows.order_by("id").values_list("instance_id", flat=True))


def write_down(region: Region, glance: Glance) -> tuple[list[Operation], list[Surprise]]:
    """One transaction: changes, the date of the look, and the operations it ended or must have explained."""
    with transaction.atomic():
        active = list(
            Operation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("server__region", "schedule", "author", "call")
            .filter(server__region=region, state__in=[state.value for state in ACTIVE])
            .order_by("server_id")
        )
        observe(region, glance.sights, asked_at=glance.asked_at, dated=not glance.full)
        known = {sight.instance_id for sight in glance.sights}
        if glance.full:
            mine = Server.objects.filter(region=region).exclude(observed_state=Server.Observed.TERMINATED)
            absent(region, set(mine.values_list("instance_id", flat=True)) - known, asked_at=glance.asked_at)
            latest = Greatest(F("looked_at"), glance.asked_at)
            Region.objects.filter(id=region.id).update(looked_at=latest)
            newcomers(region, known)
        absent(region, glance.unknown, asked_at=glance.asked_at)
        return settle_region(active, glance.sights, now=clock.now())


def newcomers(region: Region, instance_ids: set[str]) -> None:
    """Instances we have no row for: discovery is asked to find out about them."""
    rows = Server.objects.filter(region=region, instance_id__in=instance_ids)
    if len(instance_ids) > rows.count():
        ask_for_details(region)


def after(region: Region) -> None:
    """When to look again, and the end of any trouble.

    The long pause is written first and what moves is read after it, so that something sent meanwhile is
    either seen here or moves the look forward itself.
    """
    now = clock.now()
    rows = Region.objects.filter(id=region.id)
    rows.filter(look_failures__gt=0).update(look_failures=0, look_error="")
    rows.update(look_lease_until=None, next_look_at=now + IDLE)
    if region.look_failures:
        story.region_back(region=region.id, name=region.name, account=region.account_id)
    pause = cadence(region, now=now)
    if pause < IDLE:
        look_by(region, now + pause)
        hands.later(pause.total_seconds() + 0.005, broker.LOOK_AT_REGION, region=region.id)


def ask_for_details(region: Region) -> None:
    """A started instance has a new public address and launch time, which only discovery brings."""
    Region.objects.filter(id=region.id).update(wanted_discover_at=clock.now())
    hands.soon(broker.DISCOVER_REGION, region=region.id)


def cadence(region: Region, *, now: datetime) -> timedelta:
    """The pause until the next look, from how long the youngest transition has been going on."""
    moving = Q(observed_state__in=["pending", "stopping", "shutting-down"]) | ~Q(transition="")
    rows = Server.objects.filter(moving, region=region, missing_since=None)
    if not rows.exists():
        return IDLE
    youngest = rows.order_by(F("transition_since").desc(nulls_last=True)).values_list(
        "transition_since", flat=True
    )[0]
    return pause_at(now - youngest) if youngest else timedelta(seconds=2)


def pause_at(age: timedelta) -> timedelta:
    """Dense while the end is expected, sparse in the tail."""
    if age < timedelta(minutes=2):
        return timedelta(seconds=1)
    if age < timedelta(minutes=5):
        return timedelta(seconds=2)
    return timedelta(seconds=5)


def look_by(region: Region, moment: datetime) -> None:
    """Look at that moment at the latest; a look that is due earlier stays where it is."""
    Region.objects.filter(id=region.id).update(next_look_at=Least(F("next_look_at"), moment))


def trouble(region: Region, error: CloudError | CredentialUnusable) -> None:
    """Nothing is changed but the error; the next try comes later and later, up to a minute."""
    least, most = TROUBLE
    pause = min(most, least * 2 ** min(region.look_failures, 10))
    Region.objects.filter(id=region.id).update(
        look_lease_until=None,
        next_look_at=clock.now() + pause,
        look_error=str(error)[:500],
        look_failures=F("look_failures") + 1,
    )
    if region.look_error != str(error)[:500]:
        story.region_trouble(region=region.id, name=region.name, account=region.account_id, why=str(error))
