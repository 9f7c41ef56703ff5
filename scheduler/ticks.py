"""The beat table: a handful of fixed ticks, never a row per user schedule.

Each tick finds what is due in Postgres and has it done. `run` keeps when it last worked; a second clock (two
beats, or the fallback in every worker) finds nothing left to do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from scheduler import account_test, discover, fire, hands, look, measure, prune, send, sweep
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


TICKS = {
    tick.name: tick
    for tick in (
        TickOf(broker.FIRE, 1, "turn due rules into operations", fire.fire),
        TickOf(broker.SEND, 1, "send what waits to be sent", send_due),
        TickOf(broker.LOOK, 1, "look at what is on its way", look_due),
        TickOf(broker.SWEEP, 5, "finish what a dead process left", sweep.sweep),
        TickOf(broker.DISCOVER, 5, "find servers and test accounts", discover_due),
        TickOf(broker.METRICS, 5, "measure what somebody is looking at", measure_due),
        TickOf(broker.PRUNE, 600, "drop history that is too old", prune.prune),
    )
}


def run(name: str) -> None:
    """Do one tick's work and keep the moment."""
    stamp(name)
    TICKS[name].work()


def stamp(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO operations_tick (name, ran_at) VALUES (%s, cloudevy_now())"
            " ON CONFLICT (name) DO UPDATE SET ran_at = EXCLUDED.ran_at",
            [name],
        )


def overdue(*, seconds: float) -> list[str]:
    """Ticks that nobody ran for their period and `seconds` more."""
    known = ages()
    return [
        tick.name
        for tick in TICKS.values()
        if known.get(tick.name, float("inf")) > tick.seconds - 1 + seconds
    ]


def ages() -> dict[str, float]:
    """Seconds since each tick that ever ran."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, extract(epoch FROM cloudevy_now() - ran_at) FROM operations_tick")
        return {name: float(age) for name, age in cursor.fetchall()}
