"""Minutes to hours of mixed trouble: memory, connections and queues must stay as they are."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.chaos import figures
from tests.chaos.fleet import Plan
from tests.chaos.growth import Sample, grown
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

SHORTEST = 60.0
EVERY_SAMPLE, EVERY_TROUBLE = 2.0, 5.0
QUEUES = ("clock", "work")
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
DROP_ONE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'
 AND pid <> pg_backend_pid() AND application_name NOT LIKE 'psql%' ORDER BY random() LIMIT 1"""


@dataclass
class Soak:
    """Takes samples and makes trouble at its own pace; the workers live through all of it."""

    lived: Lived
    samples: list[Sample] = field(default_factory=list)
    troubles: int = 0
    next_sample: float = 0.0
    next_trouble: float = 0.0

    def turn(self) -> None:
        now = time.monotonic()
        if now >= self.next_sample:
            self.next_sample = now + EVERY_SAMPLE
            self.samples.append(self.sample())
        if now >= self.next_trouble:
            self.next_trouble = now + EVERY_TROUBLE
            self.troubles += 1
            self.lived.run.random.choice(self.kinds())()

    def kinds(self) -> Sequence[Callable[[], None]]:
        return (self.cloud, self.cloud, self.cloud, self.empty, self.drop)

    def cloud(self) -> None:
        kinds = ("error_500", "error_503", "throttle", "reset_before", "reset_after", "truncate", "garbage")
        kind = self.lived.run.random.choice(kinds)
        self.lived.house.fault(kind, probability=0.3, duration=EVERY_TROUBLE)

    def empty(self) -> None:
        with redis.Redis.from_url(self.lived.run.redis.url, socket_timeout=2) as client:
            client.flushall()

    def drop(self) -> None:
        """Cut one connection to Postgres."""
        self.lived.house.sql(DROP_ONE)

    def sample(self) -> Sample:
        members = sorted(self.lived.house.crew.living(), key=lambda each: each.pid)
        with redis.Redis.from_url(self.lived.run.redis.url, socket_timeout=2) as client:
            queue = sum(int(str(client.llen(name))) for name in QUEUES)
        connections = int(self.lived.house.sql(CONNECTIONS)[0][0])
        return Sample(time.monotonic(), tuple(resident(each.pid) for each in members), connections, queue)


def resident(pid: int) -> int:
    """The process' memory in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def soak(run: Run) -> list[Finding]:
    """`--soak MINUTES` with the full form; a minute otherwise, which shows that the measuring works."""
    seconds = max(SHORTEST, run.soak * 60.0)
    servers, spacing = (60, 40) if run.full else (12, 12)
    plan = Plan(servers, int(seconds / spacing), spacing=spacing, group=3, stagger=1.5)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        soaking, end = Soak(lived), time.monotonic() + seconds
        lived.until_last_due(soaking.turn, more=seconds, until=lambda: time.monotonic() > end)
        lived.house.clear_faults()
        findings = lived.conclude()
        alive = len(lived.house.crew.living("worker"))
    troubles = figures.told("troubles", "made meanwhile", soaking.troubles)
    return [
        *findings,
        troubles,
        *grown(soaking.samples),
        figures.exactly("workers alive", "after all of it", alive, 2),
    ]
