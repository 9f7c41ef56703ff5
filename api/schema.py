"""The OpenAPI document: the same operation ids as in `permissions`, and the problem shape for every error."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from api.permissions import operation_id


class FieldErrorShape(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer in fragment form, e.g. #/rules/0/cron.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """RFC 9457 problem details. Clients branch on `code` and `errors[].code` only."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    errors = FieldErrorShape(many=True)  # type: ignore[assignment]  # the name is the API's
    revision = serializers.IntegerField(required=False, help_text="With revision_mismatch: the newest.")
    stops = serializers.IntegerField(
        required=False, help_text="With confirmation_required: what to send as confirm_stops."
    )
    names = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="With confirmation_required: the servers."
    )


class TidySchema(AutoSchema):
    """drf-spectacular's own, with short operation ids and a default error answer."""

    def get_operation_id(self) -> str:
        return operation_id(self.view)

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        """`ServerShape` is plainly Server there, and a body of PATCH has a class of its own already."""
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name.removeprefix("Patched").removesuffix("Shape")

    def get_tags(self) -> list[str]:
        return [str(getattr(self.view, "basename", "other"))]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self._get_response_for_code(ProblemShape, "default", ["application/problem+json"])
        return bodies | {"default": problem | {"description": "What went wrong."}}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.Bearer"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "api.authentication.Session"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
