"""The clock in every worker, for when beat or Redis is away: runs overdue ticks in this process.

It starts with the worker as a thread, not as a task, and asks the database who is late.
"""

import threading

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from scheduler import pulse, ticks
from shared import outage
from shared.logs import event, log

LATE_SECONDS = 3.0
# Beat is often started together with the worker; it gets this long to begin.
PATIENCE_SECONDS = 5.0
PERIOD_SECONDS = 1.0
QUICK_SECONDS = 60
# A tick of every 5 s is late after 7: only longer silence means that somebody else keeps the clock.
CALM_TURNS = 10


def watch(*, stop: threading.Event) -> None:
    """Every second until `stop`: run what nobody else ran."""
    keeping, idle = False, 0
    stop.wait(PATIENCE_SECONDS)
    while not stop.wait(PERIOD_SECONDS):
        pulse.beat()
        # A tick that is hardly ever due says nothing about beat: it is simply late after a long stop.
        late = [name for name in once() if ticks.TICKS[name].seconds < QUICK_SECONDS]
        idle = 0 if late else idle + 1
        if (late and not keeping) or (keeping and idle > CALM_TURNS):
            keeping = bool(late)
            tell(late)


def once() -> list[str]:
    """Run every overdue tick that no other process is running; their names."""
    close_old_connections()
    try:
        late = ticks.overdue(seconds=LATE_SECONDS)
        outage.database.over()
        return [name for name in late if run_alone(name)]
    except (DatabaseError, InterfaceError) as error:
        outage.database.note(error)
        return []
    except Exception:  # noqa: BLE001  the top of this thread's loop: one bad tick must not end the clock
        log.exception("A tick failed; the fallback clock goes on.")
        return []
    finally:
        close_old_connections()


def run_alone(name: str) -> bool:
    """Run the tick under its session lock; False when somebody else has it."""
    key = [f"cloudevy tick {name}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
        if not cursor.fetchone()[0]:
            return False
    try:
        ticks.run(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
    return True


def tell(late: list[str]) -> None:
    if late:
        event(
            "fallback.began",
            text=f"⏰ No tick arrives from beat, this worker keeps the clock ({', '.join(late)}).",
        )
    else:
        event("fallback.ended", text="⏰ The clock ticks by itself again.")
