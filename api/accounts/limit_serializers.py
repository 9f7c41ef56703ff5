"""The shapes of EC2's limits: numbers per region and action."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.accounts.limits import NUMBERS
from api.fields import Body
from shared.schedules.models import Action

LEAST_SIZE, MOST_SIZE = 1, 100_000
LEAST_REFILL, MOST_REFILL = 0.01, 10_000


class LimitRegion(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class RatesShape(serializers.Serializer[Any]):
    requests = serializers.FloatField(help_text="Requests at once.")
    requests_refill = serializers.FloatField(help_text="Requests a second after that.")
    servers = serializers.FloatField(allow_null=True, help_text="Servers at once; null: not counted.")
    servers_refill = serializers.FloatField(help_text="Servers a second after that.")


class CustomShape(serializers.Serializer[Any]):
    """An operator's own numbers; null where AWS's hold."""

    requests = serializers.FloatField(allow_null=True)
    requests_refill = serializers.FloatField(allow_null=True)
    servers = serializers.FloatField(allow_null=True)
    servers_refill = serializers.FloatField(allow_null=True)


class LearnedShape(serializers.Serializer[Any]):
    """How much slower AWS's refusals have made us, for a while."""

    requests_refill = serializers.FloatField()
    servers_refill = serializers.FloatField(allow_null=True)
    since = serializers.DateTimeField()
    refusals = serializers.IntegerField()


class TokensShape(serializers.Serializer[Any]):
    """What was left when tokens were last taken."""

    requests = serializers.FloatField()
    servers = serializers.FloatField(allow_null=True)
    at = serializers.DateTimeField()


class LimitShape(serializers.Serializer[Any]):
    region = LimitRegion()
    action = serializers.ChoiceField(choices=Action.choices)
    aws = RatesShape(help_text="What AWS publishes.")
    custom = CustomShape(allow_null=True)
    learned = LearnedShape(allow_null=True)
    effective = RatesShape(help_text="What is kept to now.")
    tokens = TokensShape(allow_null=True)


class LimitChange(Body):
    """Numbers that AWS has granted this account; null goes back to AWS's own."""

    region = fields.Whole(min_value=1)
    action = fields.Choice(choices=Action.choices)
    requests = fields.Number(required=False, allow_null=True, min_value=LEAST_SIZE, max_value=MOST_SIZE)
    requests_refill = fields.Number(
        required=False, allow_null=True, min_value=LEAST_REFILL, max_value=MOST_REFILL
    )
    servers = fields.Number(required=False, allow_null=True, min_value=LEAST_SIZE, max_value=MOST_SIZE)
    servers_refill = fields.Number(
        required=False, allow_null=True, min_value=LEAST_REFILL, max_value=MOST_REFILL
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & set(NUMBERS):
            raise serializers.ValidationError("Name at least one number to change.", code="required")
        return attrs
