"""Read a JSON body, and nothing that different readers would understand differently.

Refused: duplicate keys, NaN and infinities, NUL and lone surrogates in strings, more than ten levels.
"""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from api.errors import MalformedJson

DEPTH = 10


class StrictJson(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, object] | None = None,
    ) -> Any:
        return loads(stream.read())


def loads(raw: bytes) -> object:
    """The value; MalformedJson says what is wrong with it."""
    try:
        value: object = json.loads(
            raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse_constant, parse_float=finite
        )
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    check(value, depth=1)
    return value


def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(items)
    if len(found) != len(items):
        raise MalformedJson("The body has an object with the same key twice.")
    return found


def refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON number.")


def finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise MalformedJson("The body has a number that is too large.")
    return number


def check(value: object, *, depth: int) -> None:
    """Walk the value; never deeper than DEPTH, whatever was sent."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict | list):
        if depth > DEPTH:
            raise MalformedJson(f"The body is nested deeper than {DEPTH} levels.")
        for each in (*value, *value.values()) if isinstance(value, dict) else value:
            check(each, depth=depth + 1)


def check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise MalformedJson("The body has a string with a NUL or half a character.")
