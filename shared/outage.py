"""Telling of an outage: once when it begins, once a minute while it lasts, once when it is over.

Every thread runs into the same dead server, several times a second; people need to read it once.
"""

import threading
import time
from dataclasses import dataclass, field

from shared.logs import event, warning

AGAIN_SECONDS = 60.0


@dataclass
class Outage:
    """`name` is the event's, `away` and `back` are the sentences."""

    name: str
    away: str
    back: str
    told_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, error: Exception) -> None:
        """It failed for this reason."""
        reason = first_line(error)
        with self.lock:
            if self.told_at is not None and time.monotonic() - self.told_at < AGAIN_SECONDS:
                return
            self.told_at = time.monotonic()
        warning(f"{self.name}.away", text=f"{self.away}: {reason}", reason=reason)

    def over(self) -> None:
        """It worked."""
        if self.told_at is None:
            return
        with self.lock:
            told, self.told_at = self.told_at, None
        if told is not None:
            event(f"{self.name}.back", text=self.back)


database = Outage(
    "database",
    away="🔴 The database does not answer, all work waits for it",
    back="🟢 The database answers again.",
)


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
