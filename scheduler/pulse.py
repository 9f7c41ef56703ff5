"""The pulse of a program: its loop says that it moves, others see how long ago that was, what it is at, and
whether the clock gave it a start.

A program has one loop without which it does nothing: the worker its clock, beat its scheduler. Knows neither.
"""

import threading
import time
from datetime import datetime

STARTING, WORKING, STOPPING = "starting", "working", "stopping"
_last = time.monotonic()
_stage = STARTING
# Set when the program is told to stop; whoever waits for something else waits for this too.
stopping = threading.Event()

# How long after a jump of the clock nothing is thrown away for its age.
CALM_SECONDS = 24 * 3600.0
_startled_at: float | None = None
# Clocks that are kept right move by less; a slow answer of the database is no jump.
SLACK_SECONDS = 10.0
_reading: tuple[datetime, float] | None = None


def beat() -> None:
    """The loop moves. Called every few seconds at least."""
    global _last  # noqa: PLW0603  one number, written by one loop
    _last = time.monotonic()


def age() -> float:
    """Seconds since the loop moved last."""
    return time.monotonic() - _last


def enter(stage: str) -> None:
    global _stage  # noqa: PLW0603  one word, written by the main thread
    _stage = stage


def stage() -> str:
    return _stage


def elapsed() -> float:
    """Seconds of a clock that nobody sets and that counts while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def set_by(now: datetime, *, at: float) -> None:
    """What the database's clock showed when `elapsed` was `at`."""
    global _reading  # noqa: PLW0603  one pair, written by one thread
    _reading = (now, at)


def agrees(now: datetime) -> bool:
    """Whether the database's clock has gone on as this machine's has since it was last read. Until a jump is
    dealt with nobody should conclude from ages."""
    if _reading is None:
        return True
    then, at = _reading
    return abs((now - then).total_seconds() - (elapsed() - at)) <= SLACK_SECONDS


def startle() -> None:
    """The database's clock has jumped."""
    global _startled_at  # noqa: PLW0603  one number, written by one thread
    _startled_at = elapsed()


def is_calm() -> bool:
    """Whether the clock has not jumped for a day, as far as this program knows."""
    return _startled_at is None or elapsed() - _startled_at > CALM_SECONDS
