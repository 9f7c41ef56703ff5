"""Getting work done soon: by a knock on any worker's door, or by this process when there is no broker.

Every piece of work claims its rows in Postgres first, so doing it twice or knocking for nothing is harmless.
It knows task names and the functions behind them, not what they do.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from shared import broker, outage
from shared.logs import log

WORK: dict[str, Callable[..., object]] = {}
door = broker.Door(broker.sender(settings.BROKER_URL))
pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="hands")


def work(name: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Register the function behind a task name."""

    def register(function: Callable[..., object]) -> Callable[..., object]:
        WORK[name] = function
        return function

    return register


def soon(name: str, **ids: int | str) -> None:
    """Have this done by whoever is free."""
    if not door.knock(name, **ids):
        pool.submit(here, name, **ids)


def later(seconds: float, name: str, **ids: int | str) -> None:
    """Have this done in a moment. Lost when the process dies; the ticks find what is due anyway."""
    timer = threading.Timer(seconds, soon, args=(name,), kwargs=ids)
    timer.daemon = True
    timer.start()


def here(name: str, **ids: int | str) -> None:
    """Do it in this thread, with a database connection of its own that survives a restarted Postgres."""
    close_old_connections()
    try:
        WORK[name](**ids)
        outage.database.over()
    except (OperationalError, InterfaceError) as error:
        outage.database.note(error)
    except Exception:  # noqa: BLE001  the top of a piece of work: nobody else would hear of it
        log.exception("%s failed", name)
    finally:
        close_old_connections()
