"""Opening and using a link to set a password. Beside signing in, nothing else is open to everybody."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.authentication import enforce_csrf
from api.fields import Body
from api.listing import check_query
from api.team import telling
from api.team.serializers import JoinedShape, JoinWanted, LinkWanted, OpenedShape
from shared.clock import now
from shared.errors import Invalid
from shared.people import team
from shared.people.models import User


class Door(APIView):
    """A changing request still has to come from our page, signed in or not."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ("post",)

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        check_query(request, known=frozenset())
        enforce_csrf(request)

    def read(self, kind: type[Body]) -> dict[str, Any]:
        """The body, checked."""
        given = kind(data=self.request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


class Opened(Door):
    basename, action = "auth", "opened"

    @extend_schema(request=LinkWanted, responses=OpenedShape)
    def post(self, request: Request) -> Response:
        """What a link is for. It stays usable."""
        row = team.opened(self.read(LinkWanted)["link"], now=now())
        shape = {
            "email": row.email,
            "name": row.user.name if row.user else "",
            "workspace": row.workspace.name,
            "role": row.role,
            "kind": row.kind,
            "author": str(row.author),
        }
        return Response(OpenedShape(shape).data)


class Join(Door):
    basename, action = "auth", "join"

    @extend_schema(request=JoinWanted, responses=JoinedShape)
    def post(self, request: Request) -> Response:
        """Use a link: set the password, and become a member if you are none. It works once."""
        wanted = self.read(JoinWanted)
        row = team.opened(wanted["link"], now=now())
        check_password(wanted["password"], row.user or User(email=row.email, name=wanted["name"]))
        user = team.join(wanted["link"], name=wanted["name"], password=wanted["password"], now=now())
        telling.joined(user)
        return Response(JoinedShape({"email": user.email}).data)


def check_password(password: str, user: User) -> None:
    """Invalid for one that is too short, too common, or like the person's own name."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), code="weak_password", field="password") from error
