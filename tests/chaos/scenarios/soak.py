"""Minutes to hours of mixed trouble: memory, connections and queues must stay as they are."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import redis

from tests.chaos import figures
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

SHORTEST = 60.0
EVERY_SAMPLE, EVERY_TROUBLE = 2.0, 5.0
GROWTH = 10.0
# Until every thread has its connection and every module that is imported late is there.
WARM_UP = 0.25
QUEUES = ("clock", "work")
LONGEST_QUEUE = 1000
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
DROP_ONE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'
 AND pid <> pg_backend_pid() AND application_name NOT LIKE 'psql%' ORDER BY random() LIMIT 1"""


@dataclass(frozen=True)
class Sample:
    """One look at what must not grow. Memory in KiB per process."""

    memory: tuple[int, ...]
    connections: int
    queue: int


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
        workers = sorted(self.lived.house.crew.living("worker"), key=lambda each: each.pid)
        with redis.Redis.from_url(self.lived.run.redis.url, socket_timeout=2) as client:
            queue = sum(int(str(client.llen(name))) for name in QUEUES)
        connections = int(self.lived.house.sql(CONNECTIONS)[0][0])
        return Sample(tuple(resident(each.pid) for each in workers), connections, queue)


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
    return [*findings, *grown(soaking), figures.exactly("workers alive", "after all of it", alive, 2)]


def grown(soaking: Soak) -> list[Finding]:
    """The end against the beginning, after a warm-up."""
    samples = soaking.samples[int(len(soaking.samples) * WARM_UP) :]
    part = max(1, len(samples) // 4)
    early, later = samples[:part], samples[-part:]
    before = median(sum(each.memory) for each in early)
    after = median(sum(each.memory) for each in later)
    growth = round((after / before - 1) * 100, 1)
    more = median(each.connections for each in later) - median(each.connections for each in early)
    longest = max(each.queue for each in samples)
    return [
        figures.told("troubles", "made meanwhile", soaking.troubles),
        figures.bounded("memory", f"% more than {before / 1024:.0f} MiB of all workers", growth, most=GROWTH),
        figures.bounded("connections", f"more to Postgres than {early[0].connections}", more, most=2),
        figures.bounded("queue", "messages waiting, the most", longest, most=LONGEST_QUEUE),
    ]
