"""Filters of the drift ledger."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from api import words
from api.listing import Id, OneOf, Truth
from api.servers.noticing import OPEN_REACTIONS
from shared.fleet.models import Observation


class Acknowledged(Truth):
    """Whether somebody has said that they know. Not acknowledged is only what asks for it."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "false":
            return qs.filter(acknowledged_at__isnull=True, reaction__in=OPEN_REACTIONS)
        return qs.filter(acknowledged_at__isnull=False) if value else qs


class ObservationFilters(filters.FilterSet):
    server = Id(field_name="server_id")
    cause = OneOf(field_name="cause", choices=Observation.Cause.choices)
    reaction = OneOf(field_name="reaction", choices=words.REACTIONS)
    acknowledged = Acknowledged()

    class Meta:
        model = Observation
        fields: ClassVar[list[str]] = []
