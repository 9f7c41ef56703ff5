"""The shapes of accounts. Secrets go in and never come out."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from api import fields, words
from api.accounts.checks import access_key_id, region, role_arn, secret_access_key
from api.fields import Body
from shared.fleet.models import Account
from shared.schedules.models import Action

MOST_REGIONS = 40
FIELDS_OF = {
    "role": frozenset({"role_arn"}),
    "keys": frozenset({"access_key_id", "secret_access_key"}),
    "host": frozenset(),
}


class RegionShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    looked_at = serializers.DateTimeField(allow_null=True)
    discovered_at = serializers.DateTimeField(allow_null=True)
    look_error = fields.OrNull()
    servers = serializers.IntegerField(source="server_count")


class AccountError(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class DeniedActionShape(serializers.Serializer[Any]):
    action = serializers.CharField()
    code = serializers.CharField(help_text="AWS's code.")
    message = serializers.CharField(help_text="AWS's words.")
    region = serializers.CharField()
    since = serializers.DateTimeField()
    last = serializers.DateTimeField()


class SlowedShape(serializers.Serializer[Any]):
    """An action that AWS refused as too many; it is asked for more slowly for a while."""

    region = serializers.CharField()
    action = serializers.ChoiceField(choices=Action.choices)
    since = serializers.DateTimeField()
    share = serializers.FloatField(help_text="How fast, of the speed without refusals: 0 to 1.")


class HealthShape(serializers.Serializer[Any]):
    """Whether the account can be used: one word for all its servers."""

    state = serializers.ChoiceField(choices=words.HEALTHS)
    since = serializers.DateTimeField(allow_null=True)
    detail = fields.OrNull(help_text="What to do next; null when all is well.")
    denied_actions = DeniedActionShape(many=True, help_text="What AWS refuses for want of a permission.")
    regions_unreadable = serializers.ListField(child=serializers.CharField())
    slowed = SlowedShape(many=True, help_text="What is asked for more slowly after refusals.")


class AccountShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    aws_account_id = fields.OrNull()
    role_arn = fields.OrNull()
    external_id = fields.OrNull(help_text="Made by Cloudevy; belongs into the role's trust policy.")
    access_key_last4 = fields.OrNull()
    regions = RegionShape(many=True, source="region_rows")
    status = serializers.ChoiceField(choices=words.ACCOUNT_STATUSES, source="shown_status")
    last_error = AccountError(allow_null=True, source="shown_error")
    checked_at = serializers.DateTimeField(allow_null=True, source="tested_at")
    created_at = serializers.DateTimeField()
    servers = serializers.IntegerField(source="server_count")
    health = HealthShape(source="shown_health")


class Policies(serializers.Serializer[Any]):
    trust = serializers.JSONField(
        allow_null=True, help_text="Who may assume the role; null for keys and host."
    )
    permissions = serializers.JSONField(help_text="What the role or user may do.")


class AccountDetailShape(AccountShape):
    policies = Policies(help_text="IAM policies to copy.")


class Credentials(Body):
    """The fields that creating and changing have in common."""

    name = fields.Text(max_length=120)
    role_arn = fields.Text(required=False, validators=[role_arn])
    access_key_id = fields.Secret(required=False, validators=[access_key_id])
    secret_access_key = fields.Secret(required=False, validators=[secret_access_key])
    regions = fields.Many(child=fields.Text(validators=[region]), least=1, most=MOST_REGIONS)


class AccountWanted(Credentials):
    kind = fields.Choice(choices=words.NEW_ACCOUNT_KINDS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # A role may follow later: its trust policy wants the ExternalId that this account is given first.
        missing(FIELDS_OF[attrs["kind"]] - {"role_arn"}, attrs)
        foreign(FIELDS_OF[attrs["kind"]], attrs)
        return attrs


class AccountChange(Credentials):
    """What is left out stays as it is; keys are replaced together."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = self.context["account"].kind
        foreign(FIELDS_OF[kind], attrs)
        if kind == Account.Kind.KEYS and FIELDS_OF[kind] & attrs.keys():
            missing(FIELDS_OF[kind], attrs)
        return attrs


def missing(wanted: frozenset[str], attrs: dict[str, Any]) -> None:
    gone = sorted(wanted - attrs.keys())
    if gone:
        raise serializers.ValidationError({name: [required()] for name in gone})


def foreign(wanted: frozenset[str], attrs: dict[str, Any]) -> None:
    """A field of another kind of account would be silently ignored."""
    others = sorted((frozenset().union(*FIELDS_OF.values()) - wanted) & attrs.keys())
    if others:
        raise serializers.ValidationError({name: [not_here()] for name in others})


def required() -> ErrorDetail:
    return ErrorDetail("This kind of account needs it.", code="required")


def not_here() -> ErrorDetail:
    return ErrorDetail("This kind of account has no such field.", code="unknown_field")
