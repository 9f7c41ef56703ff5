"""The shapes of a server's line of time, and of the span somebody asks for."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api import fields, words
from api.errors import InvalidQuery
from api.operations.serializers import OperationSchedule
from api.servers.planning import Span
from api.servers.serializers import ObservedShape
from shared.schedules.models import Action

DAY = timedelta(hours=24)
LONGEST = timedelta(days=31)


class EntryShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=words.TIMELINE_KINDS)
    action = serializers.ChoiceField(choices=Action.choices, allow_null=True)
    state = serializers.ChoiceField(
        choices=words.OPERATION_STATES,
        allow_null=True,
        help_text="The operation's; skipped also for a planned action that will not run.",
    )
    text = serializers.CharField()
    schedule = OperationSchedule(allow_null=True)
    operation = serializers.IntegerField(allow_null=True)
    observation = ObservedShape(allow_null=True)
    rule = serializers.IntegerField(
        allow_null=True, help_text="The rule of a planned action; with `at` it names the occurrence to skip."
    )
    note = serializers.CharField(allow_null=True, help_text="What a clock change does to a planned action.")
    skip = serializers.IntegerField(
        allow_null=True, help_text="The skip that somebody made for a planned action; delete it to undo."
    )


class TimelineShape(serializers.Serializer[Any]):
    to = serializers.DateTimeField()
    entries = EntryShape(many=True, help_text="Oldest first.")
    more = serializers.BooleanField(help_text="Whether there are more entries than these.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own, so it cannot be an attribute."""
        return {"from": serializers.DateTimeField()} | super().get_fields()


def span(request: Request, *, now: datetime, longest: timedelta = LONGEST) -> Span:
    """The span of the query: a day back to a day ahead; with one end given, two days from or up to it."""
    start, end = moment(request, "from"), moment(request, "to")
    if start is None:
        start = end - 2 * DAY if end else now - DAY
    if end is None:
        end = start + 2 * DAY if "from" in request.query_params else now + DAY
    if end <= start:
        raise InvalidQuery("to", "to has to be later than from.")
    if end - start > longest:
        raise InvalidQuery("to", f"At most {longest.days} days at once.")
    return Span(start, end, now)


def moment(request: Request, name: str) -> datetime | None:
    """A moment of the query; InvalidQuery when it is none, or far from anything that was or will be."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value: datetime = fields.Moment().to_internal_value(text)
    except serializers.ValidationError as error:
        years = f"of the years {fields.YEARS[0]} to {fields.YEARS[-1]}"
        message = f"{name} is a moment {years} with its zone, e.g. 2026-12-24T07:00:00Z."
        raise InvalidQuery(name, message) from error
    return value
