"""Schedules: timetables with targets. A revision guards against two people saving over each other."""

import re
from typing import Any, ClassVar, Protocol

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import PreconditionRequired
from api.listing import number
from api.schedules import reading, saving, telling
from api.schedules.confirming import (
    confirmed,
    insist,
    stopped_by_deleting,
    stopped_by_pausing,
    stopped_by_resuming,
)
from api.schedules.document_views import DocumentViews
from api.schedules.filters import ScheduleFilters
from api.schedules.impact import impact
from api.schedules.impact_serializers import ImpactShape, ImpactWanted
from api.schedules.preview import Wish, preview
from api.schedules.preview_serializers import PreviewShape, PreviewWanted
from api.schedules.running import Runnable
from api.schedules.serializers import (
    PauseWanted,
    ResumeWanted,
    ScheduleChange,
    ScheduleShape,
    ScheduleWanted,
)
from api.schedules.tag_serializers import MOST_NAMED, TargetsShape, TargetsWanted
from api.schedules.warnings import warnings
from shared.errors import RevisionMismatch
from shared.people.models import User
from shared.schedules import services, tagging, targets
from shared.schedules.models import Schedule
from shared.schedules.services import Draft


class Telling(Protocol):
    """Tell the log what somebody did to a schedule."""

    def __call__(self, schedule: reading.Shown, *, by: User) -> None: ...


MOST_STOPS = 1_000_000
REVISION = re.compile(r'"?(\d{1,9})"?')
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The revision you have seen.",
)
CONFIRM = OpenApiParameter(
    "confirm_stops",
    OpenApiTypes.INT,
    description="How many servers this is known to stop within 5 minutes; asked for when more than one.",
)


