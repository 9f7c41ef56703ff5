"""Who am I, and where."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api import VERSION
from api.session.serializers import MeShape
from api.views import View


class Me(View):
    @extend_schema(responses=MeShape)
    def retrieve(self, request: Request) -> Response:
        """The signed-in person or token, its role and workspace."""
        environment = {"demo": settings.DEMO, "plain_http": settings.ORIGIN.plain_http, "version": VERSION}
        shape = {
            "id": self.user.id,
            "email": self.user.email,
            "name": self.user.name,
            "role": self.access.role,
            "workspace": self.workspace,
            "environment": environment,
        }
        return Response(MeShape(shape).data)
