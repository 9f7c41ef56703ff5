"""The shapes of API tokens. A token's value goes out once, when it was made, and never comes in."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body
from api.operations.serializers import Author
from shared.people.models import Role
from shared.people.tokens import LONGEST, USUAL


class TokenWanted(Body):
    name = fields.Text(max_length=80, help_text="What will use it.")
    scope = fields.Choice(
        choices=Role.choices,
        required=False,
        default=Role.OPERATOR,
        help_text="The most it may do; never more than whoever made it may.",
    )
    expires_at = fields.Moment(
        required=False,
        help_text=f"Default: in {USUAL.days} days; at most {LONGEST.days} days ahead.",
    )


class TokenShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How its value begins, to tell tokens apart.")
    scope = serializers.ChoiceField(choices=Role.choices)
    author = Author(source="user", help_text="Whoever made it, and in whose name it acts.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="null: never; only a first token is so."
    )
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class TokenMadeShape(serializers.Serializer[Any]):
    token = TokenShape()
    value = serializers.CharField(help_text="Shown this once: only its hash is kept.")
