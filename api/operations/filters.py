"""Filters of the history."""

from typing import ClassVar

from django_filters import rest_framework as filters

from api.listing import Id, OneOf
from api.words import OPERATION_ORIGINS, OPERATION_STATES
from shared.operations.models import Operation
from shared.schedules.models import Action


class OperationFilters(filters.FilterSet):
    server = Id(field_name="server_id")
    schedule = Id(field_name="schedule_id")
    state = OneOf(field_name="state", choices=OPERATION_STATES)
    action = OneOf(field_name="action", choices=Action.choices)
    origin = OneOf(field_name="origin", choices=OPERATION_ORIGINS)

    class Meta:
        model = Operation
        fields: ClassVar[list[str]] = []
