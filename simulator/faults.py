"""What is made to go wrong, by script: which calls a fault matches and how often it may still strike.

Must not know how a fault is acted out; that is the part it strikes (the world, or the connection).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

ERRORS = frozenset({"throttle", "error_500", "error_503", "denied", "insufficient_capacity", "expired"})
BEFORE = frozenset({"down", "reset_before", "hang"})
AFTER = frozenset({"reset_after", "hang_after", "truncate", "garbage", "slow"})
ON_INSTANCE = frozenset({"not_found", "stale", "stuck", "failed_start"})
KINDS = ERRORS | BEFORE | AFTER | ON_INSTANCE


@dataclass(slots=True)
class Fault:
    """One scripted fault. Empty fields match everything; `until` is the moment it ends (UTC epoch seconds)."""

    kind: str
    number: int = 0
    account: str | None = None
    region: str | None = None
    action: str | None = None
    instance: str | None = None
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    made_at: float = 0.0
    until: float | None = None
    seconds: float | None = None
    code: str | None = None
    message: str | None = None
    struck: int = 0

    def matches(self, account: str, region: str, action: str, ids: Collection[str]) -> bool:
        return (
            self.account in (None, account)
            and self.region in (None, region)
            and self.action in (None, action)
            and (self.instance is None or self.instance in ids)
        )

    def spent(self, now: float) -> bool:
        return (self.count is not None and self.struck >= self.count) or (
            self.until is not None and now >= self.until
        )


class Faults:
    """The faults of a world, oldest first."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faults: list[Fault] = []
        self._made = 0

    def add(self, wanted: dict[str, Any], *, now: float) -> Fault:
        """ValueError when the kind or a field is unknown. `duration` (seconds from now) becomes `until`."""
        wanted = dict(wanted)
        duration = wanted.pop("duration", None)
        if wanted.get("kind") not in KINDS:
            raise ValueError(f"unknown fault kind {wanted.get('kind')!r}; known: {', '.join(sorted(KINDS))}")
        try:
            fault = Fault(**wanted)
        except TypeError as error:
            raise ValueError(f"a fault cannot have that field: {error}") from error
        self._made += 1
        fault.number, fault.made_at = self._made, now
        fault.until = now + duration if duration is not None else None
        self._faults.append(fault)
        return fault

    def clear(self, numbers: Iterable[int] | None = None) -> None:
        gone = None if numbers is None else set(numbers)
        self._faults = [] if gone is None else [fault for fault in self._faults if fault.number not in gone]

    @property
    def active(self) -> bool:
        return bool(self._faults)

    def any(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self._faults)

    def take(
        self,
        kinds: Collection[str],
        *,
        at: float,
        account: str,
        region: str,
        action: str,
        ids: Sequence[str] = (),
    ) -> Fault | None:
        """The first fault of these kinds that strikes this call (or this server); it counts as used."""
        if not self._faults:
            return None
        for fault in self._faults:
            if fault.kind in kinds and not fault.spent(at) and fault.matches(account, region, action, ids):
                if self._strikes(fault):
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
