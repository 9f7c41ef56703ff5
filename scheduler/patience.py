"""Waiting for what a program cannot begin without: Postgres, and tables as new as the code.

Who starts first does not matter: `migrate` may come later, and an older program may still run beside it.
"""

import threading
from collections.abc import Callable

from django.conf import settings
from django.db import Error, close_old_connections, connection

from scheduler import pulse
from shared import tables
from shared.logs import event, warning
from shared.outage import first_line

PERIOD_SECONDS = 1.0
# Said again while it lasts, so that the end of a long log still tells why nothing happens.
AGAIN_AFTER = 60


def wait(*, stop: threading.Event, missing: Callable[[], str] | None = None) -> bool:
    """Return True when nothing is missing any more, False when `stop` came first."""
    look, told, turn = missing or what_is_missing, "", 0
    while not stop.is_set():
        pulse.beat()
        fault = look()
        if not fault:
            if told:
                event("start.goes_on", text="⏳ It is there. Going on.")
            return True
        if fault != told or turn % AGAIN_AFTER == 0:
            warning("start.waits", text=f"⏳ Waiting: {fault}", reason=fault)
        told, turn = fault, turn + 1
        stop.wait(PERIOD_SECONDS)
    return False


def what_is_missing() -> str:
    """One sentence, or nothing when the program can begin."""
    try:
        close_old_connections()
        pending = tables.pending()
    except Error as error:
        return f"the database at {address()} does not answer ({first_line(error)})."
    finally:
        connection.close()
    return f"{pending} migrations are still to run; `python -m api migrate` does that." if pending else ""


def address() -> str:
    chosen = settings.DATABASES["default"]
    return f"{chosen['HOST']}:{chosen['PORT']}"
