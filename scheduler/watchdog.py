"""Ends the process when a request to AWS hangs beyond every time-out; its supervisor starts a new one.

It knows how long, not what.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.logs import warning

LIMIT_SECONDS = 60.0
PERIOD_SECONDS = 5.0
EXIT_CODE = 70
_in_flight: dict[int, float] = {}


@contextmanager
def watched() -> Iterator[None]:
    """Around every request to AWS."""
    me = threading.get_ident()
    _in_flight[me] = time.monotonic()
    try:
        yield
    finally:
        _in_flight.pop(me, None)


def renewed() -> None:
    """One request of several inside `watched` has been answered, and the next begins."""
    me = threading.get_ident()
    if me in _in_flight:
        _in_flight[me] = time.monotonic()


def oldest(*, at: float) -> float:
    """Seconds the longest request under way has taken at monotonic time `at`."""
    return max((at - since for since in list(_in_flight.values())), default=0.0)


def watch(*, stop: threading.Event, limit: float = LIMIT_SECONDS) -> None:
    """Look every few seconds, until `stop` or until a request is older than `limit`."""
    while not stop.wait(PERIOD_SECONDS):
        seconds = oldest(at=time.monotonic())
        if seconds > limit:
            warning(
                "watchdog.ended", text=f"A request to AWS has hung for {seconds:.0f} s. Ending this process."
            )
            os._exit(EXIT_CODE)
