"""The shapes of skips."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body
from api.operations.serializers import Author
from api.servers.serializers import Named
from shared.schedules import skips
from shared.schedules.models import Action, Skip

MOST_SERVERS = 1000


class SkipWanted(Body):
    rule = fields.Whole(min_value=1)
    at = fields.Moment(help_text="The instant of the occurrence, exactly as it is planned.")
    servers = fields.Many(
        child=fields.Whole(min_value=1),
        required=False,
        least=1,
        most=MOST_SERVERS,
        help_text="Default: all servers of its schedule.",
    )


class SkipShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    server = Named()
    rule = serializers.IntegerField(source="rule_id")
    schedule = Named(source="rule.schedule")
    action = serializers.ChoiceField(choices=Action.choices, source="rule.action")
    at = serializers.SerializerMethodField()
    author = Author(allow_null=True)

    def get_at(self, skip: Skip) -> datetime:
        return skips.moment_of(skip)


class SkipAnswerShape(serializers.Serializer[Any]):
    skips = SkipShape(many=True)
    remains = serializers.CharField(
        allow_null=True, help_text="What of the schedule stays, in words; null when nothing does."
    )
