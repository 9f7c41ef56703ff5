"""The AWS Query protocol on the asking side: form fields into lists, filters, numbers and flags.

Must not know any action.
"""

from collections.abc import Mapping
from itertools import count
from urllib.parse import unquote_plus

from simulator import errors
from simulator.filters import Filter

Params = Mapping[str, str]


def parsed(body: str) -> dict[str, str]:
    """The fields of a form body; a later one wins, as at AWS."""
    if "%" in body or "+" in body:
        pairs = (pair.partition("=") for pair in body.split("&"))
        return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
    return {name: value for name, _, value in (pair.partition("=") for pair in body.split("&"))}


def members(params: Params, prefix: str) -> list[str]:
    """`InstanceId.1`, `InstanceId.2`, ... in order, up to the first gap."""
    found: list[str] = []
    for n in count(1):
        value = params.get(f"{prefix}.{n}")
        if value is None:
            return found
        found.append(value)
    return found


def filters(params: Params) -> list[Filter]:
    found: list[Filter] = []
    for n in count(1):
        name = params.get(f"Filter.{n}.Name")
        if name is None:
            return found
        found.append((name, members(params, f"Filter.{n}.Value")))
    return found


def flag(params: Params, name: str) -> bool:
    value = params.get(name, "false")
    if value not in ("true", "false"):
        raise errors.invalid_value(value, parameter=name, hint="Expecting true or false.")
    return value == "true"


def number(params: Params, name: str) -> int | None:
    value = params.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError as error:
        raise errors.invalid_value(value, parameter=name, hint="Expecting a number.") from error


def required(params: Params, name: str) -> str:
    value = params.get(name)
    if not value:
        raise errors.missing_parameter(name)
    return value
