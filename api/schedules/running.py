"""Run now: what a schedule could do, asked for by somebody, on all the servers it has."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api import fields, knocks
from api.fields import Body
from api.operations import reading
from api.operations.serializers import AskedShape
from api.operations.views import KEY, key
from api.views import View
from shared.errors import Invalid
from shared.operations import asking
from shared.operations.asking import Asker
from shared.operations.wishes import Wish
from shared.schedules.models import Action, Schedule


class RunWanted(Body):
    action = fields.Choice(choices=Action.choices)
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")


class Runnable(View):
    """A view of schedules that can be run now."""

    @extend_schema(request=RunWanted, parameters=[KEY], responses={202: AskedShape})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: int) -> Response:
        """Ask for an action on all servers of a schedule, busy ones included. 202 means asked, not done."""
        schedule = self.get_object()
        wish = wanted(schedule, **self.read(RunWanted))
        by = Asker(self.workspace, self.user, self.access.token)
        answer = asking.request(wish, by=by, key=key(request), knock=knocks.after_commit, now=self.now)
        rows = reading.shown(self.workspace).filter(id__in=[each.id for each in answer.operations])
        body = {"operations": rows.order_by("id"), "refused": answer.refused}
        return Response(AskedShape(body).data, status=202)


def wanted(schedule: Schedule, **said: Any) -> Wish:
    """The wish for the servers that it has now."""
    servers = sorted(target.server_id for target in schedule.targets.all())
    if not servers:
        raise Invalid("This schedule has no servers, so there is nothing to run.", code="no_servers")
    return Wish(servers, queue=True, source=f"schedule {schedule.id}", **said)
