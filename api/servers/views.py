"""Servers: the inventory, what each is really doing, and how old that knowledge is."""

import hashlib
import json
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import InvalidQuery
from api.servers import asking, explain, history, reading, strips
from api.servers.explain_serializers import ExplanationShape, instant
from api.servers.filters import ServerFilters, with_status
from api.servers.holds import Holdable
from api.servers.serializers import (
    MetricsShape,
    ObservationShape,
    ServerChange,
    ServerDetailShape,
    ServerShape,
    StateShape,
    StatusesShape,
    StatusShape,
)
from api.servers.strips_serializers import StripsShape
from api.servers.timeline_serializers import DAY, TimelineShape, span
from shared.fleet.models import Server

MOST_IDS = 200
OBSERVATIONS = 20
IDS = OpenApiParameter(
    "ids", OpenApiTypes.STR, required=True, description=f"Server ids, comma-separated, at most {MOST_IDS}."
)
SPAN = [
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Default: 24 hours ago."),
    OpenApiParameter(
        "to", OpenApiTypes.DATETIME, description="Default: in 24 hours. At most 31 days at once."
    ),
]
MOST_STRIPS = 100
LONGEST_STRIP = 2 * DAY
STRIPS = [
    OpenApiParameter("ids", OpenApiTypes.STR, required=True, description=f"At most {MOST_STRIPS}."),
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="Default: 24 hours ago."),
    OpenApiParameter(
        "to", OpenApiTypes.DATETIME, description="Default: in 24 hours. At most 48 hours at once."
    ),
]
AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description="Default: now.")
NOTES = {
    "waiting": "The first point comes in about 5 minutes.",
    "not_running": "Metrics are kept for running servers only.",
    "off": "Metrics are switched off for this installation (CLOUDEVY_METRICS=0).",
}


class Servers(Holdable):
    queryset = Server.objects.none()
    serializer_class = ServerShape
    filterset_class = ServerFilters
    search_fields: ClassVar = ["name", "instance_id", "private_ip", "public_ip"]
    ordering_fields: ClassVar = ["name", "type", "status", "seen_at", "launched_at", "region__name", "id"]
    ordering: ClassVar = ["name"]
    query: ClassVar = {
        "statuses": frozenset({"ids"}),
        "timeline": frozenset({"from", "to"}),
        "explain": frozenset({"at"}),
        "strips": frozenset({"ids", "from", "to"}),
    }

    def get_queryset(self) -> QuerySet[Server]:
        mine = Server.objects.filter(workspace=self.workspace)
        return with_status(reading.base(mine), now=self.now)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters hide what has left, and belong to the list: its history can still be read."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(responses=ServerShape(many=True))
    def list(self, request: Request) -> Response:
        """All servers of the workspace."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(ServerShape(reading.full(page, now=self.now), many=True).data)

    @extend_schema(responses=ServerDetailShape)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One server and its last observed changes."""
        return Response(self.one(self.get_object()))

    @extend_schema(request=ServerChange, responses=ServerDetailShape)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Protect a server from every action, or remove the protection."""
        server = self.get_object()
        wanted = self.read(ServerChange)
        Server.objects.filter(id=server.id).update(protected=wanted["protected"])
        return Response(self.one(self.get_object()))

    @extend_schema(responses=StatusShape)
    @action(detail=True)
    def status(self, request: Request, pk: int) -> Response:
        """What one server is doing. When the answer is older than 3 s, a fresh look is asked for."""
        server = self.get_object()
        [shown] = reading.lean([server], now=self.now)
        body: dict[str, Any] = dict(StateShape(shown).data)
        body["look"] = asking.look(server, now=self.now)
        body["look_error"] = server.region.look_error or None
        body["age_seconds"] = (self.now - shown.seen_at).total_seconds() if shown.seen_at else None
        return Response(body)

    @extend_schema(parameters=[IDS], responses={200: StatusesShape, 304: None})
    @action(detail=False)
    def statuses(self, request: Request) -> Response:
        """What many servers are doing, for polling: with If-None-Match, 304 while nothing has changed."""
        servers = list(reading.base(Server.objects.filter(workspace=self.workspace, id__in=ids(request))))
        servers.sort(key=lambda server: server.id)
        body = StatusesShape({"now": self.now, "statuses": reading.lean(servers, now=self.now)}).data
        tag = etag(body["statuses"])
        if request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        return Response(body, headers={"ETag": tag})

    @extend_schema(responses=MetricsShape)
    @action(detail=True)
    def metrics(self, request: Request, pk: int) -> Response:
        """CloudWatch's samples of a running server; asking makes the scheduler fetch them."""
        server = self.get_object()
        if not settings.METRICS:
            return Response(MetricsShape(metrics("off")).data)
        [shown] = reading.lean([server], now=self.now)
        if shown.status != "running":
            return Response(MetricsShape(metrics("not_running")).data)
        asking.measure(server, now=self.now)
        series = [
            {"name": each.name, "unit": each.unit, "points": points(each.moments, each.values)}
            for each in server.samples.exclude(moments=[]).order_by("name")
        ]
        return Response(MetricsShape(metrics("ok" if series else "waiting", series)).data)

    @extend_schema(parameters=SPAN, responses=TimelineShape)
    @action(detail=True)
    def timeline(self, request: Request, pk: int) -> Response:
        """What is planned, done and seen, oldest first; of more than 500 entries those nearest to now."""
        line = history.line(self.get_object(), span(request, now=self.now))
        return Response(TimelineShape(line).data)

    @extend_schema(parameters=[AT], responses=ExplanationShape)
    @action(detail=True)
    def explain(self, request: Request, pk: int) -> Response:
        """Why a server is wanted on or off, and what comes next, by its schedules as they are now."""
        at, home = instant(request, now=self.now), self.workspace.time_zone
        answer = explain.explain(self.get_object(), at=at, now=self.now, home=home)
        return Response(ExplanationShape(answer).data)

    @extend_schema(parameters=STRIPS, responses=StripsShape)
    @action(detail=False)
    def strips(self, request: Request) -> Response:
        """What many servers were seen to be, and what their schedules want of them, in a day or two."""
        asked, within = ids(request, most=MOST_STRIPS), span(request, now=self.now, longest=LONGEST_STRIP)
        rows = Server.objects.filter(workspace=self.workspace, id__in=asked).select_related("region")
        found = strips.strips(list(rows.order_by("id")), within)
        return Response(StripsShape({"start": within.start, "end": within.end, "strips": found}).data)

    def one(self, server: Server) -> dict[str, Any]:
        [shown] = reading.full([server], now=self.now)
        observations = server.observations.order_by("-asked_at", "-id")[:OBSERVATIONS]
        return dict(ServerShape(shown).data) | {
            "observations": ObservationShape(observations, many=True).data
        }


def metrics(state: str, series: list[dict[str, object]] | None = None) -> dict[str, object]:
    return {"state": state, "note": NOTES.get(state), "series": series or []}


def points(moments: list[Any], values: list[float]) -> list[dict[str, object]]:
    return [{"at": at, "value": value} for at, value in zip(moments, values, strict=True)]


def ids(request: Request, *, most: int = MOST_IDS) -> list[int]:
    """The ids of the query; InvalidQuery when they are none, or too many."""
    parts = request.query_params.get("ids", "").split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise InvalidQuery("ids", "ids are whole numbers with commas between them.")
    if len(parts) > most:
        raise InvalidQuery("ids", f"At most {most} ids at once.")
    return [int(part) for part in parts]


def etag(rows: object) -> str:
    """A tag of the rows alone: the moment of the answer changes every time and says nothing."""
    text = json.dumps(rows, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
