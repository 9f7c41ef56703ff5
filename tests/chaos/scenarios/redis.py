"""Redis emptied every few seconds, and Redis away: nothing is lost, nothing waits long, the API answers."""

import signal
import time
from dataclasses import dataclass

import redis

from tests.chaos import figures, record
from tests.chaos.client import Visitor, served
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import QUIET_LIMIT, Lived, Run

EMPTIED_LATENESS, ABSENT_LATENESS = 30.0, 40.0


@dataclass
class Emptier:
    """Forgets every message and every list of Redis, again and again."""

    url: str
    every: float
    times: int = 0
    next_at: float = 0.0

    def turn(self) -> None:
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + self.every
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            client.flushall()
        self.times += 1


def emptied(run: Run) -> list[Finding]:
    """FLUSHALL every few seconds while work is due."""
    plan = Plan(100, 10, spacing=30, group=5) if run.full else Plan(24, 2, spacing=12, group=2)
    with run.house(plan) as lived:
        emptier = Emptier(run.redis.url, every=5.0 if run.full else 1.0)
        lived.house.staff(workers=2)
        lived.schedule()
        lived.until_last_due(emptier.turn, more=2.0)
        findings = lived.conclude(emptier.turn)
        both = record.gather(lived.house, lived.fleet)
    late = figures.late(both, most=EMPTIED_LATENESS)
    return [*findings, late, figures.told("emptied", "times that Redis was emptied", emptier.times)]


def absent(run: Run) -> list[Finding]:
    """Redis is killed and does not come back while work is due; people go on asking."""
    plan = Plan(100, 20, spacing=30, group=5) if run.full else Plan(24, 2, spacing=10, group=3)
    with run.house(plan) as lived, served(lived.house) as visitor:
        lived.house.staff(workers=2)
        lived.schedule()
        lived.house.redis_part.stop(signal.SIGKILL)
        person = Asker(lived, visitor, every=2.0 if run.full else 0.7)
        lived.until_last_due(person.turn, more=2.0)
        lived.settle(limit=patience(run))
        both = record.gather(lived.house, lived.fleet)
        lived.house.redis_part.start()
        findings = lived.conclude(limit=patience(run))
    failures = visitor.failures()
    longest = round(max(seconds for _, seconds in visitor.replies), 2)
    return [
        *findings,
        figures.late(both, most=ABSENT_LATENESS),
        figures.none_of("5xx without Redis", f"of {len(visitor.replies)} writes", failures),
        figures.told("slowest write", "seconds, without Redis", longest),
    ]


def patience(run: Run) -> float:
    """How long to wait for quiet; a broken build may never come to it."""
    return 20.0 if run.build else QUIET_LIMIT


@dataclass
class Asker:
    """A person who asks for a stop or start of one server after the other."""

    lived: Lived
    visitor: Visitor
    every: float
    nth: int = 0
    next_at: float = 0.0

    def turn(self) -> None:
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + self.every
        servers = sorted(self.lived.fleet.servers)
        action = ("stop", "start")[self.nth // len(servers) % 2]
        body = {"servers": [servers[self.nth % len(servers)]], "action": action, "queue": True}
        self.visitor.post("operations", body)
        self.nth += 1
