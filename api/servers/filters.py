"""Filters of the server list. The shown status is computed, so a filter needs its rules in SQL."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest
from django_filters import rest_framework as filters

from api.listing import Id, OneOf, Truth
from api.servers.noticing import last_read, needs_attention
from api.words import SERVER_STATUSES
from shared.clock import now as moment
from shared.fleet.models import Server
from shared.fleet.status import GONE_AFTER, SHOWN, UNKNOWN_AFTER


class Attention(Truth):
    """Servers that need a person, or those that do not."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        condition = needs_attention(now=moment())
        return qs.filter(condition if value == "true" else ~condition)


class Left(Truth):
    """Servers that EC2 no longer has are shown only when asked for."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(left_at__isnull=value != "true")


class ServerFilters(filters.FilterSet):
    status = OneOf(field_name="status", choices=SERVER_STATUSES)
    account = Id(field_name="region__account_id")
    region = filters.CharFilter(field_name="region__name")
    attention = Attention(help_text="Whether something about it needs a person.")
    left = Left(help_text="true: only those that EC2 no longer has. Otherwise they are hidden.")

    class Meta:
        model = Server
        fields: ClassVar[list[str]] = []


def with_status(rows: QuerySet[Server], *, now: datetime) -> QuerySet[Server]:
    """The rows with `status` as `shared.fleet.status.shown` says it, and `seen_at`; a test compares."""
    seen = Case(
        When(missing_since__isnull=False, then=F("observed_at")),
        # Greatest ignores NULL in PostgreSQL, and a server that was never seen stays unseen.
        When(observed_at__isnull=False, then=Greatest("observed_at", "region__looked_at")),
    )
    status = Case(
        When(observed_state__in=["terminated", "shutting-down"], then=Value("terminated")),
        When(missing_since__lte=last_read(now) - GONE_AFTER, then=Value("missing")),
        When(Q(seen_at=None) | Q(seen_at__lte=now - UNKNOWN_AFTER), then=Value("unknown")),
        When(~Q(transition=""), then=F("transition")),
        *(When(observed_state=state, then=Value(word)) for state, word in SHOWN.items()),
        output_field=CharField(),
    )
    annotated: QuerySet[Any] = rows.annotate(seen_at=seen).annotate(status=status)
    return annotated
