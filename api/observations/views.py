"""The drift ledger: every change that was seen, and the saying that somebody knows."""

from collections.abc import Sequence
from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Nothing
from api.observations.filters import ObservationFilters
from api.observations.serializers import LedgerShape
from api.views import View
from shared.fleet.models import Observation
from shared.schedules.models import Schedule


class Observations(View):
    queryset = Observation.objects.none()
    serializer_class = LedgerShape
    filterset_class = ObservationFilters
    search_fields: ClassVar = ["server__name", "server__instance_id"]
    ordering_fields: ClassVar = ["asked_at", "id"]
    ordering: ClassVar = ["-asked_at"]

    def get_queryset(self) -> QuerySet[Observation]:
        mine = Observation.objects.filter(workspace=self.workspace)
        return mine.select_related("server", "acknowledged_by")

    @extend_schema(responses=LedgerShape(many=True))
    def list(self, request: Request) -> Response:
        """What changed, newest first; `cause=outside` is what others did."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(LedgerShape(with_schedules(page), many=True).data)

    @extend_schema(request=None, responses=LedgerShape)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: int) -> Response:
        """Say that you know of it. Whoever said so first stays the one."""
        observation = self.get_object()
        self.read(Nothing)
        unheard = Observation.objects.filter(id=observation.id, acknowledged_at__isnull=True)
        unheard.update(acknowledged_at=self.now, acknowledged_by=self.user)
        return Response(LedgerShape(with_schedules([self.get_object()])[0]).data)


def with_schedules(rows: Sequence[Observation]) -> Sequence[Observation]:
    """The rows with `schedule_row`: the schedule of the bare id, None when it was deleted."""
    named = Schedule.objects.only("name").in_bulk({row.schedule for row in rows if row.schedule})
    for row in rows:
        row.schedule_row = named.get(row.schedule or 0)  # type: ignore[attr-defined]
    return rows
