"""The world's clock: UTC epoch seconds that run with CLOCK_MONOTONIC, faster or ahead of it when told so.

Must not know who reads it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Mark:
    """From the monotonic moment on, the clock shows `at` and runs `speed` times as fast."""

    at: float
    monotonic: float
    speed: float


class BadClockError(ValueError):
    """A clock that cannot be set like that."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The clock {what}.")


class Clock:
    """Both clocks can be told of any moment, also of one before the speed was changed."""

    def __init__(
        self,
        *,
        epoch: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._marks = [_Mark(epoch(), monotonic(), 1.0)]

    @property
    def speed(self) -> float:
        return self._marks[-1].speed

    def now(self) -> float:
        mark = self._marks[-1]
        return mark.at + (self._monotonic() - mark.monotonic) * mark.speed

    def monotonic_of(self, at: float) -> float:
        """CLOCK_MONOTONIC at this moment of the world; all moments a jump left out are the jump's."""
        later = None
        for mark in reversed(self._marks):
            if mark.at <= at:
                moment = mark.monotonic + (at - mark.at) / mark.speed
                return moment if later is None else min(moment, later.monotonic)
            later = mark
        return self._marks[0].monotonic + at - self._marks[0].at

    def turn(self, *, speed: float | None = None, forward: float = 0.0) -> None:
        """Runs at another speed from now on, and jumps ahead by `forward` seconds. Or BadClockError."""
        speed = self.speed if speed is None else float(speed)
        if speed <= 0:
            raise BadClockError(f"cannot run {speed:g} times as fast; it needs more than 0")
        if forward < 0:
            raise BadClockError("cannot go back")
        self._marks.append(_Mark(self.now() + forward, self._monotonic(), speed))
