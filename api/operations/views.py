"""Operations: ask for an action, follow it, take it back, read the history."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api import knocks
from api.fields import Nothing
from api.operations import reading
from api.operations.filters import OperationFilters
from api.operations.serializers import (
    AskedShape,
    OperationDetailShape,
    OperationShape,
    OperationWanted,
    RetriedShape,
    RetryWanted,
)
from api.views import View
from shared.errors import Invalid
from shared.operations import asking
from shared.operations.asking import Asker
from shared.operations.models import Operation
from shared.operations.wishes import Wish

KEY_LENGTH = 200
NO_FORCE = (
    "A token may not force a stop: it cuts the power and can lose data. "
    "Somebody who is signed in has to decide that."
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Repeating a key repeats its first answer.",
)


class Operations(View):
    queryset = Operation.objects.none()
    serializer_class = OperationShape
    filterset_class = OperationFilters
    search_fields: ClassVar = ["server__name", "server__instance_id", "schedule__name"]
    ordering_fields: ClassVar = ["due_at", "requested_at", "finished_at", "id"]
    ordering: ClassVar = ["-due_at"]

    def get_queryset(self) -> QuerySet[Operation]:
        return reading.shown(self.workspace)

    @extend_schema(responses=OperationShape(many=True))
    def list(self, request: Request) -> Response:
        """The history, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(OperationShape(page, many=True).data)

    @extend_schema(responses=OperationDetailShape)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One operation, step by step from the wish to its seen end."""
        return Response(OperationDetailShape(self.get_object()).data)

    @extend_schema(request=OperationWanted, parameters=[KEY], responses={202: AskedShape})
    def create(self, request: Request) -> Response:
        """Ask for an action on some servers. 202 means asked, not done."""
        wish = Wish(**self.read(OperationWanted))
        if wish.force and self.access.token:
            raise PermissionDenied(NO_FORCE)
        answer = asking.request(
            wish, by=self.asker, key=key(request), knock=knocks.after_commit, now=self.now
        )
        rows = self.get_queryset().filter(id__in=[each.id for each in answer.operations]).order_by("id")
        return Response(AskedShape({"operations": rows, "refused": answer.refused}).data, status=202)

    @extend_schema(request=None, responses=OperationShape)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Cancel an operation that was not sent yet."""
        operation = self.get_object()
        self.read(Nothing)
        asking.cancel(operation, by=self.user, now=self.now)
        return Response(OperationShape(self.get_object()).data)

    @extend_schema(request=RetryWanted, responses={202: RetriedShape})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Ask for the same again, after it failed, was skipped or cancelled, or nobody can tell."""
        operation = self.get_object()
        queue = self.read(RetryWanted)["queue"]
        again = asking.retry(operation, by=self.asker, queue=queue, knock=knocks.after_commit, now=self.now)
        self.kwargs["pk"] = again.id
        return Response(RetriedShape({"operation": self.get_object()}).data, status=202)

    @property
    def asker(self) -> Asker:
        return Asker(self.workspace, self.user, self.access.token)


def key(request: Request) -> str | None:
    """The Idempotency-Key header; Invalid when nobody could store it."""
    value = request.headers.get("Idempotency-Key")
    if value is None:
        return None
    if not 0 < len(value) <= KEY_LENGTH or not value.isprintable() or not value.isascii():
        message = f"An Idempotency-Key has 1 to {KEY_LENGTH} printable ASCII characters."
        raise Invalid(message, code="invalid_idempotency_key", field="Idempotency-Key")
    return value
