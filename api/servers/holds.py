"""Holds of a server: keep it on or off until a moment, and end that early."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api import knocks
from api.servers import hold_telling
from api.servers.hold_serializers import HoldAnswerShape, HoldWanted, ReleaseAnswerShape
from api.views import View
from shared import clock
from shared.fleet.models import Server
from shared.operations import asking, holding
from shared.operations.asking import Asker
from shared.schedules.holds import Wanted


class Holdable(View):
    """A view of servers that can be held."""

    @extend_schema(request=HoldWanted, responses={201: HoldAnswerShape})
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, pk: int) -> Response:
        """Keep a server on or off until a moment, whatever its schedules say. Replaces an open hold."""
        server = self.get_object()
        wanted, by = Wanted(**self.read(HoldWanted)), Asker(self.workspace, self.user, self.access.token)
        with opened(server, now=self.now) as (row, moment):
            hold, made = holding.put(row, wanted, by=by, knock=knocks.after_commit, now=moment)
        hold_telling.put(hold, by=self.user)
        body = {"hold": hold, "operation": made.id if made else None}
        return Response(HoldAnswerShape(body).data, status=201)

    @extend_schema(responses={200: ReleaseAnswerShape})
    @hold.mapping.delete
    def release(self, request: Request, pk: int) -> Response:
        """End the hold of a server, if there is one. What it kept from running is made up for."""
        server = self.get_object()
        with opened(server, now=self.now) as (row, moment):
            ended = holding.release(row, by=self.user, knock=knocks.after_commit, now=moment)
        if ended:
            hold_telling.released(ended.hold, by=self.user)
        made = ended.operation if ended else None
        return Response(ReleaseAnswerShape({"operation": made.id if made else None}).data)


@contextmanager
def opened(server: Server, *, now: datetime) -> Iterator[tuple[Server, datetime]]:
    """The server under its lock, and the moment at which that was had; commits at the end."""
    with transaction.atomic():
        [row] = asking.locked([server.id], workspace=server.workspace)
        yield row, max(now, clock.now())
