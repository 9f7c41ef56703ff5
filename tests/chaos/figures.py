"""Numbers read off the two records: how late requests left, how many servers were asked how often. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import inf

from tests.chaos.evidence import Evidence
from tests.chaos.invariants import Finding
from tests.chaos.record import Op, Record

# Ends of what could not be done before its time was over.
MISSED = frozenset(
    {
        "superseded",
        "superseded_by_manual",
        "too_late",
        "throttled",
        "unreachable",
        "gave_up",
        "never_ready",
        "no_tokens",
    }
)
NOTHING_TO_DO = "already_in_state"


def percentile(values: Collection[float], share: float) -> float:
    """The value that `share` of them do not exceed; infinite when there are none, for that proves nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else inf


def lateness(both: Record) -> dict[int, float]:
    """Operation to the seconds from its moment to its first request; infinite for what missed its time.

    Without those that needed no request.
    """
    seen = Evidence(both)
    firsts = {op: min(entry.at for entry, _ in found) for op, found in seen.requests.items()}
    late = {op: at - seen.ops[op].due for op, at in firsts.items() if op in seen.ops}
    return late | {op.id: inf for op in both.ops if op.reason in MISSED}


def undone(both: Record, *, but: Collection[str] = ()) -> Finding:
    """Nothing may end in another way than by being done. `but`: reasons that are right here."""
    wrong = [f"operation {op.id} ({op.action}): {op.reason}" for op in both.ops if not is_done(op, but)]
    return none_of("undone", f"all of {len(both.ops)} are done", wrong)


def is_done(op: Op, but: Collection[str]) -> bool:
    return op.state == "succeeded" or op.reason == NOTHING_TO_DO or op.reason in but


def uncertain_reboots(both: Record, dead: Collection[int]) -> Finding:
    """The reboots that end unknown are those whose sender died before it could write the answer down.

    `dead`: pids of processes that were killed.
    """
    seen = Evidence(both)
    reboots = [op for op in both.ops if op.action == "reboot"]
    unknown = {op.id for op in reboots if op.state == "unknown"}
    orphans = {op.id for op in reboots if op.id not in seen.proven and seen.sender(op) in dead}
    ledger = {op.id for op in reboots if seen.unanswered(op)}
    text = f"{len(unknown)} unknown; {len(orphans)} whose sender died; {len(ledger)} that EC2 did unheard"
    wrong = [f"operation {each}" for each in sorted((unknown ^ orphans) | (ledger - unknown))]
    return none_of("uncertain reboots", text, wrong)


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


def at_least(name: str, promise: str, measured: float, least: float) -> Finding:
    return Finding(name, promise, measured, f">= {least:g}", measured >= least)


def none_of(name: str, promise: str, wrong: Sequence[str]) -> Finding:
    """A promise that each of these breaks."""
    return Finding(name, promise, len(wrong), "0", not wrong, tuple(wrong[:5]))


def told(name: str, text: str, measured: float) -> Finding:
    """A number that is worth knowing and has no bound."""
    return Finding(name, text, measured, "told", True)


def exactly(name: str, promise: str, measured: float, wanted: float) -> Finding:
    return Finding(name, promise, measured, f"{wanted:g}", measured == wanted)
