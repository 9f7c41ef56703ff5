"""Getting work done soon: by a knock on any worker's door, or by this process when there is no broker.

Every piece of work claims its rows in Postgres first, so doing it twice or knocking for nothing is harmless.
It knows task names and the functions behind them, not what they do.
"""

import threading
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from scheduler import pulse
from scheduler.lanes import Lanes, Piece
from shared import broker, outage
from shared.fleet.models import Region
from shared.logs import log

WORK: dict[str, Callable[..., object]] = {}
# A firing waits for the moments of the next two seconds, and another begins every second.
AT_ONCE = {broker.FIRE: 3}
THREADS = 16
door = broker.Door(broker.sender(settings.BROKER_URL))
accounts: dict[int, int] = {}


def soon(name: str, **ids: int | str) -> None:
    """Have this done by whoever is free."""
    if not door.knock(name, **ids):
        take(name, **ids)


def later(seconds: float, name: str, **ids: int | str) -> None:
    """Have this done in a moment. Lost when the process dies; the ticks find what is due anyway."""
    timer = threading.Timer(seconds, due, args=(name,), kwargs=ids)
    timer.daemon = True
    timer.start()


def due(name: str, **ids: int | str) -> None:
    """The moment has come, in a thread that ends right after."""
    try:
        soon(name, **ids)
    finally:
        connection.close()


def take(name: str, **ids: int | str) -> bool:
    """Have this done in a thread of this process; False when it is left to the next tick."""
    piece = Piece(name, tuple(ids.items()), urgent=name == broker.DRAIN_REGION)
    if name.startswith(broker.CLOCK):
        return lanes.tick(piece, most=AT_ONCE.get(name, 1))
    try:
        return lanes.take(piece, account=account_of(ids))
    except (OperationalError, InterfaceError) as error:
        outage.database.note(error)
        return False


def is_free(tick: str) -> bool:
    """Whether this process would run the tick now."""
    return lanes.has_room(tick, most=AT_ONCE.get(tick, 1))


def account_of(ids: Mapping[str, int | str]) -> int:
    """The account that a piece of work asks AWS for. A region never changes its account."""
    if "account" in ids:
        return int(ids["account"])
    region = int(ids["region"])
    if region not in accounts:
        found = Region.objects.filter(id=region).values_list("account_id", flat=True).first()
        if found is None:
            return 0
        accounts[region] = found
    return accounts[region]


def here(name: str, **ids: int | str) -> None:
    """Do it in this thread, with a database connection of its own that survives a restarted Postgres.

    A program that is told to stop begins nothing more.
    """
    if pulse.stopping.is_set():
        return
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


def employ(threads: int) -> None:
    """So many threads for the work at AWS, from now on."""
    global lanes  # noqa: PLW0603  set once, before the first piece of work
    lanes = Lanes(here, threads=threads)


lanes = Lanes(here, threads=THREADS)
