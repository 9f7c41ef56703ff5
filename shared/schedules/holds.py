"""Holds: a server is kept on or off until a moment, whatever its schedules say. At most one of each is open.

Rows of holds and nothing else: what is done about a server when one begins or ends is said in
`shared.operations.holding`. The caller gives the moment, and holds the server's lock when it changes one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Value
from django.db.models.functions import Least

from shared.errors import Invalid
from shared.fleet.models import Server
from shared.people.models import User
from shared.schedules.models import Action, Hold

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(days=31)
ACTIONS = {Hold.Want.ON.value: Action.START.value, Hold.Want.OFF.value: Action.STOP.value}
# What contradicts each kind of hold.
OPPOSITE = {Hold.Want.ON.value: Action.STOP.value, Hold.Want.OFF.value: Action.START.value}


@dataclass(frozen=True, slots=True)
class Wanted:
    """On or off, until when, and why. With `act` the server is also brought there now."""

    want: str
    until: datetime
    reason: str = ""
    act: bool = True


def check(until: datetime, *, now: datetime) -> None:
    """Invalid when nobody may hold a server until then."""
    if until <= now:
        raise Invalid("This moment has passed.", code="in_the_past", field="until")
    if not SHORTEST <= until - now <= LONGEST:
        message = "A hold ends in 5 minutes at the earliest and in 31 days at the latest."
        raise Invalid(message, code="out_of_range", field="until")


def put(server: Server, wanted: Wanted, *, author: User | None, now: datetime) -> Hold:
    """A new hold on a locked server, in place of the open one."""
    Hold.objects.filter(server=server, ended_at=None).update(ended_at=now)
    return Hold.objects.create(
        workspace_id=server.workspace_id,
        server=server,
        want=wanted.want,
        until=wanted.until,
        author=author,
        reason=wanted.reason,
        # The database's moment, as due moments are; this machine's clock may differ.
        created_at=now,
    )


def contradict(servers: Collection[int], action: str, *, now: datetime) -> None:
    """Somebody asks for this: what keeps these servers from it ends, and nothing is made up for."""
    against = [want for want, opposite in OPPOSITE.items() if opposite == action]
    rows = Hold.objects.filter(server__in=servers, ended_at=None, want__in=against)
    rows.update(ended_at=Least("until", Value(now)))


def contradicted(servers: Collection[int], *, at: datetime) -> list[Hold]:
    """Those that ended because somebody asked for the opposite at that moment."""
    rows = Hold.objects.filter(server__in=servers, ended_at=at)
    return list(rows.select_related("author", "server").order_by("server__name", "server"))


def open_ones(servers: Collection[int], *, now: datetime) -> dict[int, Hold]:
    """The hold that each of these servers is under now."""
    rows = Hold.objects.filter(server__in=servers, ended_at=None, until__gt=now)
    return {row.server_id: row for row in rows.select_related("author")}


def is_in_force(hold: Hold, *, at: datetime) -> bool:
    """Whether it counted, or will count, at that instant. At its very end it does not."""
    return hold.created_at <= at < (hold.ended_at or hold.until)


class Kept:
    """The holds of some servers that bear on anything from `since` on, read once."""

    def __init__(self, servers: Collection[int], *, since: datetime) -> None:
        self.holds: defaultdict[int, list[Hold]] = defaultdict(list)
        rows = Hold.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since), server__in=servers)
        for row in rows.select_related("author").order_by("-id"):
            self.holds[row.server_id].append(row)

    def at(self, server: int, moment: datetime) -> Hold | None:
        """The hold that counts at that instant; the newest, should a clock that was set back leave two."""
        return next((hold for hold in self.holds[server] if is_in_force(hold, at=moment)), None)


def began(hold: Hold) -> datetime:
    """Since when the server has been held without a gap: a hold that replaces another goes on with it."""
    at = hold.created_at
    for row in Hold.objects.filter(server=hold.server_id, id__lt=hold.id).order_by("-id"):
        if row.ended_at != at:
            break
        at = row.created_at
    return at


def words(hold: Hold) -> dict[str, str]:
    """The words that `held` is told with."""
    author = str(hold.author or "somebody who has left")
    return {
        "want": hold.want,
        "until": f"{hold.until:%Y-%m-%d %H:%M} UTC",
        "author": f"{author} ({hold.reason})" if hold.reason else author,
    }
