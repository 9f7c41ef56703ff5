"""The beat table: a handful of fixed ticks, never a row per user schedule.

Each tick finds what is due in Postgres and has it done. `run` keeps when it last worked, and when beat was
heard last; a second clock (two beats, or the fallback in every worker) finds nothing left to do.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from scheduler import account_test, discover, fire, hands, look, measure, prune, pulse, send, sweep
from shared import broker, clock

EXPIRE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class TickOf:
    """One line of the beat table. `sentence` is what people read in the admin and in the logs."""

    name: str
    seconds: int
    sentence: str
    work: Callable[[], None]


def send_due() -> None:
    for region, action in send.due_groups(clock.now()):
        hands.soon(broker.DRAIN_REGION, region=region, action=action)


def look_due() -> None:
    for region in look.due_regions(clock.now()):
        hands.soon(broker.LOOK_AT_REGION, region=region)


def discover_due() -> None:
    now = clock.now()
    for account in account_test.due_accounts(now):
        hands.soon(broker.TEST_ACCOUNT, account=account)
    for region in discover.due_regions(now):
        hands.soon(broker.DISCOVER_REGION, region=region)


def measure_due() -> None:
    for region in measure.due_regions(clock.now()):
        hands.soon(broker.MEASURE_REGION, region=region)


def prune_calmly() -> None:
    """A clock set to a wrong year makes all history look old; so nothing goes right after a jump, nor while
    the database and this machine are a day apart."""
    apart = abs(clock.now().timestamp() - time.time())
    if pulse.is_calm() and apart < pulse.CALM_SECONDS:
        prune.prune()


TICKS = {
    tick.name: tick
    for tick in (
        TickOf(broker.FIRE, 1, "turn due rules into operations", fire.fire),
        TickOf(broker.SEND, 1, "send what waits to be sent", send_due),
        TickOf(broker.LOOK, 1, "look at what is on its way", look_due),
        TickOf(broker.SWEEP, 5, "finish what a dead process left", sweep.sweep),
        TickOf(broker.DISCOVER, 5, "find servers and test accounts", discover_due),
        TickOf(broker.METRICS, 5, "measure what somebody is looking at", measure_due),
        TickOf(broker.PRUNE, 600, "drop history that is too old", prune_calmly),
    )
}


def run(name: str, *, by_beat: int = 0) -> None:
    """Do one tick's work and keep the moment; also that of beat's own voice when it comes from there."""
    stamp(name, *([broker.BEAT] if by_beat else []))
    TICKS[name].work()


def stamp(*names: str) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO operations_tick (name, ran_at) VALUES (%s, cloudevy_now())"
            " ON CONFLICT (name) DO UPDATE SET ran_at = EXCLUDED.ran_at",
            [(name,) for name in names],
        )


def claim(name: str, *, older_than: float) -> bool:
    """Stamp the tick if nobody did for that many seconds; True for exactly one of those who try at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO operations_tick (name, ran_at) VALUES (%s, cloudevy_now())"
            " ON CONFLICT (name) DO UPDATE SET ran_at = EXCLUDED.ran_at"
            " WHERE abs(extract(epoch FROM EXCLUDED.ran_at - operations_tick.ran_at)) > %s"
            " RETURNING name",
            [name, older_than],
        )
        return cursor.fetchone() is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's moment, and the seconds since each tick ran; negative when the clock was set back."""

    now: datetime
    since: Mapping[str, float]

    def age(self, name: str) -> float:
        """How long nobody ran it. What is dated in the future says nothing and counts as just as old."""
        return abs(self.since.get(name, float("inf")))


def read() -> Reading:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock.now, name, extract(epoch FROM clock.now - ran_at)"
            " FROM (SELECT cloudevy_now() AS now) AS clock LEFT JOIN operations_tick ON true"
        )
        rows = cursor.fetchall()
    return Reading(rows[0][0], {name: float(age) for _, name, age in rows if name})


def ages() -> dict[str, float]:
    """Seconds since each tick that ever ran."""
    reading = read()
    return {name: reading.age(name) for name in reading.since}
