"""Beat's scheduler: knocks for the ticks of the table in Postgres, and never waits for a dead broker.

Celery's own stands still while the broker is away, and writes a stack trace for every tick it cannot leave.
"""

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError
from django_celery_beat import schedulers

from scheduler import hands, pulse
from shared import outage

REST_SECONDS = 1.0


class Faults(logging.Filter):
    """The library catches a database that goes while it asks, and writes a stack trace; telling it once is
    enough. Its words are also the only sign, so they are counted."""

    count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not record.exc_info and "InterfaceError" in record.getMessage():
            error = InterfaceError("the connection is closed")
        if not isinstance(error, (DatabaseError, InterfaceError)):
            return True
        self.count += 1
        outage.database.note(error)
        return False


faults = Faults()
schedulers.logger.addFilter(faults)


class Pacer(schedulers.DatabaseScheduler):
    # Nothing is sent through Celery's producer, and making one would wait for the broker.
    producer = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Knock for at most one tick; seconds until the next is due."""
        pulse.beat()
        before = faults.count
        try:
            seconds = float(super().tick(*args, **kwargs))
        except (DatabaseError, InterfaceError) as error:
            outage.database.note(error)
            return REST_SECONDS
        # Each turn asks whether the ticks have changed.
        if faults.count == before:
            outage.database.over()
        return seconds

    def apply_entry(self, entry: Any, producer: object = None) -> None:
        hands.door.knock(entry.task)
        self._tasks_since_sync += 1
        if self.should_sync():
            self._do_sync()
