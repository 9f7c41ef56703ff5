"""The shapes of the people of a workspace, and of links by which they set a password."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from api import fields, words
from api.fields import Body
from api.operations.serializers import Author
from shared.people.models import Membership, Role

PASSWORD_LETTERS = 128


class RoleWanted(Body):
    role = fields.Choice(choices=Role.choices)


class MemberShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=Role.choices)
    last_login = serializers.SerializerMethodField(
        help_text="On the page; null: never, or with tokens only. Told to admins alone."
    )

    def get_last_login(self, member: Membership) -> datetime | None:
        return member.user.last_login if self.context.get("sees_sign_ins") else None


class InvitationWanted(Body):
    email = fields.Email()
    role = fields.Choice(choices=Role.choices, required=False, default=Role.OPERATOR)


class InvitationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    kind = serializers.ChoiceField(
        choices=words.LINK_KINDS, help_text="For somebody new, or for a member's forgotten password."
    )
    author = Author(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class LinkShape(serializers.Serializer[Any]):
    invitation = InvitationShape()
    url = serializers.CharField(help_text="Shown this once: whoever has it sets the password.")


class LinkWanted(Body):
    link = fields.Text(max_length=100, help_text="What stands behind # in the link.")


class OpenedShape(serializers.Serializer[Any]):
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True)
    workspace = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    kind = serializers.ChoiceField(choices=words.LINK_KINDS)
    author = serializers.CharField(help_text="Whoever made the link.")


class JoinWanted(LinkWanted):
    name = fields.Text(max_length=120, required=False, allow_blank=True, default="")
    password = fields.Secret(max_length=PASSWORD_LETTERS)


class JoinedShape(serializers.Serializer[Any]):
    email = serializers.EmailField(help_text="Sign in with it now.")
