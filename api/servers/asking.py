"""What a reader's glance sets in motion: a fresh look, or fresh metrics. Conditional updates, so that many
readers cause no more work than one."""

from datetime import datetime, timedelta

from django.db.models import Q

from api import knocks
from shared import broker
from shared.fleet.models import Region, Server
from shared.operations.wishes import seen

FRESH = timedelta(seconds=3)
METRICS_AGAIN = timedelta(seconds=20)


def look(server: Server, *, now: datetime) -> str:
    """How fresh the row is, asking for a look when it is not: at most one per region in three seconds."""
    seen_at, region = seen(server), server.region
    if seen_at is not None and now - seen_at <= FRESH:
        return "fresh"
    if region.look_lease_until and region.look_lease_until > now:
        return "looking"
    quiet = Q(wanted_look_at=None) | Q(wanted_look_at__lte=now - FRESH)
    if Region.objects.filter(quiet, id=region.id, enabled=True).update(wanted_look_at=now):
        knocks.after_commit(broker.LOOK_AT_REGION, region=region.id)
    return "failing" if region.look_failures else "asked"


def measure(server: Server, *, now: datetime) -> None:
    """Somebody looks at this server's metrics; the scheduler decides when CloudWatch is asked."""
    quiet = Q(metrics_wanted_at=None) | Q(metrics_wanted_at__lte=now - METRICS_AGAIN)
    if Server.objects.filter(quiet, id=server.id).update(metrics_wanted_at=now):
        knocks.after_commit(broker.MEASURE_REGION, region=server.region_id)
