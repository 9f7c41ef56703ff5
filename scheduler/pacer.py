"""Beat's scheduler: knocks for the ticks of the table in Postgres, and never waits for a dead broker.

Celery's own stands still while the broker is away, and writes a stack trace for every tick it cannot leave.
"""

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django_celery_beat import schedulers

from scheduler import hands, pulse
from shared import outage

REST_SECONDS = 1.0


def unless_away(record: logging.LogRecord) -> bool:
    """The library writes a stack trace when the database goes while it asks; telling it once is enough."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (DatabaseError, InterfaceError)):
        outage.database.note(error)
        return False
    return True


schedulers.logger.addFilter(unless_away)


class Pacer(schedulers.DatabaseScheduler):
    # Nothing is sent through Celery's producer, and making one would wait for the broker.
    producer = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Knock for at most one tick; seconds until the next is due."""
        pulse.beat()
        try:
            return float(super().tick(*args, **kwargs))
        except (DatabaseError, InterfaceError) as error:
            outage.database.note(error)
            return REST_SECONDS

    def apply_entry(self, entry: Any, producer: object = None) -> None:
        hands.door.knock(entry.task)
        self._tasks_since_sync += 1
        if self.should_sync():
            self._do_sync()

    def schedule_changed(self) -> bool:
        return self.database_answers() and bool(super().schedule_changed())

    def sync(self) -> None:
        if self.database_answers():
            super().sync()

    def database_answers(self) -> bool:
        try:
            close_old_connections()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except (DatabaseError, InterfaceError) as error:
            outage.database.note(error)
            return False
        outage.database.over()
        return True
