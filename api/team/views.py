"""The people of a workspace: who they are, their roles, and links by which they set a password.

Only a person manages people: a token that leaked must not make itself at home.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import SessionRequired
from api.team import telling
from api.team.serializers import (
    InvitationShape,
    InvitationWanted,
    LinkShape,
    MemberShape,
    RoleWanted,
)
from api.views import View
from shared.people import team
from shared.people.models import Invitation, Membership, Role
from shared.people.roles import RANK
from shared.people.team import By


class PeopleView(View):
    """A view of people; whoever changes something is signed in."""

    @property
    def by(self) -> By:
        if self.access.token is not None:
            raise SessionRequired
        return By(self.user, self.access.role)


class Members(PeopleView):
    queryset = Membership.objects.none()
    serializer_class = MemberShape
    search_fields: ClassVar = ["user__email", "user__name"]
    ordering_fields: ClassVar = ["user__email", "user__name", "id"]
    ordering: ClassVar = ["user__email"]

    def get_queryset(self) -> QuerySet[Membership]:
        return Membership.objects.filter(workspace=self.workspace).select_related("user", "workspace")

    @extend_schema(responses=MemberShape(many=True))
    def list(self, request: Request) -> Response:
        """Everybody who works in this workspace, and as what."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.shape(page, many=True).data)

    def shape(self, members: Any, **options: Any) -> MemberShape:
        """When somebody signed in last is for admins alone."""
        is_admin = RANK[self.access.role] >= RANK[Role.ADMIN]
        return MemberShape(members, context={"sees_sign_ins": is_admin}, **options)

    @extend_schema(request=RoleWanted, responses=MemberShape)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Give somebody another role. Nobody changes who may do more than they, or makes somebody so."""
        member, by = self.get_object(), self.by
        before = member.role
        team.change_role(member, Role(self.read(RoleWanted)["role"]), by=by)
        member = self.get_object()
        telling.changed(member, before=before, by=self.user)
        return Response(self.shape(member).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Take somebody out of the workspace, with their tokens in it. What they did stays in the history."""
        member = self.get_object()
        team.remove(member, by=self.by)
        telling.removed(member, by=self.user)
        return Response(status=204)

    @extend_schema(request=None, responses={201: LinkShape})
    @action(detail=True, methods=["post"])
    def reset(self, request: Request, pk: int) -> Response:
        """A link by which a member sets a new password, for a day. Hand it over yourself."""
        row, value = team.reset(self.get_object(), by=self.by, now=self.now)
        telling.linked(row, by=self.user)
        return Response(LinkShape(linked(row, value)).data, status=201)


class Invitations(PeopleView):
    queryset = Invitation.objects.none()
    serializer_class = InvitationShape
    search_fields: ClassVar = ["email"]
    ordering_fields: ClassVar = ["email", "expires_at", "id"]
    ordering: ClassVar = ["email"]

    def get_queryset(self) -> QuerySet[Invitation]:
        """Those that can still be used."""
        rows = Invitation.objects.filter(workspace=self.workspace, expires_at__gt=self.now)
        return rows.select_related("author", "workspace")

    @extend_schema(responses=InvitationShape(many=True))
    def list(self, request: Request) -> Response:
        """The open links: invitations, and resets of a password."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(InvitationShape(page, many=True).data)

    @extend_schema(request=InvitationWanted, responses={201: LinkShape})
    def create(self, request: Request) -> Response:
        """A link by which somebody new joins, for seven days, in place of an earlier one for that address."""
        wanted, by = self.read(InvitationWanted), self.by
        row, value = team.invite(self.workspace, wanted["email"], Role(wanted["role"]), by=by, now=self.now)
        telling.linked(row, by=self.user)
        return Response(LinkShape(linked(row, value)).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Take a link back: it does not work any more."""
        row = self.get_object()
        team.take_back(row, by=self.by)
        telling.taken_back(row, by=self.user)
        return Response(status=204)


def linked(row: Invitation, value: str) -> dict[str, Any]:
    """With the whole link; what stands behind # is never sent to a server by a browser that opens it."""
    return {"invitation": row, "url": f"{settings.ORIGIN.url}/join#{value}"}
