"""API tokens: made by people for machines, shown once, revoked by their maker or an admin."""

from typing import ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import SessionRequired
from api.tokens import telling
from api.tokens.serializers import TokenMadeShape, TokenShape, TokenWanted
from api.views import View
from shared.people import tokens
from shared.people.models import Role, Token
from shared.people.roles import RANK
from shared.people.tokens import USUAL, Wanted


class Tokens(View):
    queryset = Token.objects.none()
    serializer_class = TokenShape
    search_fields: ClassVar = ["name", "prefix", "user__email", "user__name"]
    ordering_fields: ClassVar = ["name", "created_at", "expires_at", "last_used_at", "id"]
    ordering: ClassVar = ["-created_at"]

    def get_queryset(self) -> QuerySet[Token]:
        """The asker's own; to an admin those of the whole workspace."""
        rows = Token.objects.filter(workspace=self.workspace).select_related("user")
        return rows if RANK[self.access.role] >= RANK[Role.ADMIN] else rows.filter(user=self.user)

    @extend_schema(responses=TokenShape(many=True))
    def list(self, request: Request) -> Response:
        """Your tokens; an admin sees those of everybody. Expired ones stay until they are revoked."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(TokenShape(page, many=True).data)

    @extend_schema(request=TokenWanted, responses={201: TokenMadeShape})
    def create(self, request: Request) -> Response:
        """Make a token. Its value is in this answer and nowhere else.

        A token cannot make tokens: one that leaks could not be got rid of.
        """
        if self.access.token is not None:
            raise SessionRequired
        wanted = {"expires_at": self.now + USUAL} | self.read(TokenWanted)
        wish = Wanted(wanted["name"], Role(wanted["scope"]), wanted["expires_at"])
        with transaction.atomic():
            tokens.check(wish, user=self.user, workspace=self.workspace, role=self.access.role, now=self.now)
            made, value = tokens.issue(
                user=self.user,
                workspace=self.workspace,
                name=wish.name,
                scope=wish.scope,
                expires_at=wish.expires_at,
            )
        telling.made(made, by=self.user)
        return Response(TokenMadeShape({"token": made, "value": value}).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Revoke a token: whatever uses it is refused from now on. A token may revoke itself, no other."""
        token, own = self.get_object(), self.access.token
        if own is not None and own.id != token.id:
            raise SessionRequired
        telling.revoked(token, by=self.user)
        token.delete()
        return Response(status=204)
