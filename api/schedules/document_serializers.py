"""The shapes of importing and of holiday calendars, and a document checked like any other request body."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api import fields
from api.fields import Body
from api.schedules.documents import VERSION
from api.schedules.impact_serializers import StopShape
from api.schedules.serializers import MOST_SERVERS, ScheduleWanted, SkipDayShape

LONGEST = 1024 * 1024
MOST_SCHEDULES = 500
LONGEST_ID = 32


class ScheduleWritten(ScheduleWanted):
    """A schedule of a document: as in the API, but servers have EC2's names."""

    servers = fields.Many(child=fields.Text(max_length=LONGEST_ID), required=False, most=MOST_SERVERS)
    confirm_stops = None  # type: ignore[assignment]  # a document asks for nothing


class DocumentWanted(Body):
    """What the YAML text holds."""

    version = fields.Whole()
    schedules = fields.Many(child=ScheduleWritten(), most=MOST_SCHEDULES)

    def validate_version(self, version: int) -> int:
        if version != VERSION:
            raise serializers.ValidationError(f"Only version {VERSION} is known.", code="unknown_version")
        return version

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        wrong = named_twice(data.get("schedules"))
        if wrong:
            raise serializers.ValidationError({"schedules": wrong})
        return super().to_internal_value(data)


def named_twice(schedules: object) -> dict[str, Any]:
    """What is wrong with schedules that have the name of an earlier one."""
    seen: set[str] = set()
    wrong: dict[str, Any] = {}
    for place, each in enumerate(schedules if isinstance(schedules, list) else []):
        name = each.get("name") if isinstance(each, Mapping) else None
        if isinstance(name, str) and name.strip() in seen:
            wrong[str(place)] = {"name": [fields.repeated(name.strip()[:40])]}
        elif isinstance(name, str):
            seen.add(name.strip())
    return wrong


class ImportWanted(Body):
    """A document of schedules, and what to do with it."""

    document = fields.Lines(max_length=LONGEST, help_text="The YAML text.")
    dry_run = fields.Switch(required=False, default=False, help_text="Say what would change; change nothing.")
    remove_others = fields.Switch(
        required=False, default=False, help_text="Delete the schedules that the document does not name."
    )
    confirm_stops = fields.Whole(
        required=False,
        min_value=0,
        default=0,
        help_text="How many servers all of it together is known to stop within 5 minutes.",
    )


class CalendarWanted(Body):
    """A calendar of holidays."""

    ics = fields.Lines(max_length=LONGEST, help_text="The text of an .ics file.")


class DifferenceShape(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.CharField(allow_null=True, help_text="In words; null where nothing was said.")
    after = serializers.CharField(allow_null=True)


class ScheduleDifferenceShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    fields = DifferenceShape(many=True)  # type: ignore[assignment]  # the name is the API's


class ImportShape(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    created = serializers.ListField(child=serializers.CharField())
    changed = ScheduleDifferenceShape(many=True)
    unchanged = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    stops_soon = StopShape(many=True, help_text="What it stops within 5 minutes.")
    confirm = serializers.IntegerField(
        allow_null=True, help_text="When not null, importing needs this number as confirm_stops."
    )


class CalendarShape(serializers.Serializer[Any]):
    dates = SkipDayShape(many=True, help_text="As `skip_dates` of a schedule takes them.")
    ignored = serializers.IntegerField(
        help_text="Entries that gave no date: with times, cancelled, far away."
    )
