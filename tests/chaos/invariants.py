"""What must hold whatever was broken. Pure: two records in, findings out; it has never heard of a process.

Each finding is a promise with the number measured and its bound.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.chaos.evidence import TERMINAL, Evidence
from tests.chaos.record import Op

ACTIVE = frozenset({"sending", "accepted"})
GOALS = {"start": "running", "stop": "stopped"}
# A request may leave this long after its intent was committed; the guard stops it later than that.
STALE = 5.5
# Two clocks of one machine, read in two processes.
HAIR = 0.05
# A goal that the server had reached so long before the operation ended was there to be seen.
SEEN_WITHIN = 5.0


@dataclass(frozen=True)
class Finding:
    """One promise, measured. `examples` are for whoever has to find out why."""

    id: str
    promise: str
    measured: float
    bound: str
    ok: bool
    examples: tuple[str, ...] = ()


def finding(name: str, promise: str, wrong: Iterable[str], *, bound: str = "0", most: int = 0) -> Finding:
    """A promise that is broken by each of these."""
    found = list(wrong)
    return Finding(name, promise, len(found), bound, len(found) <= most, tuple(found[:5]))


def occurrences(seen: Evidence) -> Iterable[Finding]:
    """I1: every expected occurrence is exactly one row, with the action and the moment that were planned."""
    rows = Counter(
        (op.rule, op.server, op.action, round(op.due, 3)) for op in seen.record.ops if op.origin == "rule"
    )
    keys = {
        (each.rule, each.server, each.action, round(each.due.timestamp(), 3)) for each in seen.record.expected
    }
    yield finding("lost", "every occurrence has a row", (f"{key}" for key in keys if not rows[key]))
    yield finding(
        "doubled", "no occurrence has two rows", (f"{key}: {n}" for key, n in rows.items() if n > 1)
    )
    yield finding("unasked", "no row that nobody planned", (f"{key}" for key in rows if key not in keys))


def ends(seen: Evidence) -> Iterable[Finding]:
    """I1, I8: every row comes to an end, gives its reason, and stays there."""
    ops = seen.record.ops
    yield finding("open", "every operation has ended", (told(op) for op in ops if op.state not in TERMINAL))
    yield finding(
        "unexplained",
        "every end has a reason",
        (told(op) for op in ops if op.state in TERMINAL and not op.reason),
    )
    left = (
        f"operation {move.operation}: {move.before} to {move.after}"
        for move in seen.record.moves
        if move.before in TERMINAL and move.after != move.before
    )
    yield finding("reopened", "an end is never left", left)


def effects(seen: Evidence) -> Iterable[Finding]:
    """I2, I3, I5: what EC2 accepted for each operation."""
    power = [op for op in seen.record.ops if op.action in GOALS]
    reboots = [op for op in seen.record.ops if op.action == "reboot"]
    yield finding("repeated", "EC2 accepted a start or stop at most once", twice(seen, power))
    yield finding("rebooted twice", "EC2 accepted a reboot at most once", twice(seen, reboots))
    quiet = (op for op in seen.record.ops if op.state in ("skipped", "cancelled"))
    yield finding(
        "not to be sent",
        "nothing was done for what was skipped",
        (told(op) for op in quiet if seen.accepted(op)),
    )
    nobody = (
        f"request {entry.number} (call {entry.call}) on {instance}"
        for entry in seen.record.entries
        for instance in entry.ids
        if seen.owner(entry, instance) is None
    )
    yield finding("unowned", "every request belongs to an operation", nobody)
    per_call = Counter(entry.call for entry in seen.record.entries)
    again = (f"call {call}: {n} requests" for call, n in per_call.items() if n > 1)
    yield finding("resent by the SDK", "one intent, one request", again)


def twice(seen: Evidence, ops: Sequence[Op]) -> Iterable[str]:
    for op in ops:
        accepted = seen.accepted(op)
        if len(accepted) > 1:
            yield f"{told(op)}: requests {[entry.number for entry, _ in accepted]}"


def truth(seen: Evidence) -> Iterable[Finding]:
    """I4: an end says what was there to be seen; an unanswered reboot is unknown."""
    ops = seen.record.ops
    reboots = [op for op in ops if op.action == "reboot"]
    yield finding("untrue", "success only where the end state was reached", untrue(seen))
    certain = (op for op in reboots if op.state in TERMINAL and op.state != "unknown" and seen.unanswered(op))
    yield finding("claimed reboots", "a reboot nobody answered ends unknown", map(told, certain))
    unsent = (op for op in reboots if op.state == "succeeded" and not seen.accepted(op))
    yield finding("reboots of nobody", "no proven reboot that EC2 never accepted", map(told, unsent))
    denied = (op for op in ops if op.state in ("failed", "unknown") and was_done(seen, op))
    yield finding("denied", "what was done and was there to be seen is a success", map(told, denied))


def was_done(seen: Evidence, op: Op) -> bool:
    """Whether EC2 accepted this and the server had rested in the end state for a while when we gave it up."""
    if op.action not in GOALS or not seen.accepted(op):
        return False
    ended = seen.ended_at.get(op.id, 0.0)
    instance = seen.record.servers[op.server]
    return seen.rested(instance, GOALS[op.action], since=ended - SEEN_WITHIN, until=ended)


def untrue(seen: Evidence) -> Iterable[str]:
    sent = {move.operation: move.at for move in seen.record.moves if move.after == "sending"}
    for op in seen.record.ops:
        if op.state != "succeeded" or op.action not in GOALS:
            continue
        until = seen.ended_at.get(op.id, 0.0) + HAIR
        instance = seen.record.servers[op.server]
        if not seen.reached(instance, GOALS[op.action], since=sent.get(op.id, 0.0) - HAIR, until=until):
            yield told(op)


def one_at_a_time(seen: Evidence) -> Iterable[Finding]:
    """I6: never two active operations of one server, by every move and by samples."""
    active: dict[int, set[int]] = defaultdict(set)
    wrong = []
    for move in seen.record.moves:
        mine = active[move.server]
        mine.discard(move.operation)
        if move.after in ACTIVE:
            mine.add(move.operation)
            if len(mine) > 1:
                wrong.append(f"server {move.server}: operations {sorted(mine)}")
    yield finding("two at once", "one operation of a server at a time", wrong)
    sampled = f"in {seen.record.samples} samples"
    count = seen.record.doubled_samples
    yield Finding("two at once, sampled", f"the same, {sampled}", count, "0", count == 0)


def in_time(seen: Evidence) -> Iterable[Finding]:
    """I7: nothing before its moment, nothing after its grace, nothing from a process that slept."""
    if not seen.clock_moved:
        early, late = [], []
        for op in seen.record.ops:
            for entry, _ in seen.requests.get(op.id, []):
                if entry.at < op.due - HAIR:
                    early.append(f"{told(op)}: {op.due - entry.at:.3f} s early")
                if entry.at > op.grace_until + STALE:
                    late.append(f"{told(op)}: {entry.at - op.grace_until:.1f} s after its grace")
        yield finding("early", "no request before its moment", early)
        yield finding("late", "no request after its grace", late)
    calls = seen.record.calls
    # An intent is there when the last of its operations is marked; a thousand take a while.
    moved = {
        move.call: move.at for move in seen.record.moves if move.after == "sending" and move.call is not None
    }
    stale = (
        f"call {entry.call}: {entry.at - moved[entry.call]:.1f} s after its intent"
        for entry in seen.record.entries
        if entry.call in moved and entry.call in calls and entry.at - moved[entry.call] > STALE
    )
    yield finding("stale sends", "no request from a process that slept", stale)


def knowledge(seen: Evidence) -> Iterable[Finding]:
    """I9, G17: older answers never win, and in the end we show what is. A clock set back only redates."""
    back = (
        f"server {each.server}: {each.before} to {each.after}, {each.went_back:.1f} s"
        for each in seen.record.sights
        if each.went_back and not (seen.clock_moved and each.before == each.after)
    )
    yield finding("stale sights", "an older answer never replaces a newer one", back)
    wrong = (f"{instance}: {said} but {true}" for instance, (said, true) in seen.record.shown_wrongly.items())
    yield finding("shown wrongly", "15 s after quiet we show what EC2 says", wrong)


def rates(seen: Evidence) -> Iterable[Finding]:
    """I10: the requests of an account and region fit into its bucket."""
    groups: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for entry in seen.record.entries:
        groups[entry.account, entry.region, entry.action].append(entry.at)
    wrong = []
    for (account, _, action), moments in groups.items():
        capacity, refill = seen.rates[action]
        lowest = emptiest(sorted(moments), capacity=capacity, refill=refill)
        if lowest < -1.0:
            wrong.append(f"{action} in account {account}: {-lowest:.1f} requests too many")
    yield finding("over the rate", "requests fit into EC2's bucket", wrong)


def emptiest(moments: Sequence[float], *, capacity: float, refill: float) -> float:
    level, lowest, last = capacity, capacity, moments[0]
    for at in moments:
        level = min(capacity, level + (at - last) * refill) - 1.0
        lowest, last = min(lowest, level), at
    return lowest


def told(op: Op) -> str:
    return f"operation {op.id} ({op.action}, {op.state}: {op.reason})"


CHECKS: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    occurrences,
    ends,
    effects,
    truth,
    one_at_a_time,
    in_time,
    knowledge,
    rates,
)


def check(evidence: Evidence) -> list[Finding]:
    """Every finding, broken or kept."""
    return [one for each in CHECKS for one in each(evidence)]
