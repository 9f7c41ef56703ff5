"""A document's schedules, each checked as the API checks it, and where in the text it stands.

What is wrong is gathered, so that one look shows all of it, and told with its line. It asks no database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from api import errors, strict_yaml
from api.schedules.document_serializers import DocumentWanted
from api.schedules.documents import Written, rules_in_order, windows_in_order
from api.strict_yaml import Loaded
from shared.errors import Invalid

FIELD = "document"


@dataclass(frozen=True, slots=True)
class Entry:
    """One schedule of a document: its place there, its values as a body has them, and all it says."""

    place: int
    said: dict[str, Any]
    written: Written


class Refusals:
    """What is wrong with a document; `check` raises all of it together."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.found: dict[str, Any] = {}

    def add(self, pointer: str, *, code: str, detail: str) -> None:
        """`pointer` leads to the value from the document's top: schedules/3/name."""
        at = self.found
        for step in filter(None, pointer.split("/")):
            at = at.setdefault(step, {})
        line = self.loaded.line(pointer)
        words = ErrorDetail(f"Line {line}: {detail}" if line else detail, code=code)
        at.setdefault("non_field_errors", []).append(words)

    def note(self, entry: Entry, error: Invalid) -> None:
        """What a service refused of one schedule."""
        self.add(f"schedules/{entry.place}/{error.field}".rstrip("/"), code=error.code, detail=str(error))

    def check(self) -> None:
        if self.found:
            raise ValidationError({FIELD: self.found})


def read(text: str, *, zone: str) -> tuple[Sequence[Entry], Refusals]:
    """The document's schedules; those without a time zone are in `zone`. Raises all that is wrong."""
    loaded = strict_yaml.loads(text, name=FIELD)
    refusals = Refusals(loaded)
    wanted = DocumentWanted(data=loaded.value)
    if not wanted.is_valid():
        for error in errors.flatten(ValidationError(wanted.errors).get_full_details()):
            refusals.add(error.pointer.lstrip("#/"), code=error.code, detail=error.detail)
    refusals.check()
    bodies = enumerate(wanted.validated_data["schedules"])
    return [Entry(place, said, written(said, zone=zone)) for place, said in bodies], refusals


def written(said: dict[str, Any], *, zone: str) -> Written:
    """What a body says of a schedule, with the defaults of what it does not mention."""
    plain = ("name", "enabled", "mode", "valid_from", "valid_to", "grace_seconds", "hibernate", "tag_query")
    return Written(
        timezone=said.get("timezone", zone),
        windows=windows_in_order(said.get("windows", ())),
        rules=rules_in_order(said.get("rules", ())),
        skip_dates=tuple(sorted((each.day, each.note) for each in said.get("skip_dates", ()))),
        servers=tuple(sorted(said.get("servers", ()))),
        **{name: said[name] for name in plain if name in said},
    )
