"""Discover: ask EC2 for everything in a region and keep our list of servers true.

New servers get a row, and join the schedules whose tag query means them; without one nothing is ever done to
them unasked. A server that is absent from one answer is marked and kept; a region that cannot be read changes
nothing but its error.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Least

from scheduler import cadence, drift, explain, joining, sweep, trouble
from scheduler.causes import ENDED
from scheduler.connect import connect
from scheduler.ec2.gateway import CloudError, SeenServer
from scheduler.inventory import DETAILS, Details, Difference, details, difference
from scheduler.lease import Lease, LeaseLost
from scheduler.look import CHANGING
from scheduler.observe import Sight, absent, observe
from scheduler.watchdog import watched
from shared import clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region, Server
from shared.logs import event

PERIOD = cadence.DISCOVERY
LEASE = timedelta(seconds=120)
# However often something changes, the whole list is not read again sooner.
AGAIN = timedelta(seconds=10)
# EC2 shows a terminated instance for about an hour; one that is missing may be a matter of permissions.
LEFT = {"terminated": timedelta(hours=1), "missing": timedelta(days=7)}


def due_regions(now: datetime) -> list[int]:
    """Regions somebody wants to have discovered, or whose list is five minutes old."""
    return list(due(now).order_by("id").values_list("id", flat=True))


def due(now: datetime) -> QuerySet[Region]:
    never = Q(discovered_at__isnull=True)
    rested = Q(discovered_at__lte=now - AGAIN)
    wanted = Q(rested, wanted_discover_at__gt=F("discovered_at")) | Q(discovered_at__lte=now - PERIOD)
    free = Q(discover_lease_until__isnull=True) | Q(discover_lease_until__lte=now)
    # A role account is made before its role, whose trust policy wants the external ID.
    without_role = Account.objects.filter(kind=Account.Kind.ROLE, role_arn="")
    return Region.objects.filter(never | wanted, free, enabled=True).exclude(account__in=without_role)


def discover_region(region: int) -> None:
    """One full description of the region, if it is due and nobody else is at it."""
    now = clock.now()
    lease = Lease(region, "discover_lease_until", LEASE, now + LEASE)
    if not due(now).filter(id=region).update(discover_lease_until=lease.until):
        return
    row = Region.objects.select_related("account").get(id=region)
    try:
        ec2 = connect(row)
        with watched():
            seen = ec2.servers(turned=lease.renew)
    except (CloudError, CredentialUnusable) as error:
        trouble.list_failed(row, error, lease)
        return
    except LeaseLost:
        return
    found = write_down(row, seen, asked_at=now, lease=lease)
    if found is not None:
        trouble.list_succeeded(row)
        if any(each.state in ENDED for each in seen):
            sweep.skip_gone(clock.now())
        tell(row, found, count=len(seen))
        joining.join(row)


def write_down(
    region: Region, seen: Sequence[SeenServer], *, asked_at: datetime, lease: Lease
) -> Difference | None:
    """One transaction; None when somebody else took over meanwhile and this answer is too old to count."""
    with transaction.atomic():
        found = difference(seen, known=known(region, {each.instance_id for each in seen}))
        changes = observe(region, [sight(each, asked_at=asked_at) for each in seen], asked_at=asked_at)
        drift.react(region, changes, now=clock.now())
        explain.keep(explain.unexplained(region, now=asked_at), seen)
        update(region, found.changed)
        insert(region, found.added, asked_at=asked_at)
        absent(region, found.gone, asked_at=asked_at)
        leave(region, asked_at=asked_at)
        if finish(region, asked_at=asked_at, lease=lease):
            return found
        transaction.set_rollback(True)
    return None


def known(region: Region, seen: set[str]) -> dict[str, Details]:
    """Our list, and those of the servers that left it which EC2 shows again."""
    rows = Server.objects.filter(Q(left_at=None) | Q(instance_id__in=seen), region=region)
    rows = rows.values("instance_id", *DETAILS)
    return {row.pop("instance_id"): Details(**row) for row in rows}


def sight(seen: SeenServer, *, asked_at: datetime) -> Sight:
    return Sight(seen.instance_id, seen.state, "", asked_at, seen.state_reason)


def update(region: Region, changed: Sequence[SeenServer]) -> None:
    """New names, tags, addresses. `observe` has locked these rows already, in the order of their ids."""
    seen = {each.instance_id: details(each).columns() for each in changed}
    rows = list(Server.objects.filter(region=region, instance_id__in=seen))
    for row in rows:
        for name, value in seen[row.instance_id].items():
            setattr(row, name, value)
    Server.objects.bulk_update(rows, DETAILS, batch_size=500)


def insert(region: Region, added: Sequence[SeenServer], *, asked_at: datetime) -> None:
    rows = [
        Server(
            workspace_id=region.workspace_id,
            region=region,
            instance_id=each.instance_id,
            observed_state=each.state,
            observed_at=asked_at,
            state_since=asked_at,
            state_reason=each.state_reason,
            **details(each).columns(),
        )
        for each in added
    ]
    Server.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def leave(region: Region, *, asked_at: datetime) -> None:
    """Servers that EC2 has not had for long go from the list; their rows and history stay."""
    ended = Q(observed_state__in=ENDED)
    gone = Q(ended, missing_since__lte=asked_at - LEFT["terminated"]) | Q(
        missing_since__lte=asked_at - LEFT["missing"]
    )
    Server.objects.filter(gone, region=region, left_at=None).update(left_at=asked_at)


def finish(region: Region, *, asked_at: datetime, lease: Lease) -> bool:
    """Date the list and give the lease back; False when it was no longer ours.

    The list tells every state, so it counts as a look: the next one comes a minute later, or at once when
    something is on its way.
    """
    if not lease.mine().update(discovered_at=asked_at, discover_lease_until=None):
        return False
    rows = Region.objects.filter(id=region.id)
    rows.update(looked_at=Greatest(F("looked_at"), asked_at))
    looking = rows.filter(next_look_at__isnull=False, look_failures=0)
    if Server.objects.filter(CHANGING, region=region, missing_since=None).exists():
        looking.update(next_look_at=Least(F("next_look_at"), asked_at))
    else:
        looking.update(next_look_at=Greatest(F("next_look_at"), asked_at + cadence.IDLE))
    return True


def tell(region: Region, found: Difference, *, count: int) -> None:
    """A line when the list changed; machines are told every time."""
    numbers = {"added": len(found.added), "changed": len(found.changed), "gone": len(found.gone)}
    words = ", ".join(f"{number} {word}" for word, number in numbers.items() if number)
    where = f"{region.name} of cloud account ID: {region.account_id}"
    servers = "1 server" if count == 1 else f"{count} servers"
    event(
        "discover.finished",
        text=f"🔎 {servers} in {where} ({words or 'nothing new'})",
        quiet=not found.added,
        region=region.id,
        account=region.account_id,
        servers=count,
        **numbers,
    )
