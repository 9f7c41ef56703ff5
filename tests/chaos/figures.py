"""Numbers read off the two records: how late requests left, how many servers were asked how often. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tests.chaos.invariants import Evidence, Finding
from tests.chaos.record import Record


def percentile(values: Collection[float], share: float) -> float:
    """The value that `share` of them do not exceed; 0 when there are none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def lateness(both: Record) -> dict[int, float]:
    """Operation to the seconds from its moment to its first request; without those that needed none."""
    seen = Evidence(both)
    firsts = {op: min(entry.at for entry, _ in found) for op, found in seen.requests.items()}
    return {op: at - seen.ops[op].due for op, at in firsts.items() if op in seen.ops}


def late(both: Record, *, most: float, share: float = 0.99) -> Finding:
    """The lateness that only the worst few exceed, with its bound in seconds."""
    found = lateness(both)
    worst = round(percentile(found.values(), share), 2)
    text = f"seconds from due to the request, p{share * 100:g} of {len(found)}"
    return bounded("lateness", text, worst, most=most)


def asked(both: Record, *, since: float = 0.0, until: float = float("inf")) -> Mapping[str, int]:
    """Instance to the number of mutating requests that named it in this span of real time."""
    return Counter(i for entry in both.entries if since <= entry.at < until for i in entry.ids)


def bounded(name: str, promise: str, measured: float, *, most: float) -> Finding:
    return Finding(name, promise, measured, f"<= {most:g}", measured <= most)


def none_of(name: str, promise: str, wrong: Sequence[str]) -> Finding:
    """A promise that each of these breaks."""
    return Finding(name, promise, len(wrong), "0", not wrong, tuple(wrong[:5]))


def told(name: str, text: str, measured: float) -> Finding:
    """A number that is worth knowing and has no bound."""
    return Finding(name, text, measured, "told", True)


def exactly(name: str, promise: str, measured: float, wanted: float) -> Finding:
    return Finding(name, promise, measured, f"{wanted:g}", measured == wanted)
