"""What a schedule answers when somebody else has changed one of its servers. Pure.

It decides about one change that has come to rest; `drift` gathers the facts and does what is decided.
"""

from dataclasses import dataclass

WANTED = {"on": "running", "off": "stopped"}
# A server that is put back more often than this in an hour is in somebody else's hands.
MOST_AN_HOUR = 3


@dataclass(frozen=True, slots=True)
class Drift:
    """A server came to rest in `after`, and nothing of ours explains it.

    `goal` is the state a schedule last brought it to, empty when none did or when a person decided since;
    `mode` is that schedule's. `speaks`: the schedule is on and still has the server. `hold` is on, off or
    empty. `busy`: an operation is on its way. `spared`: protected, or EC2 refuses such a request anyway.
    `put_back`: how often that was done within the last hour.
    """

    after: str
    goal: str = ""
    mode: str = ""
    speaks: bool = True
    hold: str = ""
    busy: bool = False
    spared: bool = False
    put_back: int = 0


def reaction(drift: Drift) -> str:
    """One of respected, alerted, put_back, held, spared, given_up; empty when no schedule has a say."""
    if not drift.goal or drift.after == drift.goal or not drift.speaks or drift.mode == "observe":
        return ""
    if WANTED.get(drift.hold) == drift.after:
        return "held"
    if drift.mode == "alert":
        return "alerted"
    if drift.mode != "enforce" or drift.busy:
        return "respected"
    if drift.spared:
        return "spared"
    return "given_up" if drift.put_back >= MOST_AN_HOUR else "put_back"
