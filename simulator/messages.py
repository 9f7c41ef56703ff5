"""A request and an answer, as they pass between the connection and those who understand them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

XML = "text/xml;charset=UTF-8"
AWS_JSON = "application/x-amz-json-1.0"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """A complete HTTP request; header names are lower case, `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """`wait` seconds, then send; `cut` is how to spoil it: reset, hang or truncate.

    The body comes in pieces over `drip` seconds. `lost` is called when the caller leaves before its end.
    """

    status: int
    body: bytes
    kind: str = XML
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0
    cut: str | None = None
    lost: Callable[[], None] | None = None