class Schedules(DocumentViews, Runnable):
    queryset = Schedule.objects.none()
    serializer_class = ScheduleShape
    filterset_class = ScheduleFilters
    search_fields: ClassVar = ["name"]
    ordering_fields: ClassVar = ["name", "created_at", "updated_at", "id"]
    ordering: ClassVar = ["name"]
    query: ClassVar = {"destroy": frozenset({"confirm_stops"})}

    def get_queryset(self) -> QuerySet[Schedule]:
        return reading.base(Schedule.objects.filter(workspace=self.workspace))

    @extend_schema(responses=ScheduleShape(many=True))
    def list(self, request: Request) -> Response:
        """All schedules of the workspace."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(ScheduleShape(reading.shown(page, now=self.now), many=True).data)

    @extend_schema(responses=ScheduleShape)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One schedule; the ETag header holds its revision."""
        return self.answer()

    @extend_schema(request=ScheduleWanted, responses={201: ScheduleShape})
    def create(self, request: Request) -> Response:
        """Make a schedule. Collisions with others are saved, with a warning."""
        draft = self.draft(self.read(ScheduleWanted), schedule=None)
        schedule = services.create(draft, workspace=self.workspace, author=self.user, now=self.now)
        self.kwargs["pk"] = schedule.id
        return self.answer(status=201, tell=telling.saved)

    @extend_schema(request=ScheduleChange, parameters=[IF_MATCH], responses=ScheduleShape)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is named. Moments that have passed are never made up for."""
        schedule = self.get_object()
        revision = expected(request)
        draft = self.draft(graced(self.read(ScheduleChange, partial=True)), schedule=schedule)
        saving.change(schedule, draft, revision=revision, now=self.now)
        return self.answer(tell=telling.saved)

    @extend_schema(parameters=[IF_MATCH, CONFIRM], responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """End a schedule for good. What it did stays in the history."""
        [shown] = reading.shown([self.get_object()], now=self.now)
        revision, stops = expected(request), number(request, "confirm_stops", default=0, most=MOST_STOPS)
        insist(stopped_by_deleting(shown.schedule, now=self.now), stops=stops, doing="Deleting")
        saving.delete(shown.schedule, revision=revision, now=self.now)
        telling.deleted(shown, by=self.user)
        return Response(status=204)

    @extend_schema(request=PauseWanted, responses=ScheduleShape)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        """Let nothing of it happen for a while, or until it is resumed."""
        schedule, wanted = self.get_object(), self.read(PauseWanted)
        stops, soon = wanted.pop("confirm_stops"), stopped_by_pausing(schedule, wanted["until"], now=self.now)
        insist(soon, stops=stops, doing="Pausing")
        saving.pause(schedule, **wanted, now=self.now)
        return self.answer(tell=telling.paused)

    @extend_schema(request=ResumeWanted, responses=ScheduleShape)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        """Go on with the first moment after now."""
        schedule = self.get_object()
        stops = self.read(ResumeWanted)["confirm_stops"]
        insist(stopped_by_resuming(schedule, now=self.now), stops=stops, doing="Resuming")
        saving.resume(schedule, now=self.now)
        return self.answer(tell=telling.resumed)

    @extend_schema(request=TargetsWanted, responses=TargetsShape)
    @action(detail=False, methods=["post"])
    def targets(self, request: Request) -> Response:
        """The servers that a tag query means now. Nothing is saved."""
        query = tagging.parse(self.read(TargetsWanted)["tag_query"])
        found = targets.matching(query, workspace=self.workspace)
        return Response(TargetsShape({"count": len(found), "servers": found[:MOST_NAMED]}).data)

    @extend_schema(request=PreviewWanted, responses=PreviewShape)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What a timetable would do. Nothing is saved."""
        wanted = self.read(PreviewWanted)
        after, count = wanted.pop("after", self.now), wanted.pop("count")
        wish = Wish(zone=wanted.pop("timezone", self.workspace.time_zone), **wanted)
        # As it is: to have 500 moments serialized would cost more than to find them.
        return Response(preview(wish, after=after, count=count))

    @extend_schema(request=ImpactWanted, responses=ImpactShape)
    @action(detail=False, methods=["post"])
    def impact(self, request: Request) -> Response:
        """What saving this would change in the coming 14 days. Nothing is saved."""
        wanted = graced(self.read(ImpactWanted, partial=True))
        known = wanted.pop("schedule", None)
        wanted.pop("confirm_stops", None)
        schedule = get_object_or_404(self.get_queryset(), id=known) if known else None
        told = impact(Draft(**wanted), schedule, self.workspace, now=self.now)
        return Response(ImpactShape(told).data)

    def draft(self, wanted: dict[str, Any], *, schedule: Schedule | None) -> Draft:
        """The body as a draft, once it is known that it may stop what it stops at once."""
        stops = wanted.pop("confirm_stops", 0)
        draft = Draft(**wanted)
        confirmed(draft, schedule, self.workspace, stops=stops, now=self.now)
        return draft

    def answer(self, *, status: int = 200, tell: Telling | None = None) -> Response:
        """The schedule as it is now, with its warnings and its revision as ETag, once the log was told."""
        schedule = self.get_object()
        [shown] = reading.shown([schedule], now=self.now)
        if tell:
            tell(shown, by=self.user)
        body: dict[str, Any] = dict(ScheduleShape(shown).data) | {
            "warnings": warnings(schedule, now=self.now)
        }
        return Response(body, status=status, headers={"ETag": f'"{schedule.revision}"'})


def graced(wanted: dict[str, Any]) -> dict[str, Any]:
    """null means the default grace, which a draft writes as 0."""
    return wanted | {"grace_seconds": wanted["grace_seconds"] or 0} if "grace_seconds" in wanted else wanted


def expected(request: Request) -> int | None:
    """The revision the asker has seen; None for `*`, which means any."""
    text = request.headers.get("If-Match", "").strip()
    if not text:
        raise PreconditionRequired
    if text == "*":
        return None
    match = REVISION.fullmatch(text)
    if match is None:
        raise RevisionMismatch
    return int(match[1])
