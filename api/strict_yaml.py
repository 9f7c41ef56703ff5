"""Read one YAML document, and nothing in it that different readers would understand differently. Pure.

Plain words are text unless they are exactly true, false, null or a whole number, so `on`, `no`, `20:00` and
`2026-12-25` stay what was written. Refused: the same key twice, anchors and aliases, tags, a second document.
It reads the parser's events one by one, so neither depth nor repetition can cost more than the text itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from shared.errors import Invalid

LARGEST = 1024 * 1024
DEEPEST = 10
MOST_VALUES = 200_000
PLAIN = {"": None, "~": None} | {
    writing: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for writing in (word, word.capitalize(), word.upper())
}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The value, and the line on which each part of it begins, by its pointer: schedules/0/name."""

    value: Any
    lines: dict[str, int] = field(default_factory=dict)

    def line(self, pointer: str) -> int:
        """Where the part stands, or what holds it when it is missing; 0 when nothing does."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 0)


def loads(text: str, *, name: str) -> Loaded:
    """The document; Invalid, with `name` as its field, says what is wrong and in which line and column."""
    if len(text.encode()) > LARGEST:
        raise Invalid("This document is larger than 1 MiB.", code="too_long", field=name)
    try:
        return Reader(text, name).document()
    except yaml.MarkedYAMLError as error:
        raise refused(name, error.problem_mark or error.context_mark, words(error)) from error
    except yaml.YAMLError as error:
        raise refused(name, None, str(error).splitlines()[0]) from error


def words(error: yaml.MarkedYAMLError) -> str:
    if "alias" in (error.context or ""):
        return "a value that begins with * must stand in quotes"
    return error.problem or error.context or "this is no YAML"


def refused(name: str, mark: Any, problem: str) -> Invalid:
    place = f"Line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return Invalid(f"{place}{problem}.", code="invalid_yaml", field=name)


class Reader:
    """Walks the events of one document; every method takes the event that begins its part."""

    def __init__(self, text: str, name: str) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self.name = name
        self.lines: dict[str, int] = {}

    def document(self) -> Loaded:
        next(self.events)
        begin = next(self.events)
        if isinstance(begin, yaml.StreamEndEvent):
            return Loaded(None)
        value = self.value(next(self.events), "", 1)
        next(self.events)
        more = next(self.events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise self.refuse(more, "a second document begins here; give one")
        return Loaded(value, self.lines)

    def value(self, event: Any, pointer: str, depth: int) -> Any:
        self.check(event, depth)
        self.lines[pointer] = event.start_mark.line + 1
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(pointer, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(pointer, depth)
        return resolved(event)

    def check(self, event: Any, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self.refuse(event, "anchors (&) and aliases (*) are not read; write it out, or in quotes")
        if event.tag is not None:
            raise self.refuse(event, "tags (!) are not read; write the value in quotes if it begins with !")
        if depth > DEEPEST:
            raise self.refuse(event, f"this is nested deeper than {DEEPEST} levels")
        if len(self.lines) >= MOST_VALUES:
            raise self.refuse(event, f"this document has more than {MOST_VALUES} values")

    def mapping(self, pointer: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.check(event, depth)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refuse(event, "a key must be a plain word")
            if event.value in found:
                raise self.refuse(event, f"'{event.value[:40]}' is written twice here")
            found[event.value] = self.value(next(self.events), below(pointer, event.value), depth + 1)
        return found

    def sequence(self, pointer: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.value(event, below(pointer, str(len(found))), depth + 1))
        return found

    def refuse(self, event: Any, problem: str) -> Invalid:
        return refused(self.name, event.start_mark, problem)


def below(pointer: str, key: str) -> str:
    return f"{pointer}/{key}" if pointer else key


def resolved(event: Any) -> Any:
    """What a word means: quoted it is always text."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in PLAIN:
        return PLAIN[text]
    return int(text) if WHOLE.fullmatch(text) else text
