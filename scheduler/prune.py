"""Prune: history older than its keep goes, in small batches. Open operations are never touched."""

from datetime import timedelta
from typing import Any

from django.db import models

from shared import clock
from shared.fleet.models import MetricSample, Observation
from shared.operations.models import Call, Operation, Request
from shared.operations.states import OPEN

KEEP = timedelta(days=400)
KEEP_SAMPLES = timedelta(days=2)
BATCH = 1000


def prune() -> None:
    """One batch of each table; the next tick takes the next."""
    now = clock.now()
    ended = Operation.objects.exclude(state__in=[state.value for state in OPEN])
    drop(Operation.objects, ended.filter(due_at__lt=now - KEEP))
    drop(Observation.objects, Observation.objects.filter(asked_at__lt=now - KEEP))
    drop(Call.objects, Call.objects.filter(sent_at__lt=now - KEEP, operations__isnull=True))
    drop(Request.objects, Request.objects.filter(created_at__lt=now - KEEP, operations__isnull=True))
    drop(MetricSample.objects, MetricSample.objects.filter(asked_at__lt=now - KEEP_SAMPLES))


def drop(table: "models.Manager[Any]", old: "models.QuerySet[Any]") -> int:
    """Delete one batch of these rows; the number deleted."""
    ids = list(old.order_by().values_list("pk", flat=True)[:BATCH])
    return table.filter(pk__in=ids).delete()[0] if ids else 0
