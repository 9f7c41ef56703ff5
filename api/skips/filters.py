"""Filters of the skips."""

from typing import ClassVar

from django_filters import rest_framework as filters

from api.listing import Id
from shared.schedules.models import Skip


class SkipFilters(filters.FilterSet):
    server = Id(field_name="server_id")
    schedule = Id(field_name="rule__schedule_id")
    rule = Id(field_name="rule_id")

    class Meta:
        model = Skip
        fields: ClassVar[list[str]] = []
