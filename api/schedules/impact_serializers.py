"""The shapes of what a change would do before it is saved."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.schedules.serializers import ScheduleWanted, WarningShape
from api.servers.serializers import Named
from shared.schedules.models import Action

ADDED_OR_REMOVED = ("added", "removed")


class ImpactWanted(ScheduleWanted):
    """A schedule, or what is to change about the one named as `schedule`."""

    schedule = fields.Whole(required=False, min_value=1)


class CountShape(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    removed = serializers.IntegerField()


class HoursShape(serializers.Serializer[Any]):
    """Of all its servers together, if nobody else touches them."""

    on_before = serializers.FloatField()
    on_after = serializers.FloatField()


class EffectShape(serializers.Serializer[Any]):
    server = Named()
    action = serializers.ChoiceField(choices=Action.choices)
    at = serializers.DateTimeField()
    local = serializers.CharField()
    change = serializers.ChoiceField(choices=ADDED_OR_REMOVED)


class StopShape(serializers.Serializer[Any]):
    server = Named()
    at = serializers.DateTimeField()


class ImpactShape(serializers.Serializer[Any]):
    to = serializers.DateTimeField()
    servers = serializers.IntegerField()
    starts = CountShape()
    stops = CountShape()
    reboots = CountShape()
    hours = HoursShape()
    changes = EffectShape(many=True, help_text="The first 50, in order of time.")
    more = serializers.BooleanField()
    stops_soon = StopShape(many=True, help_text="What it newly stops within 5 minutes.")
    confirm = serializers.IntegerField(
        allow_null=True, help_text="When not null, saving needs this number as confirm_stops."
    )
    warnings = WarningShape(many=True, help_text="As the answer to saving it will have them.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it cannot be an attribute."""
        return super().get_fields() | {"from": serializers.DateTimeField()}
