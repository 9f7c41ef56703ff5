"""Accounts: how Cloudevy gets into an AWS account. What only AWS can say arrives later, on the row."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.accounts import limits, reading, saving
from api.accounts.limit_serializers import LimitChange, LimitShape
from api.accounts.policies import policies
from api.accounts.serializers import AccountChange, AccountDetailShape, AccountShape, AccountWanted, Policies
from api.fields import Nothing
from api.views import View
from shared.fleet.models import Account


class Accounts(View):
    queryset = Account.objects.none()
    serializer_class = AccountShape
    search_fields: ClassVar = ["name", "aws_account_id", "role_arn"]
    ordering_fields: ClassVar = ["name", "created_at", "id"]
    ordering: ClassVar = ["name"]

    def get_queryset(self) -> QuerySet[Account]:
        return reading.base(Account.objects.filter(workspace=self.workspace))

    @extend_schema(responses=AccountShape(many=True))
    def list(self, request: Request) -> Response:
        """All accounts of the workspace."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(AccountShape(reading.shaped(page, now=self.now), many=True).data)

    @extend_schema(responses=AccountDetailShape)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One account, with the IAM policies to copy."""
        return Response(self.one())

    @extend_schema(request=AccountWanted, responses={201: AccountDetailShape})
    def create(self, request: Request) -> Response:
        """Add an account. A test and a discovery begin at once; their answers appear on the account."""
        account = saving.create(self.read(AccountWanted), workspace=self.workspace, now=self.now)
        self.kwargs["pk"] = account.id
        return Response(self.one(), status=201)

    @extend_schema(request=AccountChange, responses=AccountDetailShape)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the name, the regions or the credentials."""
        account = self.get_object()
        saving.change(account, self.read(AccountChange, partial=True, account=account), now=self.now)
        return Response(self.one())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Forget an account and its servers; nothing changes at AWS."""
        saving.delete(self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses={202: AccountDetailShape})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: int) -> Response:
        """Ask for a connection test."""
        account = self.get_object()
        self.read(Nothing)
        saving.ask_test(account, now=self.now)
        return Response(self.one(), status=202)

    @extend_schema(request=None, responses={202: AccountDetailShape})
    @action(detail=True, methods=["post"])
    def discover(self, request: Request, pk: int) -> Response:
        """Ask for a look for new, changed and vanished servers."""
        account = self.get_object()
        self.read(Nothing)
        saving.ask_discovery(account, now=self.now)
        return Response(self.one(), status=202)

    @extend_schema(responses=LimitShape(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def limits(self, request: Request, pk: int) -> Response:
        """How fast EC2 is asked, per region and action."""
        return Response(LimitShape(limits.rows(self.get_object(), now=self.now), many=True).data)

    @extend_schema(request=LimitChange, responses=LimitShape)
    @limits.mapping.patch
    def change_limits(self, request: Request, pk: int) -> Response:
        """Set the limits AWS has granted for one region and action, or go back to AWS's own."""
        account = self.get_object()
        row = limits.change(account, self.read(LimitChange), now=self.now)
        return Response(LimitShape(row).data)

    def one(self) -> dict[str, Any]:
        [account] = reading.shaped([self.get_object()], now=self.now)
        return dict(AccountShape(account).data) | {"policies": Policies(policies(account)).data}
