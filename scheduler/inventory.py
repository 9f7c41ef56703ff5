"""What a full description of a region means for the servers we know: added, changed, gone. Pure.

It compares details only; states are `observe`'s matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduler.ec2.gateway import SeenServer

ENDED = frozenset({"shutting-down", "terminated"})


@dataclass(frozen=True, slots=True)
class Details:
    """What we keep of an instance besides its state; names are those of the server's columns."""

    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    type: str = ""
    availability_zone: str = ""
    private_ip: str = ""
    public_ip: str = ""
    launched_at: datetime | None = None
    flags: Mapping[str, object] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in DETAILS}


DETAILS = tuple(Details.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Difference:
    """Instances without a row, those whose details differ, and known ids that were not in the answer."""

    added: tuple[SeenServer, ...]
    changed: tuple[SeenServer, ...]
    gone: frozenset[str]


def details(seen: SeenServer) -> Details:
    return Details(**{name: getattr(seen, name) for name in DETAILS})


def difference(seen: Iterable[SeenServer], *, known: Mapping[str, Details]) -> Difference:
    """An instance that had ended before we first saw it is not worth a row."""
    answer = {each.instance_id: each for each in seen}
    fresh = (each for name, each in answer.items() if name not in known and each.state not in ENDED)
    common = (each for name, each in answer.items() if name in known)
    return Difference(
        added=tuple(fresh),
        changed=tuple(each for each in common if details(each) != known[each.instance_id]),
        gone=frozenset(known.keys() - answer.keys()),
    )
