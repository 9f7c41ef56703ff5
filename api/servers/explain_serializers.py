"""The shapes of why a server is wanted on or off, and of what comes next."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api import words
from api.errors import InvalidQuery
from api.servers.hold_serializers import HoldShape
from api.servers.planning import FURTHEST
from api.servers.serializers import Named
from api.servers.timeline_serializers import moment
from shared.schedules.models import Action, Hold

CODE = "A stable code; `detail` says it in words."


class DecidedShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=words.DECIDERS)
    schedule = Named(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    hold = HoldShape(allow_null=True)


class OtherShape(serializers.Serializer[Any]):
    schedule = Named()
    want = serializers.ChoiceField(choices=Hold.Want.choices, allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text=CODE)
    detail = serializers.CharField()


class TransitionAheadShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    local = serializers.CharField(help_text="The moment on the schedule's wall clock, with its offset.")
    timezone = serializers.CharField()
    action = serializers.ChoiceField(choices=Action.choices)
    kind = serializers.ChoiceField(
        choices=words.TRANSITIONS, help_text="hold: what schedules want is applied when the hold ends."
    )
    rule = serializers.IntegerField(
        allow_null=True, help_text="With `at` it names the occurrence to skip; null for the end of a hold."
    )
    schedule = Named()
    state = serializers.ChoiceField(choices=words.PLANNED_STATES)
    reason = serializers.CharField(allow_null=True, help_text=f"Why it will not run. {CODE}")
    detail = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True, help_text="What a clock change does to it.")
    skip = serializers.IntegerField(
        allow_null=True, help_text="What skips it on this server; delete that to undo."
    )


class ExplanationShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    want = serializers.ChoiceField(choices=Hold.Want.choices, allow_null=True)
    sentence = serializers.CharField()
    decided = DecidedShape()
    others = OtherShape(
        many=True, help_text="Every other schedule that has the server, and why it has no say."
    )
    next = TransitionAheadShape(many=True, help_text="The next ten, oldest first.")


def instant(request: Request, *, now: datetime) -> datetime:
    """The moment asked about: now, or one within ten years."""
    at = moment(request, "at")
    if at is not None and abs(at - now) > FURTHEST:
        raise InvalidQuery("at", "at lies within ten years of now.")
    return at or now
