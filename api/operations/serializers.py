"""The shapes of operations."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from api import fields, words
from api.fields import Body
from api.operations import reading
from shared.operations.models import Operation
from shared.schedules.models import Action

MOST_SERVERS = 1000
QUEUE = "Wait for a busy server, or for a state that passes, instead of being refused."


class OperationWanted(Body):
    servers = fields.Many(child=fields.Whole(min_value=1), least=1, most=MOST_SERVERS)
    action = fields.Choice(choices=Action.choices)
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")
    queue = fields.Switch(required=False, default=False, help_text=QUEUE)
    force = fields.Switch(
        required=False,
        default=False,
        help_text="Cut the power of a server that hangs while stopping. Stop only, and people only.",
    )
    hibernate = fields.Switch(required=False, default=False, help_text="Keep the memory on disk. Stop only.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("force", "hibernate"):
            if attrs[name] and attrs["action"] != Action.STOP:
                raise serializers.ValidationError({name: [stop_only()]})
        if attrs["force"] and attrs["hibernate"]:
            detail = "A server whose power is cut keeps no memory. Ask for force or hibernate, not for both."
            raise serializers.ValidationError(detail, code="force_or_hibernate")
        return attrs


class RetryWanted(Body):
    queue = fields.Switch(required=False, default=False, help_text=QUEUE)


def stop_only() -> ErrorDetail:
    return ErrorDetail("Only a stop can do this.", code="stop_only")


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


class WaitingShape(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=words.WAITING)
    detail = serializers.CharField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="When it is tried again; null while it waits for another operation."
    )


class OptionsShape(serializers.Serializer[Any]):
    force = serializers.BooleanField()
    hibernate = serializers.BooleanField()


class StepShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField(help_text="A stable code; `text` says it in words.")
    text = serializers.CharField()
    call = serializers.IntegerField(allow_null=True)
    request_id = fields.OrNull(help_text="AWS's id of the request.")


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
    waiting = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField()
    call = serializers.IntegerField(allow_null=True, source="call_id")
    can_cancel = serializers.SerializerMethodField()
    can_retry = serializers.SerializerMethodField()
    retry_of = serializers.IntegerField(allow_null=True, source="retry_of_id")
    retried_by = serializers.IntegerField(
        allow_null=True, help_text="The newest operation that repeats this one."
    )
    note = fields.OrNull(
        source="request.reason", default=None, help_text="What whoever asked gave as reason."
    )

    @extend_schema_field(OperationSchedule(allow_null=True))
    def get_schedule(self, operation: Operation) -> dict[str, Any] | None:
        """The schedule as it is; when it was deleted, its name of that day."""
        name = reading.schedule_name(operation)
        return {"id": operation.schedule_id, "name": name} if name else None

    @extend_schema_field(WaitingShape(allow_null=True))
    def get_waiting(self, operation: Operation) -> dict[str, Any] | None:
        """Why it has been put off; null while nothing is in its way."""
        waiting = reading.waiting(operation)
        return dict(WaitingShape(waiting).data) if waiting else None

    @extend_schema_field(OptionsShape)
    def get_options(self, operation: Operation) -> dict[str, bool]:
        return {name: bool(operation.options.get(name)) for name in ("force", "hibernate")}

    def get_can_cancel(self, operation: Operation) -> bool:
        return reading.can_cancel(operation)

    def get_can_retry(self, operation: Operation) -> bool:
        return reading.can_retry(operation)


class OperationDetailShape(OperationShape):
    steps = serializers.SerializerMethodField()

    @extend_schema_field(StepShape(many=True))
    def get_steps(self, operation: Operation) -> Any:
        """Its way so far, oldest first."""
        return StepShape(reading.way(operation), many=True).data


class RefusedShape(serializers.Serializer[Any]):
    server = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RetriedShape(serializers.Serializer[Any]):
    operation = OperationShape()


class AskedShape(serializers.Serializer[Any]):
    operations = OperationShape(many=True)
    refused = RefusedShape(many=True)
