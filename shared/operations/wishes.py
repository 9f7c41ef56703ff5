"""What somebody wishes of a server, and what speaks against it right now.

Reads rows that are at hand, and saves nothing: `asking` turns wishes into operations.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared import errors
from shared.errors import AppError
from shared.fleet import fitness
from shared.fleet.models import Server
from shared.fleet.status import SHOWN, Known, seen_at, shown
from shared.operations.models import Operation
from shared.operations.reasons import called, sentence
from shared.operations.states import ACTIVE
from shared.schedules.models import Action

# What EC2 refuses as IncorrectInstanceState; asking anyway would only fail later. In a state of the first
# table the server is on its way to one that allows the action, so somebody who can wait may queue for it.
PASSING = {
    "start": frozenset({"stopping"}),
    "stop": frozenset({"pending"}),
    "reboot": frozenset({"pending"}),
}
REFUSED_IN = {
    "start": frozenset[str](),
    "stop": frozenset[str](),
    "reboot": frozenset({"stopping", "stopped"}),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One action on some servers. With `queue`, busy servers get to it later instead of refusing.

    `force` cuts a hanging server's power; `hibernate` keeps its memory on disk. Both belong to a stop.
    `retry_of` is the operation that is repeated. `source` names the servers where the body does not list
    them: a repeated key means the same request then, whichever they are by now.
    """

    servers: Sequence[int]
    action: str
    reason: str = ""
    queue: bool = False
    force: bool = False
    hibernate: bool = False
    retry_of: int | None = None
    source: str = ""

    @property
    def options(self) -> dict[str, bool]:
        """What is asked beside the action, as an operation keeps it: only what is true."""
        asked = {"force": self.force, "hibernate": self.hibernate}
        return {name: True for name, wanted in asked.items() if wanted}

    @property
    def body_hash(self) -> str:
        """The same for the same wish; the order of the servers counts as part of it."""
        named = self.source or list(self.servers)
        text = json.dumps([named, self.action, self.reason, self.queue, *self.options])
        return hashlib.sha256(text.encode()).hexdigest()


def objection(server: Server, wish: Wish, *, busy: Operation | None, now: datetime) -> AppError | None:
    """Why this server cannot do what is wished; None when it can."""
    gone = absent(server, now=now)
    if gone:
        return gone
    if server.protected:
        return errors.ServerProtected(f"{server} is protected. Remove the protection first.")
    return unfit(server, wish) or untimely(server, wish, busy=busy)


def absent(server: Server, *, now: datetime) -> AppError | None:
    """What is said of a server that is there no more."""
    if server.left_at or status(server, now=now) in ("terminated", "missing"):
        return errors.ServerGone(f"{server} was terminated or can no longer be found in its account.")
    return None


def unfit(server: Server, wish: Wish) -> AppError | None:
    """What this kind of instance never does, or does only when it hangs."""
    restriction = fitness.against(wish.action, flags=server.flags)
    if restriction:
        return errors.Unsupported(f"{server}: {forbidden(restriction)}")
    if wish.hibernate and not server.flags.get("hibernation"):
        return errors.NotHibernatable(
            f"{server} was launched without hibernation, so it can only be stopped."
        )
    if wish.force and not (server.stuck_since and server.observed_state == Server.Observed.STOPPING):
        return errors.NotStuck(
            f"{server} does not hang: force stop is for a server that has been stopping for 20 minutes. "
            "Wait, or use Stop."
        )
    return None


def forbidden(restriction: fitness.Restriction) -> str:
    """The restriction as a sentence."""
    return sentence(restriction.code, lifecycle=restriction.lifecycle)


def keeps_busy(row: Operation, wish: Wish) -> bool:
    """Whether an operation that has not ended keeps its server busy for this wish.

    A forced stop is for a server that hangs: it waits neither for the stop that hangs nor for what waits
    for the server, only for another forced stop and for what is not a stop.
    """
    if not wish.force or row.options.get("force"):
        return True
    return row.state in ACTIVE and row.action != Action.STOP


def untimely(server: Server, wish: Wish, *, busy: Operation | None) -> AppError | None:
    """What stands in the way right now; whoever queues waits for what will pass."""
    state = server.observed_state
    told = f"{server} is {SHOWN[state]}"
    if busy:
        return None if wish.queue else errors.ServerBusy(busy_sentence(server, busy))
    if state in REFUSED_IN[wish.action]:
        return errors.WrongState(f"{told}, so it cannot be asked to {wish.action} now.")
    if state in PASSING[wish.action] and not wish.queue:
        return errors.WrongState(
            f"{told}, so it cannot be asked to {wish.action} now. Wait for that to end, or queue it."
        )
    return None


def busy_sentence(server: Server, busy: Operation) -> str:
    return (
        f"{server} is busy with a {called(busy.action, busy.options)} (operation {busy.id}). "
        "Wait for that to end, or queue it."
    )


def status(server: Server, *, now: datetime) -> str:
    """The server's shown status."""
    known = Known(
        server.observed_state, server.transition, seen(server), server.missing_since, server.region.looked_at
    )
    return shown(known, now=now)


def seen(server: Server) -> datetime | None:
    """How old our knowledge of the server is; its region has to be at hand."""
    missing = server.missing_since is not None
    return seen_at(observed_at=server.observed_at, looked_at=server.region.looked_at, missing=missing)
