"""The shapes of holds."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body
from api.operations.serializers import Author
from shared.schedules.models import Hold


class HoldWanted(Body):
    want = fields.Choice(choices=Hold.Want.choices)
    until = fields.Moment(help_text="From 5 minutes to 31 days ahead.")
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")
    act = fields.Switch(
        required=False, default=True, help_text="Also start or stop the server now, if it is not there yet."
    )


class HoldShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    want = serializers.ChoiceField(choices=Hold.Want.choices)
    until = serializers.DateTimeField()
    author = Author(allow_null=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class HoldAnswerShape(serializers.Serializer[Any]):
    hold = HoldShape()
    operation = serializers.IntegerField(
        allow_null=True, help_text="What was asked for at once; null when there was nothing to do."
    )


class ReleaseAnswerShape(serializers.Serializer[Any]):
    operation = serializers.IntegerField(
        allow_null=True, help_text="What is made up for; null when the hold has kept nothing from running."
    )
