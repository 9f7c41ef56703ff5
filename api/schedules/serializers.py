"""The shapes of schedules and of their preview."""

from datetime import datetime
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from api import fields, words
from api.fields import Body
from shared.schedules.checks import RuleText
from shared.schedules.models import Action, Schedule
from shared.schedules.parts import SkipDay
from shared.schedules.windows import WindowText

MOST_RULES = 50
MOST_WINDOWS = 50
MOST_SKIP_DATES = 400
MOST_SERVERS = 1000
SHORTEST_GRACE = 60
LONGEST_GRACE = 86400


class RuleWanted(Body):
    """One action, at recurring moments (`cron`) or at a single local one (`at`)."""

    action = fields.Choice(choices=Action.choices)
    cron = fields.Text(
        required=False, max_length=200, help_text="Five fields: minute hour day month weekday."
    )
    at = fields.Text(
        required=False, max_length=40, help_text="Local date and time: 2026-12-24T07:00, or with seconds."
    )

    def validate(self, attrs: dict[str, Any]) -> RuleText:
        if ("cron" in attrs) == ("at" in attrs):
            raise serializers.ValidationError("Give either cron or at.", code="cron_or_at")
        return RuleText(
            action=attrs["action"], cron=" ".join(attrs.get("cron", "").split()), at=full(attrs.get("at", ""))
        )


def full(at: str) -> str:
    """The same moment in one writing; what is none is left for the rules' own check to refuse."""
    try:
        return datetime.fromisoformat(at).isoformat(timespec="seconds") if len(at) == 16 else at
    except ValueError:
        return at


class WindowWanted(Body):
    """On these days from one wall-clock time to another; to the next day when `to` is not later."""

    days = fields.Many(child=fields.Choice(choices=words.WEEKDAYS), least=1, most=7)
    to = fields.Text(max_length=20)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it cannot be an attribute."""
        return super().get_fields() | {"from": fields.Text(max_length=20)}

    def validate(self, attrs: dict[str, Any]) -> WindowText:
        return WindowText(days=attrs["days"], start=attrs["from"], to=attrs["to"])


class SkipDayWanted(Body):
    """A local date on which nothing begins: neither windows nor single actions."""

    day = fields.Day()
    note = fields.Text(required=False, allow_blank=True, max_length=120, default="")

    def validate(self, attrs: dict[str, Any]) -> SkipDay:
        return SkipDay(attrs["day"], attrs["note"])


class ScheduleWanted(Body):
    name = fields.Text(max_length=120)
    timezone = fields.Text(
        required=False, max_length=64, allow_blank=True, help_text="IANA; the workspace's if left out."
    )
    enabled = fields.Switch(required=False)
    grace_seconds = fields.Whole(
        required=False, allow_null=True, min_value=SHORTEST_GRACE, max_value=LONGEST_GRACE
    )
    valid_from = fields.Day(required=False, allow_null=True, help_text="First local date on which it counts.")
    valid_to = fields.Day(required=False, allow_null=True, help_text="Last local date on which it counts.")
    mode = fields.Choice(
        required=False,
        choices=Schedule.Mode.choices,
        help_text="The answer to changes that others make: respect, alert or enforce. observe never acts.",
    )
    hibernate = fields.Switch(
        required=False, help_text="Its stops hibernate the servers that were launched with hibernation."
    )
    windows = fields.Many(
        child=WindowWanted(), required=False, least=1, most=MOST_WINDOWS, help_text="Hours to be on."
    )
    rules = fields.Many(
        child=RuleWanted(), required=False, least=1, most=MOST_RULES, help_text="Single actions instead."
    )
    skip_dates = fields.Many(
        child=SkipDayWanted(), required=False, most=MOST_SKIP_DATES, mark=attrgetter("day")
    )
    servers = fields.Many(child=fields.Whole(min_value=1), required=False, most=MOST_SERVERS)
    confirm_stops = fields.Whole(
        required=False,
        min_value=0,
        help_text="How many servers this is known to stop within 5 minutes; asked for when more than one.",
    )
    tag_query = fields.Text(
        required=False,
        allow_blank=True,
        max_length=500,
        help_text="Servers by their tags instead of picked ones: team=qa AND env!=prod",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A timetable in one of two ways, and servers in one of two ways."""
        one_of(attrs, "windows", "rules", code="windows_or_rules", whole=False)
        if not self.partial and "windows" not in attrs and "rules" not in attrs:
            missing = ErrorDetail("Give windows, or single actions as rules.", code="required")
            raise serializers.ValidationError({"rules": [missing]})
        if attrs.get("tag_query") and attrs.get("servers"):
            raise serializers.ValidationError(
                {"tag_query": [ErrorDetail("Give either servers or a tag query.", code="servers_or_tags")]}
            )
        if not self.partial and "servers" not in attrs and not attrs.get("tag_query"):
            missing = ErrorDetail("Name servers, or a tag query.", code="required")
            raise serializers.ValidationError({"servers": [missing]})
        return attrs


