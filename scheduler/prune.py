"""Prune: history older than its keep goes, in small batches.

Open operations are never touched, the steps of an operation go with it, and a change from outside stays as
long as it waits for a person.
"""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from shared import clock
from shared.fleet.models import MetricSample, Observation
from shared.operations.models import Call, Operation, Request
from shared.operations.states import OPEN, State
from shared.people.models import Invitation
from shared.schedules.models import Hold, Skip

KEEP = timedelta(days=400)
KEEP_SAMPLES = timedelta(days=2)
BATCH = 1000


def prune() -> None:
    """One batch of each table; the next tick takes the next."""
    now = clock.now()
    ended = Operation.objects.exclude(state__in=[state.value for state in OPEN])
    drop(Operation.objects, ended.filter(due_at__lt=now - KEEP))
    drop(Observation.objects, Observation.objects.filter(~open_alert(), asked_at__lt=now - KEEP))
    drop(Call.objects, Call.objects.filter(sent_at__lt=now - KEEP, operations__isnull=True))
    drop(Request.objects, Request.objects.filter(created_at__lt=now - KEEP, operations__isnull=True))
    drop(Hold.objects, Hold.objects.filter(ended_at__lt=now - KEEP))
    drop(Skip.objects, told_by_later_ones(f"{now - KEEP:%Y-%m-%dT%H:%M:%S}"))
    drop(Invitation.objects, Invitation.objects.filter(expires_at__lt=now))
    drop(MetricSample.objects, MetricSample.objects.filter(asked_at__lt=now - KEEP_SAMPLES))


def told_by_later_ones(nominal: str) -> "models.QuerySet[Skip]":
    """Skips from before that local time whose rule has come round since: they decide nothing any more. What a
    schedule said last counts however long ago that was, and so does that it was skipped."""
    later = Operation.objects.filter(
        rule=OuterRef("rule"), server=OuterRef("server"), nominal__gt=OuterRef("nominal")
    )
    return Skip.objects.filter(Exists(later), nominal__lt=nominal)


def open_alert() -> Q:
    """Changes that wait for a person: not acknowledged, and no later start or stop has settled them."""
    alerts = Q(reaction__in=["alerted", "given_up"], acknowledged_at__isnull=True)
    settled = Operation.objects.filter(
        server=OuterRef("server"),
        state=State.SUCCEEDED,
        action__in=["start", "stop"],
        finished_at__gt=OuterRef("asked_at"),
    )
    return alerts & ~Q(Exists(settled))


def drop(table: "models.Manager[Any]", old: "models.QuerySet[Any]") -> int:
    """Delete one batch of these rows; the number deleted."""
    ids = list(old.order_by().values_list("pk", flat=True)[:BATCH])
    return table.filter(pk__in=ids).delete()[0] if ids else 0
