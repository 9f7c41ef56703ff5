"""What is made to go wrong, by script: which calls a fault matches and how often it may still strike.

Must not know how a fault is acted out; that is the part it strikes (the world, or the connection).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from simulator.calls import Call

ERRORS = frozenset(
    {"throttle", "error", "error_500", "error_503", "denied", "expired", "skewed", "zone_down"}
)
BEFORE = frozenset({"down", "reset_before", "hang"})
AFTER = frozenset({"reset_after", "hang_after", "truncate", "garbage", "slow", "slow_body"})
ON_ANSWER = frozenset({"duplicate_pages", "empty_pages", "wrong_instance", "omit"})
ON_INSTANCE = frozenset(
    {"not_found", "stale", "stuck", "stuck_start", "failed_start", "insufficient_capacity"}
)
KINDS = ERRORS | BEFORE | AFTER | ON_ANSWER | ON_INSTANCE


class UnknownFaultError(ValueError):
    """A fault that cannot be made, with what could be."""

    def __init__(self, what: object, known: Iterable[str]) -> None:
        super().__init__(f"There is no fault with {what!r}. Known: {', '.join(sorted(known))}.")


@dataclass(slots=True)
class Fault:
    """One scripted fault. Empty fields match everything; `until` ends it (UTC epoch seconds).

    `type` is an instance type. `code`, `message` and `status` replace those of an error fault.
    """

    kind: str
    account: str | None = None
    region: str | None = None
    action: str | None = None
    instance: str | None = None
    type: str | None = None
    zone: str | None = None
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    seconds: float | None = None
    code: str | None = None
    message: str | None = None
    status: int | None = None
    number: int = 0
    made_at: float = 0.0
    until: float | None = None
    struck: int = 0

    def matches(self, call: Call) -> bool:
        return (
            self.account in (None, call.account)
            and self.region in (None, call.region)
            and self.action in (None, call.action)
            and (self.instance is None or self.instance in call.ids)
            and (self.type is None or self.type in call.kinds)
            and self._in_zone(call)
        )

    def _in_zone(self, call: Call) -> bool:
        """An outage of a zone strikes describes of its servers and those that name none.

        Source: EC2 API reference, DescribeInstances.
        """
        if self.zone is None or self.zone in call.zones:
            return True
        describes = call.action in ("DescribeInstances", "DescribeInstanceStatus") and not call.ids
        return self.kind == "zone_down" and describes and self.zone.startswith(call.region)

    def spent(self, now: float) -> bool:
        used_up = self.count is not None and self.struck >= self.count
        return used_up or (self.until is not None and now >= self.until)


_GIVEN = {field.name for field in fields(Fault)} - {"number", "made_at", "until", "struck"}


class Faults:
    """The faults of a world, oldest first."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: list[Fault] = []
        self._made = 0

    def add(self, wanted: Mapping[str, Any], *, now: float) -> Fault:
        """UnknownFaultError when the kind or a field is unknown. `duration` is in seconds from now."""
        if wanted.get("kind") not in KINDS:
            raise UnknownFaultError(wanted.get("kind"), KINDS)
        if wanted["kind"] == "zone_down" and not wanted.get("zone"):
            raise UnknownFaultError("zone_down without a zone", {"zone_down with a zone"})
        if unknown := set(wanted) - _GIVEN - {"duration"}:
            raise UnknownFaultError(min(unknown), _GIVEN | {"duration"})
        self._made += 1
        fault = Fault(**{name: value for name, value in wanted.items() if name in _GIVEN})
        fault.number, fault.made_at = self._made, now
        fault.until = now + float(wanted["duration"]) if "duration" in wanted else None
        self._faults.append(fault)
        return fault

    def clear(self, number: int | None = None) -> None:
        """Ends one fault, or all of them."""
        self._faults = [] if number is None else [fault for fault in self._faults if fault.number != number]

    @property
    def exist(self) -> bool:
        return bool(self._faults)

    def any(self, kind: str) -> bool:
        """Whether there is a fault of this kind at all; cheap, for the way that is gone most often."""
        return bool(self._faults) and any(fault.kind == kind for fault in self._faults)

    def take(self, kinds: Collection[str], call: Call) -> Fault | None:
        """The first fault of these kinds that strikes this call or a server it names; it is then used."""
        for fault in self._faults:
            due = fault.kind in kinds and not fault.spent(call.at) and fault.matches(call)
            if due and self._strikes(fault):
                return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.probability < 1 and self._random.random() >= fault.probability:
            return False
        fault.struck += 1
        return True

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults]
