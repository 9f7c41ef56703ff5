"""The shapes of strips."""

from typing import Any

from rest_framework import serializers

from api import words
from shared.fleet.models import Server
from shared.schedules.models import Action, Hold

PLANNED = (
    "What its schedules and holds want, one after the other; in the past too as the schedules are now, "
    "though they may have been different then."
)
MARKS = "Operations that ended, at the moment they were due, and coming occurrences that will not run."


class Spanned(serializers.Serializer[Any]):
    to = serializers.DateTimeField(source="end")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it cannot be an attribute."""
        return {"from": serializers.DateTimeField(source="start")} | super().get_fields()


class SeenSegmentShape(Spanned):
    state = serializers.ChoiceField(choices=Server.Observed.choices, source="word")


class PlannedSegmentShape(Spanned):
    want = serializers.ChoiceField(choices=Hold.Want.choices, source="word")


class MarkShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    action = serializers.ChoiceField(choices=Action.choices)
    state = serializers.ChoiceField(choices=words.OPERATION_STATES)


class StripShape(serializers.Serializer[Any]):
    server = serializers.IntegerField()
    seen = SeenSegmentShape(many=True, help_text="Oldest first, up to now; unknown while nobody knew.")
    planned = PlannedSegmentShape(many=True, help_text=PLANNED)
    marks = MarkShape(many=True, help_text=MARKS)


class StripsShape(Spanned):
    strips = StripShape(many=True)
