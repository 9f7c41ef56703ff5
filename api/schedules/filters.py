"""Filters of the schedules."""

from typing import ClassVar

from django_filters import rest_framework as filters

from api.listing import Id, Truth
from shared.schedules.models import Schedule


class ScheduleFilters(filters.FilterSet):
    server = Id(field_name="targets__server_id")
    enabled = Truth(field_name="enabled")

    class Meta:
        model = Schedule
        fields: ClassVar[list[str]] = []
