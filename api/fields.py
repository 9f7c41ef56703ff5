"""Fields that take what they say and nothing that merely resembles it: no "900" for 900, no 1 for true.

Unknown fields are refused, so a misspelt one is never silently ignored.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from shared.schedules.cron import FURTHEST_YEAR
from shared.schedules.recurrence import EARLIEST_YEAR, out_of_range

WRONG_TYPE = "wrong_type"
# What every JSON reader keeps exactly; far beyond any id, and inside PostgreSQL's bigint.
SAFE = 2**53 - 1
YEARS = range(EARLIEST_YEAR, FURTHEST_YEAR + 1)
# Format characters that reorder or hide text; letters' own joiners (U+200C, U+200D) are left alone.
INVISIBLE = frozenset(
    "\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


class Text(serializers.CharField):
    """A string of one line, trimmed, without control or direction characters."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        text: str = super().to_internal_value(data)
        if any(letter in INVISIBLE or unicodedata.category(letter) == "Cc" for letter in text):
            raise serializers.ValidationError("Control characters are not allowed here.", code="invalid_text")
        return text


class Email(serializers.EmailField):
    """An e-mail address in plain letters, no longer than a row holds; made small, as sign-in looks for it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 254} | options)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        if not (data.isascii() and data.strip().isprintable()):
            raise serializers.ValidationError("Write the address in plain letters.", code="invalid_text")
        address: str = super().to_internal_value(data)
        return address.lower()


class Whole(serializers.IntegerField):
    """A JSON number without a fraction; neither a string nor true."""

    def to_internal_value(self, data: object) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("Write this as a whole number.", code=WRONG_TYPE)
        if abs(data) > SAFE:
            raise serializers.ValidationError("This number is too large.", code="out_of_range")
        value: int = super().to_internal_value(data)
        return value


class Switch(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: object) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Write true or false.", code=WRONG_TYPE)
        return data


class Choice(serializers.ChoiceField):
    """One of the given words, in exactly this writing."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        if data not in self.choices:
            words = ", ".join(str(word) for word in self.choices)
            raise serializers.ValidationError(f"Choose one of {words}.", code="invalid_choice")
        return data


class Moment(serializers.DateTimeField):
    """An instant in ISO 8601 with a zone, as 2026-12-24T07:00:00Z."""

    def to_internal_value(self, value: object) -> Any:
        if not isinstance(value, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        if not value.endswith("Z") and "+" not in value and value.count("-") < 3:
            raise serializers.ValidationError(
                "Give the time with its zone, e.g. 2026-12-24T07:00:00Z.", code="invalid_time"
            )
        try:
            at = super().to_internal_value(value)
        except (serializers.ValidationError, OverflowError) as error:
            message = f"{value[:40]!r} is not a time like 2026-12-24T07:00:00Z."
            raise serializers.ValidationError(message, code="invalid_time") from error
        if at.year not in YEARS:
            raise serializers.ValidationError(out_of_range(at), code="out_of_range")
        return at


class Day(serializers.DateField):
    """A calendar day, as 2026-12-24."""

    def to_internal_value(self, value: object) -> Any:
        if not isinstance(value, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        try:
            day = super().to_internal_value(value)
        except serializers.ValidationError as error:
            message = f"{value[:40]!r} is not a day like 2026-12-24."
            raise serializers.ValidationError(message, code="invalid_date") from error
        if day.year not in YEARS:
            raise serializers.ValidationError(out_of_range(day), code="out_of_range")
        return day


def itself(value: Any) -> Any:
    """What tells values apart that have no other mark."""
    return value


class Many(serializers.ListField):
    """A list without repetitions, of at least `least` values; two with the same `mark` are a repetition."""

    def __init__(
        self, *, least: int = 0, most: int, mark: Callable[[Any], Any] = itself, **options: Any
    ) -> None:
        self.least, self.most, self.mark = least, most, mark
        super().__init__(**options)

    def to_internal_value(self, data: object) -> list[Any]:
        if not isinstance(data, list):
            raise serializers.ValidationError("Write this as a list.", code=WRONG_TYPE)
        if len(data) < self.least:
            raise serializers.ValidationError("Name at least one.", code="empty")
        if len(data) > self.most:
            raise serializers.ValidationError(f"At most {self.most} at once.", code="too_long")
        values: list[Any] = super().to_internal_value(data)
        marks = [self.mark(value) for value in values]
        for place, mark in enumerate(marks):
            if mark in marks[:place]:
                raise serializers.ValidationError({str(place): [repeated(mark)]})
        return values


def repeated(value: object) -> ErrorDetail:
    return ErrorDetail(f"{value} is named twice.", code="duplicate")


class Body(serializers.Serializer[Any]):
    """A request body: an object with known fields only."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": [no_object()]})
        return super().run_validation(data)

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        unknown = [name for name in data if name not in self.fields]
        if unknown:
            raise serializers.ValidationError({name: [unheard_of(name)] for name in unknown})
        if self.parent is None:
            return dict(super().to_internal_value(data))
        # A change may leave out fields of its own; what it does name is whole all the same.
        lacking = [name for name, each in self.fields.items() if name not in data and each.required]
        if lacking:
            raise serializers.ValidationError({name: [missing()] for name in lacking})
        return self.left_out(data) | super().to_internal_value(data)

    def left_out(self, data: Mapping[str, object]) -> dict[str, Any]:
        """The defaults of fields that were not given."""
        fields = {name: each for name, each in self.fields.items() if name not in data}
        return {name: each.default for name, each in fields.items() if each.default is not serializers.empty}


def missing() -> ErrorDetail:
    return ErrorDetail("This field is required.", code="required")


def no_object() -> ErrorDetail:
    return ErrorDetail("Write this as an object.", code="not_an_object")


def unheard_of(name: str) -> ErrorDetail:
    return ErrorDetail(f"There is no field {name[:50]!r} here.", code="unknown_field")


class Nothing(Body):
    """The body of a request that needs none."""


class Number(serializers.FloatField):
    """A JSON number, with a fraction or without; neither a string nor true."""

    def to_internal_value(self, data: object) -> float:
        if not isinstance(data, int | float) or isinstance(data, bool):
            raise serializers.ValidationError("Write this as a number.", code=WRONG_TYPE)
        if abs(data) > SAFE:
            raise serializers.ValidationError("This number is too large.", code="out_of_range")
        value: float = super().to_internal_value(data)
        return value


class ChoiceOrNull(serializers.ChoiceField):
    """One of some words on the way out; null where nothing was stored."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, **{"read_only": True, "allow_null": True} | options)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) if value else None


class OrNull(serializers.CharField):
    """A text on the way out; null where nothing was stored."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, "allow_null": True} | options)

    def to_representation(self, value: object) -> str | None:  # type: ignore[override]
        return str(value) if value else None


class Secret(Text):
    """A text that is never trimmed, never shown and never echoed in an error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, "max_length": 200} | options)


class Lines(serializers.CharField):
    """A text of several lines, exactly as it came. What reads it judges its characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True} | options)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write this as a text.", code=WRONG_TYPE)
        text: str = super().to_internal_value(data)
        return text
