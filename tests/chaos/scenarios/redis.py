"""Redis emptied every few seconds, and Redis away: nothing is lost, nothing waits long, the API answers."""

import signal
import time
from dataclasses import dataclass, replace

import redis

from tests.chaos import figures, record
from tests.chaos.client import Visitor, served
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import QUIET_LIMIT, Lived, Run

EMPTIED_LATENESS, ABSENT_LATENESS = 30.0, 40.0
THEIRS, TAKEN = 12, 202


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
    plan = Plan(100, 10, spacing=45, group=5) if run.full else Plan(32, 1, group=2)
    with run.house(plan) as lived:
        emptier = Emptier(run.redis.url, every=5.0 if run.full else 1.0)
        lived.house.staff(workers=2)
        lived.schedule()
        lived.until_last_due(emptier.turn, more=2.0)
        findings = lived.conclude(emptier.turn)
        both = record.gather(lived.house, lived.fleet)
    late = figures.late(both, most=EMPTIED_LATENESS)
    emptied_often = figures.at_least(
        "emptied", "times that Redis was emptied", emptier.times, 60 if run.full else 10
    )
    return [*findings, late, figures.undone(both), emptied_often]


def absent(run: Run) -> list[Finding]:
    """Redis is killed and does not come back while work is due; people go on asking."""
    plan = Plan(100, 12, spacing=50, group=5) if run.full else Plan(24, 1, group=2)
    # People have servers of their own: who asks for the opposite overtakes what was planned, and rightly.
    with run.house(replace(plan, servers=plan.servers + THEIRS)) as lived, served(lived.house) as visitor:
        lived.house.staff(workers=2)
        lived.schedule(plan)
        lived.house.redis_part.stop(signal.SIGKILL)
        person = Asker(lived, visitor, every=2.0 if run.full else 0.7)
        lived.until_last_due(person.turn, more=2.0)
        lived.settle(limit=patience(run))
        both = record.gather(lived.house, lived.fleet)
        lived.house.redis_part.start()
        findings = lived.conclude(limit=patience(run))
    failures = visitor.failures()
    not_taken = [f"{status} after {took:.1f} s" for status, took in visitor.replies if status != TAKEN]
    longest = round(max(seconds for _, seconds in visitor.replies), 2)
    return [
        *findings,
        figures.late(both, most=ABSENT_LATENESS),
        figures.undone(both, but=("superseded", "superseded_by_manual")),
        figures.none_of("writes not taken", f"all of {len(visitor.replies)} are answered 202", not_taken),
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
        servers = sorted(self.lived.fleet.servers)[-THEIRS:]
        action = ("stop", "start")[self.nth // len(servers) % 2]
        body = {"servers": [servers[self.nth % len(servers)]], "action": action, "queue": True}
        self.visitor.post("operations", body)
        self.nth += 1
