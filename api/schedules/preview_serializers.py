"""The shapes of the preview of a timetable."""

from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body
from api.schedules.serializers import (
    MOST_RULES,
    MOST_SKIP_DATES,
    MOST_WINDOWS,
    RuleWanted,
    WeekHoursShape,
    WindowWanted,
    one_of,
)
from shared.schedules.models import Action


class PreviewWanted(Body):
    """A timetable: exactly one of `windows` and `rules`."""

    timezone = fields.Text(
        required=False, max_length=64, allow_blank=True, help_text="IANA; default: the workspace's."
    )
    windows = fields.Many(child=WindowWanted(), required=False, least=1, most=MOST_WINDOWS)
    rules = fields.Many(child=RuleWanted(), required=False, least=1, most=MOST_RULES)
    skip_dates = fields.Many(child=fields.Day(), required=False, most=MOST_SKIP_DATES)
    valid_from = fields.Day(required=False, allow_null=True)
    valid_to = fields.Day(required=False, allow_null=True)
    after = fields.Moment(required=False, help_text="Default: now.")
    count = fields.Whole(required=False, min_value=1, max_value=500, default=10)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        one_of(attrs, "windows", "rules", code="windows_or_rules", whole=True)
        return attrs


class OccurrenceShape(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=Action.choices)
    at = serializers.DateTimeField()
    local = serializers.CharField()
    note = serializers.CharField(allow_null=True)


class PreviewShape(serializers.Serializer[Any]):
    occurrences = OccurrenceShape(many=True)
    sentence = serializers.CharField()
    week_hours = WeekHoursShape(allow_null=True)
