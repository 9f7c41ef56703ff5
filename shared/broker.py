"""The knock on the door: what both programs know of Celery.

A message carries at most ids and any of them may be lost; Postgres holds the truth. So a knock never
waits for a dead broker (0.3 s at most), never raises, and after a failure nobody knocks for 2 s. It knows
task names, not tasks.
"""

import time
from dataclasses import dataclass, field
from functools import cache

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from shared.bounded import within
from shared.logs import event, warning
from shared.outage import first_line

CLOCK = "clock"
WORK = "work"

FIRE = "clock.fire"
SEND = "clock.send"
LOOK = "clock.look"
SWEEP = "clock.sweep"
DISCOVER = "clock.discover"
METRICS = "clock.metrics"
PRUNE = "clock.prune"
# Done when the database's clock was set back, not regularly.
REPLAN = "clock.replan"
# The ticks that come every 1 to 5 s, and after how many seconds without one of them nobody keeps the clock.
QUICK_TICKS = frozenset({FIRE, SEND, SWEEP})
TICK_AGE = 15.0

# Not a tick: beside the ticks stands when one of them came from beat.
BEAT = "beat"

DRAIN_REGION = "work.drain"
LOOK_AT_REGION = "work.look"
DISCOVER_REGION = "work.discover"
TEST_ACCOUNT = "work.test_account"
MEASURE_REGION = "work.measure"

QUIET_SECONDS = 2.0
# Beyond the transport's own time-outs, which do not cover the search for the broker's name.
LONGEST_KNOCK = 1.0
TRANSPORT = {
    "socket_timeout": 0.3,
    "socket_connect_timeout": 0.3,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "retry_on_timeout": False,
}


@dataclass
class Door:
    """Knocks through one Celery app; remembers when the last one failed."""

    app: Celery
    failures: int = 0
    closed: bool = False
    quiet_until: float = field(default=0.0)

    def knock(self, task: str, **ids: int | str) -> bool:
        """Ask a worker to look at something; False when the message could not be left."""
        if time.monotonic() < self.quiet_until:
            return False
        fault = within(LONGEST_KNOCK, lambda: self.leave(task, ids))
        if fault != "":
            self.close("it takes too long" if fault is None else fault)
            return False
        self.answered()
        return True

    def answered(self) -> None:
        """The broker is there."""
        self.quiet_until = 0.0
        if self.closed:
            self.closed = False
            event("broker.back", text="The broker answers again.")

    def leave(self, task: str, ids: dict[str, int | str]) -> str:
        """Leave the message; why that failed, or nothing."""
        try:
            queue = task.partition(".")[0]
            self.app.send_task(task, kwargs=ids, queue=queue, retry=False, ignore_result=True, expires=10)
        except (OperationalError, OSError) as error:
            return first_line(error)
        return ""

    def close(self, fault: str) -> None:
        """Nobody knocks for a while; only the first failure in a row is worth a line."""
        self.failures += 1
        self.quiet_until = time.monotonic() + QUIET_SECONDS
        if not self.closed:
            self.closed = True
            warning(
                "broker.unreachable", text=f"The broker does not answer, work goes on without it: {fault}"
            )


def is_there(url: str, *, seconds: float) -> bool:
    """Whether the broker answers within so many seconds, whatever hangs: its name, its port or itself."""
    return within(seconds, lambda: ping(url)) or False


def ping(url: str) -> bool:
    try:
        return bool(line(url).ping())
    except RedisError:
        return False


@cache
def line(url: str) -> Redis:
    """A connection for the question alone."""
    return Redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3, retry=None)


def sender(url: str) -> Celery:
    """A Celery app that only sends: never waits, never retries."""
    app = Celery("cloudevy", broker=url, set_as_current=False)
    app.conf.update(
        broker_transport_options=TRANSPORT,
        broker_connection_timeout=0.3,
        broker_connection_retry=False,
        task_ignore_result=True,
        task_serializer="json",
    )
    return app
