"""The shapes of servers."""

from typing import Any

from rest_framework import serializers

from api import fields, words
from api.fields import Body
from api.operations.serializers import WaitingShape
from api.servers import attention
from api.servers.hold_serializers import HoldShape
from shared.fleet.models import Observation, Server
from shared.schedules.models import Action


class Named(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class TransitionShape(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=Action.choices)
    operation = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class RequestedShape(serializers.Serializer[Any]):
    operation = serializers.IntegerField()
    action = serializers.ChoiceField(choices=Action.choices)
    due_at = serializers.DateTimeField()
    waiting = WaitingShape(allow_null=True)


class AttentionShape(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=[(code, code) for code in attention.CODES])
    detail = serializers.CharField(help_text="What is wrong and what to do next.")
    since = serializers.DateTimeField(allow_null=True)
    operation = serializers.IntegerField(allow_null=True)
    observation = serializers.IntegerField(allow_null=True)


class RestrictionShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    actions = serializers.ListField(
        child=serializers.ChoiceField(choices=Action.choices), help_text="What it forbids."
    )
    detail = serializers.CharField()


class NextActionShape(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=Action.choices)
    at = serializers.DateTimeField()
    local = serializers.CharField(help_text="The moment on the schedule's wall clock, with its offset.")
    timezone = serializers.CharField()
    rule = serializers.IntegerField(help_text="With `at` it names the occurrence to skip.")
    schedule = Named()


class LastOperationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    action = serializers.ChoiceField(choices=Action.choices)
    state = serializers.ChoiceField(choices=words.OPERATION_STATES)
    reason = fields.OrNull()
    detail = fields.OrNull()
    finished_at = serializers.DateTimeField(allow_null=True)


class CpuShape(serializers.Serializer[Any]):
    value = serializers.FloatField(help_text="Percent.")
    at = serializers.DateTimeField()


class StateShape(serializers.Serializer[Any]):
    """What every answer about a server says of its state. The source is a `reading.Shown`."""

    id = serializers.IntegerField(source="server.id")
    name = serializers.CharField(source="server.name")
    status = serializers.ChoiceField(choices=words.SERVER_STATUSES)
    observed_state = serializers.ChoiceField(choices=Server.Observed.choices, source="server.observed_state")
    seen_at = serializers.DateTimeField(allow_null=True)
    state_reason = fields.OrNull(source="server.state_reason")
    transition = TransitionShape(allow_null=True)
    requested = RequestedShape(allow_null=True)
    hold = HoldShape(allow_null=True, help_text="What keeps it on or off now, whatever its schedules say.")
    stuck_since = serializers.DateTimeField(allow_null=True, source="server.stuck_since")
    attention = AttentionShape(many=True, help_text="What needs a person; empty when all is well.")


class ServerShape(StateShape):
    instance_id = serializers.CharField(source="server.instance_id")
    type = serializers.CharField(source="server.type")
    tags = serializers.DictField(child=serializers.CharField(), source="server.tags")
    account = Named(source="server.region.account")
    region = Named(source="server.region")
    protected = serializers.BooleanField(source="server.protected")
    state_since = serializers.DateTimeField(
        allow_null=True, source="server.state_since", help_text="When the observed state was first seen."
    )
    left_at = serializers.DateTimeField(
        allow_null=True,
        source="server.left_at",
        help_text="When it left the list, because EC2 no longer has it.",
    )
    hibernation = serializers.BooleanField(help_text="Whether a stop may hibernate it.")
    restrictions = RestrictionShape(many=True, help_text="What can never be done with it.")
    missing_since = serializers.DateTimeField(allow_null=True, source="server.missing_since")
    public_ip = fields.OrNull(source="server.public_ip")
    private_ip = fields.OrNull(source="server.private_ip")
    launched_at = serializers.DateTimeField(allow_null=True, source="server.launched_at")
    availability_zone = fields.OrNull(source="server.availability_zone")
    next_action = NextActionShape(allow_null=True)
    last_operation = LastOperationShape(allow_null=True)
    schedules = serializers.IntegerField(help_text="How many schedules name it.")
    cpu = CpuShape(allow_null=True)


class ObservedShape(serializers.Serializer[Any]):
    """One change we saw."""

    before = serializers.CharField()
    after = serializers.CharField()
    cause = serializers.ChoiceField(choices=Observation.Cause.choices)
    actor = serializers.ChoiceField(choices=Observation.Actor.choices)
    reason = fields.OrNull(help_text="EC2's own words.")
    reaction = fields.ChoiceOrNull(words.REACTIONS, help_text="What a schedule answered.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)


class ObservationShape(ObservedShape):
    id = serializers.IntegerField()
    asked_at = serializers.DateTimeField(help_text="When EC2 was asked.")
    operation = serializers.IntegerField(allow_null=True)


class ServerDetailShape(ServerShape):
    observations = ObservationShape(many=True, help_text="The last 20 changes, newest first.")


class StatusShape(StateShape):
    age_seconds = serializers.FloatField(allow_null=True)
    look = serializers.ChoiceField(choices=words.LOOKS)
    look_error = serializers.CharField(allow_null=True)


class StatusesRow(StateShape):
    last_operation = LastOperationShape(allow_null=True)
    next_action = NextActionShape(allow_null=True)
    expected_seconds = serializers.IntegerField(allow_null=True)


class StatusesShape(serializers.Serializer[Any]):
    now = serializers.DateTimeField()
    statuses = StatusesRow(many=True)


class PointShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    value = serializers.FloatField()


class SeriesShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    unit = serializers.CharField()
    points = PointShape(many=True)


class MetricsShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=words.METRICS_STATES)
    note = serializers.CharField(allow_null=True)
    series = SeriesShape(many=True)


class ServerChange(Body):
    protected = fields.Switch()
