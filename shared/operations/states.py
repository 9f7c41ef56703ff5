"""The life of an operation, as one table of moves. Pure: no Django, no clock.

No other place decides which state may follow which.
"""

from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"  # somebody, or a rule, wants it
    SENDING = "sending"  # committed before the request to EC2 is written
    ACCEPTED = "accepted"  # EC2 said yes; the end state has not been seen
    SUCCEEDED = "succeeded"  # the end state was seen
    FAILED = "failed"
    UNKNOWN = "unknown"  # it was sent, and nobody can tell what came of it
    SKIPPED = "skipped"  # decided not to run, with a reason
    CANCELLED = "cancelled"


class Origin(StrEnum):
    RULE = "rule"
    PERSON = "person"
    TOKEN = "token"  # noqa: S105  the word, not a secret
    HOLD = "hold"
    ENFORCE = "enforce"


# Origins of what nobody waits for in person: a timetable wants it.
BY_SCHEDULES = [Origin.RULE.value, Origin.HOLD.value, Origin.ENFORCE.value]

MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.SENDING, State.SKIPPED, State.CANCELLED, State.FAILED}),
    State.SENDING: frozenset({State.REQUESTED, State.ACCEPTED, State.SUCCEEDED, State.FAILED, State.UNKNOWN}),
    State.ACCEPTED: frozenset({State.SUCCEEDED, State.FAILED, State.UNKNOWN}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.UNKNOWN: frozenset(),
    State.SKIPPED: frozenset(),
    State.CANCELLED: frozenset(),
}

# How late after its moment an action may still be sent; a stop at ten in the morning helps nobody.
GRACE = {"start": timedelta(minutes=15), "stop": timedelta(minutes=15), "reboot": timedelta(minutes=5)}
# A start that opens hours to be on is worth having later than that, while they last.
OPENING = timedelta(hours=4)

OPEN = frozenset(state for state, onward in MOVES.items() if onward)
ACTIVE = frozenset({State.SENDING, State.ACCEPTED})
# Ended, and not as wished: somebody may ask for the same again.
RETRYABLE = frozenset(State) - OPEN - {State.SUCCEEDED}


def sources(to: State) -> frozenset[State]:
    """The states from which `to` may be reached."""
    return frozenset(state for state, onward in MOVES.items() if to in onward)
