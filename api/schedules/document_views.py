"""Schedules as files: the YAML document that people keep in git, and holiday calendars."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.schedules import calendars, exporting
from api.schedules.document_serializers import CalendarShape, CalendarWanted, ImportShape, ImportWanted
from api.schedules.importing import Import, Options
from api.views import View
from shared.schedules.parts import SkipDay

YAML = "application/yaml"


class Yaml(JSONRenderer):
    """For whoever accepts YAML alone. Only problems are rendered by it, and JSON is YAML."""

    media_type = YAML
    format = "yaml"


class DocumentViews(View):
    @extend_schema(responses={(200, YAML): OpenApiTypes.STR})
    @action(detail=False, methods=["get"], renderer_classes=[JSONRenderer, Yaml])
    def export(self, request: Request) -> HttpResponse:
        """All schedules as one YAML document, the same text for the same schedules."""
        names = {"Content-Disposition": 'attachment; filename="schedules.yaml"'}
        text = exporting.export(self.workspace)
        return HttpResponse(text, content_type=f"{YAML}; charset=utf-8", headers=names)

    @extend_schema(request=ImportWanted, responses=ImportShape)
    @action(detail=False, methods=["post"], url_path="import")
    def import_(self, request: Request) -> Response:
        """Make the schedules those of a document, all or none. Imported again it changes nothing."""
        wanted = self.read(ImportWanted)
        text = wanted.pop("document")
        job = Import(self.workspace, self.user, self.now, Options(**wanted))
        return Response(ImportShape(job.run(text)).data)

    @extend_schema(request=CalendarWanted, responses=CalendarShape)
    @action(detail=False, methods=["post"])
    def calendar(self, request: Request) -> Response:
        """The whole days of a calendar file, for `skip_dates`. Nothing is saved."""
        found = calendars.read(self.read(CalendarWanted)["ics"], now=self.now)
        dates = [SkipDay(day, note) for day, note in found.dates]
        return Response(CalendarShape({"dates": dates, "ignored": found.ignored}).data)
