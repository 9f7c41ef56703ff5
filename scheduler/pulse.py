"""The pulse of a program: its loop says that it moves, others see how long ago that was, and what it is at.

A program has one loop without which it does nothing: the worker its clock, beat its scheduler. Knows neither.
"""

import time

STARTING, WORKING, STOPPING = "starting", "working", "stopping"
_last = time.monotonic()
_stage = STARTING


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
