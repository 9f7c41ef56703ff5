"""Both records joined: which request belonged to which operation, and where a server truly was. Pure.

The operation a request belonged to is found through the call id in the request's User-Agent and the moves
that the witness wrote down, so that a product which overwrites its own columns cannot hide anything.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.chaos.record import Entry, Op, Record, Transition

TERMINAL = frozenset({"succeeded", "failed", "unknown", "skipped", "cancelled"})
# Requests: capacity and refill per second (EC2 Developer Guide, "Request throttling").
RATES = {"stop": (50.0, 5.0), "start": (5.0, 2.0), "reboot": (50.0, 5.0)}


@dataclass
class Evidence:
    """The record, joined once."""

    record: Record
    clock_moved: bool = False
    rates: Mapping[str, tuple[float, float]] = field(default_factory=lambda: RATES)

    @cached_property
    def ops(self) -> dict[int, Op]:
        return {op.id: op for op in self.record.ops}

    @cached_property
    def carried(self) -> dict[tuple[int, int], int]:
        """(call, server) to the operation that the call carried for it."""
        return {
            (move.call, move.server): move.operation
            for move in self.record.moves
            if move.call is not None and move.after == "sending"
        }

    @cached_property
    def server_of(self) -> dict[str, int]:
        return {instance: server for server, instance in self.record.servers.items()}

    @cached_property
    def requests(self) -> dict[int, list[tuple[Entry, str]]]:
        """Operation to the requests that named its server on its behalf."""
        found: dict[int, list[tuple[Entry, str]]] = defaultdict(list)
        for entry in self.record.entries:
            for instance in entry.ids:
                operation = self.owner(entry, instance)
                if operation is not None:
                    found[operation].append((entry, instance))
        return found

    def owner(self, entry: Entry, instance: str) -> int | None:
        return self.carried.get((entry.call or 0, self.server_of.get(instance, 0)))

    def accepted(self, op: Op) -> list[tuple[Entry, str]]:
        return [each for each in self.requests.get(op.id, []) if each[0].accepted]

    @cached_property
    def ended_at(self) -> dict[int, float]:
        """When each operation really ended."""
        return {move.operation: move.at for move in self.record.moves if move.after in TERMINAL}

    @cached_property
    def ways(self) -> dict[str, list[Transition]]:
        found: dict[str, list[Transition]] = defaultdict(list)
        for each in self.record.transitions:
            if each.action != "RebootInstances":
                found[each.instance].append(each)
        return found

    def reached(self, instance: str, goal: str, *, since: float, until: float) -> bool:
        """Whether the server truly was in `goal` at some moment between these."""
        ways = self.ways.get(instance, [])
        begins = [way.begins for way in ways]
        first = max(0, bisect_right(begins, since) - 1)
        if not ways:
            return goal == "running"
        if begins[0] > since and ways[0].before == goal:
            return True
        for nth in range(first, len(ways)):
            way, leaves = ways[nth], begins[nth + 1] if nth + 1 < len(ways) else float("inf")
            if way.begins > until:
                break
            ends = way.ends
            if way.ends_as == goal and ends is not None and ends <= min(until, leaves) and leaves >= since:
                return True
        return False

    def rested(self, instance: str, goal: str, *, since: float, until: float) -> bool:
        """Whether the server truly was in `goal` all the time between these."""
        ways = [way for way in self.ways.get(instance, []) if way.begins <= until]
        if not ways:
            return goal == "running"
        last = ways[-1]
        return last.ends_as == goal and last.ends is not None and last.ends <= since

    @cached_property
    def proven(self) -> frozenset[int]:
        """The operations for which a process of ours has read that EC2 accepted."""
        return frozenset(move.operation for move in self.record.moves if move.after == "accepted")

    def sender(self, op: Op) -> int:
        """The pid of the process that sent this last; 0 when nobody did."""
        calls = [
            move.call for move in self.record.moves if move.operation == op.id and move.after == "sending"
        ]
        call = self.record.calls.get(calls[-1] or 0) if calls else None
        return call.pid if call else 0

    def unanswered(self, op: Op) -> bool:
        """Whether EC2 accepted this and no process of ours ever read that."""
        return op.id not in self.proven and bool(self.accepted(op))
