"""The shapes of a tag query and of the servers it means."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body

MOST_NAMED = 50


class TargetsWanted(Body):
    """The query is taken as it was written, blanks and all: what is wrong in it is told by its place."""

    tag_query = fields.Text(
        allow_blank=True, trim_whitespace=False, help_text="Which servers, as team=qa AND env!=prod."
    )


class TargetShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="__str__", help_text="Its instance ID if it has no name.")


class TargetsShape(serializers.Serializer[Any]):
    """How many servers are meant, and the first of them by name."""

    count = serializers.IntegerField()
    servers = TargetShape(many=True)
