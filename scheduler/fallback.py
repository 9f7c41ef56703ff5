"""The clock in every worker, for when beat or Redis is away: has overdue ticks run in this process.

It starts with the worker as a thread, not as a task, asks the database who is late, and runs nothing itself:
the ticks have threads of their own. A firing that is a little late is made up for at once, before the two
seconds that the last one covered are over; so no moment is missed when beat falls silent.
"""

import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections

from scheduler import hands, jumps, pulse, ticks
from scheduler.ticks import Reading, TickOf
from shared import broker, outage
from shared.logs import event, log

LATE_SECONDS = 3.0
# Beat is often started together with the worker; it gets this long before its silence is worth a line.
PATIENCE_SECONDS = 5.0
PERIOD_SECONDS = 0.5
SLACK_SECONDS = 0.1
# Below the two seconds that a firing looks ahead, by more than one period.
FIRE_SECONDS = 1.4
# After so many seconds with beat's ticks it keeps the clock again.
CALM_SECONDS = 10.0


class Keeper:
    """Remembers whether this worker said that it keeps the clock, and since when beat is heard again."""

    def __init__(self) -> None:
        self.began = self.away_at = time.monotonic()
        self.is_keeping = False

    def hear(self, late: list[str], *, is_away: bool, at: float) -> None:
        """Say it when this worker begins to keep the clock or need not any more."""
        if is_away:
            self.away_at = at
        if is_away and late and not self.is_keeping and at - self.began >= PATIENCE_SECONDS:
            self.is_keeping = True
            tell(late)
        elif self.is_keeping and at - self.away_at >= CALM_SECONDS:
            self.is_keeping = False
            tell([])


def watch(*, stop: threading.Event) -> None:
    """Twice a second until `stop`: have run what nobody else ran."""
    keeper, clock = Keeper(), jumps.Watch()
    while not stop.wait(PERIOD_SECONDS):
        pulse.beat()
        turn(keeper, clock)


def turn(keeper: Keeper, clock: jumps.Watch) -> None:
    """One look at the clock; what fails is told, and tried again by the next."""
    close_old_connections()
    try:
        before = time.monotonic()
        reading = ticks.read()
        outage.database.over()
        clock.look(reading, took=time.monotonic() - before)
        keeper.hear(make_up(reading), is_away=is_away(reading), at=time.monotonic())
    except (DatabaseError, InterfaceError) as error:
        outage.database.note(error)
    except Exception:  # noqa: BLE001  the top of this thread's loop: one bad turn must not end the clock
        log.exception("The fallback clock failed once; it goes on.")
    finally:
        close_old_connections()


def make_up(reading: Reading) -> list[str]:
    """Have every overdue tick run that no other process begins first; their names. A tick that hangs here is
    left to others."""
    late = [
        (tick.name, allowed)
        for tick in ticks.TICKS.values()
        if reading.age(tick.name) > (allowed := patience(tick, is_away=is_away(reading)))
        and hands.is_free(tick.name)
    ]
    return [name for name, allowed in late if ticks.claim(name, older_than=allowed) and hands.take(name)]


def is_away(reading: Reading) -> bool:
    """Whether beat's ticks do not arrive: it is silent, or the broker is."""
    return reading.age(broker.BEAT) > LATE_SECONDS


def patience(tick: TickOf, *, is_away: bool) -> float:
    """How many seconds after its last run somebody else may run this tick."""
    if is_away:
        return tick.seconds - SLACK_SECONDS
    return FIRE_SECONDS if tick.name == broker.FIRE else tick.seconds - 1 + LATE_SECONDS


def tell(late: list[str]) -> None:
    if late:
        event(
            "fallback.began",
            text=f"⏰ No tick arrives from beat, this worker keeps the clock ({', '.join(late)}).",
        )
    else:
        event("fallback.ended", text="⏰ The clock ticks by itself again.")
