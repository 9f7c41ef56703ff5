"""Measure: CPU from CloudWatch for servers somebody is looking at.

CloudWatch costs money per request, so a region is asked at most once in five minutes, for at most 500
servers, and never for one that is not running. CLOUDEVY_METRICS=0 turns it off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from scheduler.connect import connect
from scheduler.ec2.gateway import CloudError, Series
from scheduler.watchdog import watched
from shared import clock
from shared.errors import CredentialUnusable
from shared.fleet.models import MetricSample, Region, Server
from shared.logs import event, warning

PAUSE = timedelta(minutes=5)
WANTED_FOR = timedelta(minutes=2)
SPAN = timedelta(hours=3)
PERIOD_SECONDS = 300
MOST = 500


def due_regions(now: datetime) -> list[int]:
    """Regions with a running server on somebody's screen that were not measured for five minutes."""
    if not settings.METRICS:
        return []
    watching = wanted(now).values("region")
    return list(due(now).filter(id__in=watching).order_by("id").values_list("id", flat=True))


def due(now: datetime) -> QuerySet[Region]:
    rested = Q(measured_at__isnull=True) | Q(measured_at__lte=now - PAUSE)
    return Region.objects.filter(rested, enabled=True)


def wanted(now: datetime) -> QuerySet[Server]:
    return Server.objects.filter(
        metrics_wanted_at__gt=now - WANTED_FOR,
        observed_state=Server.Observed.RUNNING,
        missing_since=None,
    )


def measure_region(region: int) -> None:
    """One question for every server that is looked at, if the region may be asked again."""
    now = clock.now()
    servers = {row.instance_id: row for row in wanted(now).filter(region=region).order_by("id")[:MOST]}
    if not settings.METRICS or not servers or not due(now).filter(id=region).update(measured_at=now):
        return
    row = Region.objects.select_related("account").get(id=region)
    end = floored(now)
    try:
        ec2 = connect(row)
        with watched():
            found = ec2.cpu(list(servers), start=end - SPAN, end=end, period=PERIOD_SECONDS)
    except (CloudError, CredentialUnusable) as error:
        failed(row, error)
        return
    keep([sample(servers[each.instance_id], each, asked_at=now) for each in found])
    event("metrics.measured", quiet=True, region=region, servers=len(servers))


def floored(moment: datetime) -> datetime:
    """The last full five minutes: CloudWatch keeps its points there, and answers aligned questions faster."""
    return moment - timedelta(seconds=moment.timestamp() % PERIOD_SECONDS)


def sample(server: Server, series: Series, *, asked_at: datetime) -> MetricSample:
    return MetricSample(
        workspace_id=server.workspace_id,
        server=server,
        name=series.name,
        unit=series.unit,
        moments=[moment for moment, _ in series.points],
        values=[value for _, value in series.points],
        asked_at=asked_at,
    )


def keep(samples: Sequence[MetricSample]) -> None:
    MetricSample.objects.bulk_create(
        samples,
        update_conflicts=True,
        unique_fields=["server", "name"],
        update_fields=["unit", "moments", "values", "asked_at"],
    )


def failed(region: Region, error: CloudError | CredentialUnusable) -> None:
    where = f"region {region.name} of cloud account ID: {region.account_id}"
    text = f"📉 CloudWatch cannot be read for {where}: {error} Asking again in five minutes."
    warning("metrics.failed", text=text, region=region.id, account=region.account_id)
