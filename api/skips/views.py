"""Skips: let one coming occurrence of a rule not run on some servers, and take that back in time."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.skips import telling
from api.skips.filters import SkipFilters
from api.skips.serializers import SkipAnswerShape, SkipShape, SkipWanted
from api.views import View
from shared.errors import Invalid
from shared.operations.opening import opened
from shared.schedules import skips
from shared.schedules.models import Rule, Skip


class Skips(View):
    queryset = Skip.objects.none()
    serializer_class = SkipShape
    filterset_class = SkipFilters
    search_fields: ClassVar = ["server__name", "server__instance_id", "rule__schedule__name"]
    ordering_fields: ClassVar = ["nominal", "id"]
    ordering: ClassVar = ["-nominal"]

    def get_queryset(self) -> QuerySet[Skip]:
        mine = Skip.objects.filter(workspace=self.workspace)
        return mine.select_related("server", "rule__schedule", "author")

    @extend_schema(responses=SkipShape(many=True))
    def list(self, request: Request) -> Response:
        """What was skipped or will be, by its local time, the latest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(SkipShape(page, many=True).data)

    @extend_schema(request=SkipWanted, responses={201: SkipAnswerShape})
    def create(self, request: Request) -> Response:
        """Let one coming occurrence of a rule not run. Doing so again changes nothing."""
        wanted = self.read(SkipWanted)
        with opened(self.rule(wanted["rule"]).schedule, now=self.now) as now:
            rule = self.rule(wanted["rule"])
            moment = skips.occurrence(rule, at=wanted["at"], now=now)
            servers = wanted.get("servers") or [each.server_id for each in rule.schedule.targets.all()]
            made = skips.put(rule, servers, moment, author=self.user)
        telling.put(rule, at=moment.at, servers=len(servers), by=self.user)
        rows = self.get_queryset().filter(id__in=[each.id for each in made]).order_by("server__name", "id")
        body = {"skips": rows, "remains": skips.remains(rule, servers, moment)}
        return Response(SkipAnswerShape(body).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Let it run after all, as long as its moment has not come."""
        skip = self.get_object()
        with opened(skip.rule.schedule, now=self.now) as now:
            at = skips.undo(skip, now=now)
        telling.undone(skip.rule, at=at, server=skip.server_id, by=self.user)
        return Response(status=204)

    def rule(self, wanted: int) -> Rule:
        """The rule of that id; Invalid when there is none in this workspace."""
        rows = Rule.objects.select_related("schedule").filter(workspace=self.workspace, id=wanted)
        rule = rows.first()
        if rule is None:
            raise Invalid(f"There is no rule {wanted}.", code="unknown_rule", field="rule")
        return rule
