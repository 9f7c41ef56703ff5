"""The shapes of operations."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import fields, words
from api.fields import Body
from shared.operations.models import Operation
from shared.schedules.models import Action

MOST_SERVERS = 1000


class OperationWanted(Body):
    servers = fields.Many(child=fields.Whole(min_value=1), least=1, most=MOST_SERVERS)
    action = fields.Choice(choices=Action.choices)
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")
    queue = fields.Switch(
        required=False, default=False, help_text="Wait for a busy server instead of being refused."
    )


class OperationServer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    instance_id = serializers.CharField()


class Author(serializers.Serializer[Any]):
    email = serializers.EmailField()
    name = serializers.CharField()


class OperationSchedule(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()


class OperationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    server = OperationServer()
    action = serializers.ChoiceField(choices=Action.choices)
    origin = serializers.ChoiceField(choices=words.OPERATION_ORIGINS)
    author = Author(allow_null=True)
    schedule = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=words.OPERATION_STATES)
    reason = fields.OrNull(help_text="A stable code; `detail` says it in words.")
    detail = fields.OrNull()
    due_at = serializers.DateTimeField()
    requested_at = serializers.DateTimeField()
    sending_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    grace_until = serializers.DateTimeField()
    attempt = serializers.IntegerField()
    request_id = fields.OrNull(source="call.request_id", default=None, help_text="AWS's id of the request.")

    @extend_schema_field(OperationSchedule(allow_null=True))
    def get_schedule(self, operation: Operation) -> dict[str, Any] | None:
        """The schedule as it is; when it was deleted, its name of that day."""
        name = operation.schedule.name if operation.schedule else operation.snapshot.get("schedule")
        return {"id": operation.schedule_id, "name": name} if name else None


class RefusedShape(serializers.Serializer[Any]):
    server = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class AskedShape(serializers.Serializer[Any]):
    operations = OperationShape(many=True)
    refused = RefusedShape(many=True)
