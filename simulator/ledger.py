"""The append-only record of what really happened: every call that wanted to change something, every change.

Tests join it with a database. Must not know rules; it is told.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any, TypeVar

from simulator.calls import Call

KEPT = 200_000
_Numbered = TypeVar("_Numbered", "Entry", "Transition")
_ON_ITS_WAY = frozenset({"sent", "slow", "slow_body"})


@dataclass(frozen=True, slots=True)
class Change:
    """The effect on one server. `ends_at` is the true end of the transition (None: no move, or no end)."""

    instance_id: str
    before: str
    after: str
    ends_at: float | None = None
    ends_as: str | None = None

    @property
    def moved(self) -> bool:
        """Whether something began: another state, or a reboot, which ends as it begins."""
        return self.before != self.after or self.after == self.ends_as


@dataclass(slots=True)
class Entry:
    """One mutating call. `at` is UTC epoch seconds; `answer` says what the caller got to see.

    `before` is the state of every server it named (None: not there), whatever became of the call.
    """

    number: int
    at: float
    action: str
    account: str
    region: str
    ids: list[str]
    call: str | None
    request_id: str | None
    options: Mapping[str, bool]
    before: Mapping[str, str | None]
    accepted: bool = False
    error: str | None = None
    answer: str = "sent"
    effects: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def note(self, changes: Iterable[Change]) -> None:
        """What the call did, server by server; a refused one may have done some of it."""
        for change in changes:
            self.effects[change.instance_id] = {
                "before": change.before,
                "after": change.after,
                "ends_at": change.ends_at,
                "ends_as": change.ends_as,
            }

    def lost(self) -> None:
        """The caller was gone before the answer was written."""
        if self.answer in _ON_ITS_WAY:
            self.answer = "caller_gone"


@dataclass(frozen=True, slots=True)
class Transition:
    """One server's way from one state to another; `by` is `api`, `outside`, `aws` (an event) or `group`."""

    number: int
    instance_id: str
    account: str
    region: str
    action: str
    by: str
    call: str | None
    before: str
    begins_at: float
    ends_at: float | None
    ends_as: str | None


class Ledger:
    """`monotonic_of` turns a moment of the world's clock into CLOCK_MONOTONIC seconds."""

    def __init__(self, monotonic_of: Callable[[float], float]) -> None:
        self.monotonic_of = monotonic_of
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.transitions: deque[Transition] = deque(maxlen=KEPT)
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.throttled: Counter[tuple[str, str, str]] = Counter()
        self._entries_made = 0
        self._transitions_made = 0

    def open(self, call: Call, *, before: Mapping[str, str | None] | None = None) -> Entry:
        """Writes a call down before its outcome is known; the caller fills the outcome in."""
        self._entries_made += 1
        entry = Entry(
            number=self._entries_made,
            at=call.at,
            action=call.action,
            account=call.account,
            region=call.region,
            ids=list(call.ids),
            call=call.mark,
            request_id=call.request_id,
            options=call.options,
            before=before or {},
        )
        self.entries.append(entry)
        return entry

    def last(self, request_id: str | None) -> Entry | None:
        """The newest entry, if this request made it."""
        newest = self.entries[-1] if self.entries else None
        return newest if newest is not None and newest.request_id == request_id else None

    def moved(self, change: Change, call: Call, *, by: str) -> None:
        """Records a transition that begins with this call."""
        self._transitions_made += 1
        moved = Transition(
            number=self._transitions_made,
            instance_id=change.instance_id,
            account=call.account,
            region=call.region,
            action=call.action,
            by=by,
            call=call.mark,
            before=change.before,
            begins_at=call.at,
            ends_at=change.ends_at,
            ends_as=change.ends_as,
        )
        self.transitions.append(moved)

    def read(
        self, *, since: int = 0, instance: str | None = None, call: str | None = None, limit: int = KEPT
    ) -> list[dict[str, Any]]:
        """Calls after entry number `since`, oldest first; optionally of one server or with one mark."""
        found = (
            entry
            for entry in _after(self.entries, since)
            if (instance is None or instance in entry.ids) and call in (None, entry.call)
        )
        return [_shown(entry) | {"monotonic": self.monotonic_of(entry.at)} for entry in islice(found, limit)]

    def times(
        self, *, since: int = 0, instance: str | None = None, limit: int = KEPT
    ) -> list[dict[str, Any]]:
        """Transitions after number `since`, oldest first, optionally only of one server."""
        found = (moved for moved in _after(self.transitions, since) if instance in (None, moved.instance_id))
        return [
            _shown(moved)
            | {
                "begins_monotonic": self.monotonic_of(moved.begins_at),
                "ends_monotonic": None if moved.ends_at is None else self.monotonic_of(moved.ends_at),
            }
            for moved in islice(found, limit)
        ]

    def counted(self) -> list[dict[str, Any]]:
        """Calls and throttled calls per account, region and action."""
        return [
            {
                "account": key[0],
                "region": key[1],
                "action": key[2],
                "calls": n,
                "throttled": self.throttled[key],
            }
            for key, n in sorted(self.calls.items())
        ]


def _after(kept: deque[_Numbered], since: int) -> Iterable[_Numbered]:
    """Numbers rise by one, so those before `since` are passed over without a look at each."""
    return islice(kept, max(0, since - kept[0].number + 1), None) if kept else ()


def _shown(record: Entry | Transition) -> dict[str, Any]:
    """As a dictionary that shares its values: copies of tens of thousands would hold everybody up."""
    return {one.name: getattr(record, one.name) for one in fields(record)}
