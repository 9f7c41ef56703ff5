"""Run now: what a schedule could do, asked for by somebody, on all the servers it has.

Like anything that people ask for, it ends the holds that want the opposite; whose they were is told.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api import fields, knocks
from api.fields import Body
from api.operations import reading
from api.operations.serializers import AskedShape
from api.operations.views import KEY, key
from api.servers.hold_serializers import HoldShape
from api.servers.serializers import Named
from api.views import View
from shared.errors import Invalid
from shared.operations import asking
from shared.operations.asking import Answer, Asker
from shared.operations.wishes import Wish
from shared.schedules import holds
from shared.schedules.models import Action, Schedule


class RunWanted(Body):
    action = fields.Choice(choices=Action.choices)
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")


class EndedHoldShape(serializers.Serializer[Any]):
    server = Named()
    hold = HoldShape()


class RunShape(AskedShape):
    ended_holds = EndedHoldShape(many=True, help_text="Holds that wanted the opposite, and are over now.")


class Runnable(View):
    """A view of schedules that can be run now."""

    @extend_schema(request=RunWanted, parameters=[KEY], responses={202: RunShape})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: int) -> Response:
        """Ask for an action on all servers of a schedule, busy ones included. 202 means asked, not done.

        Holds that want the opposite end, as they do when somebody asks for one server.
        """
        schedule = self.get_object()
        wish = wanted(schedule, **self.read(RunWanted))
        by = Asker(self.workspace, self.user, self.access.token)
        answer = asking.request(wish, by=by, key=key(request), knock=knocks.after_commit, now=self.now)
        rows = reading.shown(self.workspace).filter(id__in=[each.id for each in answer.operations])
        body = {"operations": rows.order_by("id"), "refused": answer.refused}
        body["ended_holds"] = ended_holds(answer)
        return Response(RunShape(body).data, status=202)


def ended_holds(answer: Answer) -> list[dict[str, Any]]:
    """Of a repeated request too: those that ended at the moment of the first, while that is remembered."""
    if not answer.operations:
        return []
    servers = [each.server_id for each in answer.operations]
    rows = holds.contradicted(servers, at=answer.operations[0].requested_at)
    return [{"server": {"id": row.server_id, "name": str(row.server)}, "hold": row} for row in rows]


def wanted(schedule: Schedule, **said: Any) -> Wish:
    """The wish for the servers that it has now."""
    servers = sorted(target.server_id for target in schedule.targets.all())
    if not servers:
        raise Invalid("This schedule has no servers, so there is nothing to run.", code="no_servers")
    return Wish(servers, queue=True, source=f"schedule {schedule.id}", **said)
