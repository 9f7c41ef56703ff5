"""Listening at the broker: Celery's consumer, which tells of an outage in our words and soon tries again.

Celery's own waits longer with every attempt, up to half a minute, and writes an error for each. While this
program hears nothing its door stays closed, so that its work is done here and not left where nobody listens.
"""

import logging
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from scheduler import hands
from shared.outage import first_line

AGAIN_SECONDS = 1
TOLD = ("Connection to broker lost", "Frequent restarts detected")


class Ears(Consumer):
    def ensure_connected(self, conn: Any) -> Any:
        """Connected; tried once a second until then, or until the program is told to stop."""
        conn.ensure_connection(
            self.not_connected,
            interval_start=AGAIN_SECONDS,
            interval_step=0,
            interval_max=AGAIN_SECONDS,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        hands.door.answered()
        return conn

    def not_connected(self, error: Exception, _seconds: float) -> None:
        hands.door.close(first_line(error))

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        hands.door.close(first_line(exc))
        super().on_connection_error_after_connected(exc)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        hands.door.close(first_line(exc))


def not_told_yet(record: logging.LogRecord) -> bool:
    """Whether we do not say the same ourselves: that the broker is lost, and lost again."""
    return not any(words in record.getMessage() for words in TOLD)


logging.getLogger(Consumer.__module__).addFilter(not_told_yet)