def one_of(attrs: dict[str, Any], one: str, other: str, *, code: str, whole: bool) -> None:
    """Both at once is a contradiction; neither is one where all has to be said."""
    both, none = one in attrs and other in attrs, one not in attrs and other not in attrs
    if both or (whole and none):
        raise serializers.ValidationError(f"Give either {one} or {other}.", code=code)


class ScheduleChange(ScheduleWanted):
    """What is left out stays as it is."""


class Confirmed(Body):
    confirm_stops = fields.Whole(
        required=False,
        min_value=0,
        default=0,
        help_text="How many servers this is known to stop within 5 minutes; asked for when more than one.",
    )


class PauseWanted(Confirmed):
    reason = fields.Text(required=False, allow_blank=True, max_length=200, default="")
    until = fields.Moment(required=False, allow_null=True, default=None)

    def validate_until(self, until: datetime | None) -> datetime | None:
        if until is not None and until <= self.context["view"].now:
            raise serializers.ValidationError("This moment has passed.", code="in_the_past")
        return until


class ResumeWanted(Confirmed):
    pass


class PausedShape(serializers.Serializer[Any]):
    until = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class RuleShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    action = serializers.ChoiceField(choices=Action.choices)
    cron = fields.OrNull()
    at = fields.OrNull()
    sentence = serializers.CharField()
    next_run_at = serializers.DateTimeField(allow_null=True)


class WindowShape(serializers.Serializer[Any]):
    days = serializers.ListField(child=serializers.ChoiceField(choices=words.WEEKDAYS))
    to = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it cannot be an attribute."""
        return super().get_fields() | {"from": serializers.CharField(source="start")}


class SkipDayShape(serializers.Serializer[Any]):
    day = serializers.DateField()
    note = serializers.CharField()


class WeekHoursShape(serializers.Serializer[Any]):
    on = serializers.FloatField()
    off = serializers.FloatField()


class NextShape(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=Action.choices)
    rule = serializers.IntegerField()
    at = serializers.DateTimeField()
    local = serializers.CharField()


class LastRunShape(serializers.Serializer[Any]):
    operation = serializers.IntegerField(source="id")
    action = serializers.ChoiceField(choices=Action.choices)
    state = serializers.ChoiceField(choices=words.OPERATION_STATES)
    reason = fields.OrNull()
    detail = fields.OrNull()
    finished_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField()


class WarningShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class ScheduleShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    timezone = serializers.CharField()
    enabled = serializers.BooleanField()
    revision = serializers.IntegerField(help_text="Also the ETag; send it as If-Match to change or delete.")
    paused = PausedShape(allow_null=True)
    grace_seconds = serializers.IntegerField(allow_null=True)
    mode = serializers.ChoiceField(choices=Schedule.Mode.choices)
    hibernate = serializers.BooleanField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    windows = WindowShape(many=True, help_text="Hours to be on; empty for a schedule of single actions.")
    rules = RuleShape(many=True, help_text="Single actions; empty for a schedule of windows.")
    skip_dates = SkipDayShape(many=True)
    tag_query = serializers.CharField(help_text="Empty when its servers were picked.")
    servers = serializers.ListField(
        child=serializers.IntegerField(), help_text="Those it has now, whether picked or found by their tags."
    )
    week_hours = WeekHoursShape(allow_null=True, help_text="Of an ordinary week; null for single actions.")
    sentence = serializers.CharField()
    next = NextShape(allow_null=True)
    last_run = LastRunShape(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    warnings = WarningShape(many=True, help_text="Filled when one schedule is read or saved; empty in lists.")
