"""One experiment from its beginning to the checker: a house is built, something is done to it, quiet comes.

A scenario gets a `Run` and uses `house()` and `conclude()`; between the two it breaks things.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from deploy.embedded.keys import Keys
from deploy.embedded.programs import Site
from deploy.embedded.redis_server import RedisServer
from tests.chaos import figures, fleet, record, template
from tests.chaos.evidence import Evidence
from tests.chaos.fleet import Fleet, Plan
from tests.chaos.house import House, lived_in
from tests.chaos.invariants import Finding, check
from tests.chaos.template import Cluster

QUIET_LIMIT = 120.0
SHOWN_WITHIN = 15.0
SAMPLE_SECONDS = 0.1
# Per second, on a machine that is busy; fewer prove little.
LEAST_SAMPLES = 1.0
DOUBLED = """SELECT count(*) FROM (SELECT server_id FROM operations_operation
 WHERE state IN ('sending', 'accepted') GROUP BY server_id HAVING count(*) > 1) AS doubled"""
TICKING = """SELECT count(*) FROM operations_tick
 WHERE name = 'clock.fire' AND ran_at > cloudevy_now() - interval '3 s'"""
UNDER_WAY = """SELECT count(*) FROM operations_operation
 WHERE state IN ('requested', 'sending', 'accepted')"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
OPEN = """SELECT
 (SELECT count(*) FROM operations_operation WHERE state IN ('requested', 'sending', 'accepted'))
 + (SELECT count(*) FROM schedules_rule WHERE next_run_at IS NOT NULL)"""


@dataclass
class Run:
    """What a scenario is given. `build` breaks every worker of it; `full` asks for the large numbers."""

    name: str
    seed: int
    full: bool
    build: str
    home: Path
    folder: Path
    keys: Keys
    cluster: Cluster
    redis: RedisServer
    site: Site
    soak: int = 0
    random: Random = field(init=False)
    extra: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    @contextmanager
    def house(self, plan: Plan, **settings: object) -> Iterator["Lived"]:
        """A running house with the plan's fleet in it and nobody at work yet."""
        template.copy(self.home, self.cluster)
        house = House(
            self.folder,
            self.cluster,
            self.site,
            self.redis,
            fleet.simulated(plan),
            build=self.build,
            seed=self.seed,
        )
        with lived_in(house):
            house.sim("/settings", {**SPEED, **settings})
            furnished = fleet.furnish(plan, public_key=self.keys.vault_public)
            lived = Lived(self, house, furnished, plan)
            with lived.sampling():
                yield lived

    def note(self, name: str, promise: str, measured: float, *, most: float) -> None:
        """A number of this scenario's own, with its bound."""
        self.extra.append(figures.bounded(name, promise, round(measured, 2), most=most))


SPEED: dict[str, object] = {
    "start": 1.5,
    "stop": 1.5,
    "checks": 1.0,
    "reboot_lag": 1.2,
    "reboot_dip": 2.5,
    "read_latency": 0.02,
    "write_latency": 0.1,
    "limits": {"on": True},
}


@dataclass
class Sampler(threading.Thread):
    """Asks every 100 ms whether two operations of a server are active; no database, no answer.

    Whatever else goes wrong ends it, and then there are too few samples.
    """

    url: str
    samples: int = 0
    doubled: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True, name="sampler")

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=3) as link:
                    self.sample(link)
            except psycopg.Error:
                self.ended.wait(0.2)

    def rate(self) -> float:
        """Samples per second so far."""
        return round(self.samples / (time.monotonic() - self.began), 1)

    def sample(self, link: psycopg.Connection[Any]) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            row = link.execute(DOUBLED.encode()).fetchone()
            self.samples += 1
            self.doubled += bool(row and row[0])


@dataclass
class Lived:
    """A house with its fleet, while things happen to it."""

    run: Run
    house: House
    fleet: Fleet
    plan: Plan
    sampler: Sampler = field(init=False)

    @contextmanager
    def sampling(self) -> Iterator[None]:
        self.sampler = Sampler(self.house.cluster.url)
        self.sampler.start()
        try:
            yield
        finally:
            self.sampler.ended.set()
            self.sampler.join(5)

    def schedule(self, plan: Plan | None = None, *, name: str = "group") -> None:
        """Make things due, once somebody keeps the clock: a busy machine starts programs slowly."""
        self.wait_for_clock()
        fleet.schedule(self.fleet, plan or self.plan, name=name)

    def wait_for_clock(self, *, limit: float = 60.0) -> None:
        deadline = time.monotonic() + limit
        while not self.house.sql(TICKING)[0][0] and time.monotonic() < deadline:
            time.sleep(0.1)

    def until_last_due(
        self,
        each: Callable[[], None],
        *,
        more: float = 0.0,
        pause: float = 0.05,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Do `each` again and again until all was due; then `more` seconds longer, or `until`."""
        due = self.fleet.last_due.timestamp()
        while time.time() < due or (time.time() < due + more and not until()):
            each()
            time.sleep(pause)

    def repeat(
        self, plan: Plan, each: Callable[[], None], *, until: Callable[[], bool], limit: float
    ) -> None:
        """Make the plan due again and again, doing `each` meanwhile, until the numbers wanted are reached.

        After `limit` seconds no further batch begins; the finding with the number tells then.
        """
        deadline = time.monotonic() + limit
        for nth in count():
            self.schedule(plan, name=f"batch {nth}")
            self.until_last_due(each, more=2.0)
            if until() or time.monotonic() > deadline:
                break

    def doze(self, seconds: float, each: Callable[[], None]) -> None:
        """Wait, doing `each` meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            each()
            time.sleep(0.05)

    def settle(self, each: Callable[[], None] = lambda: None, *, limit: float = QUIET_LIMIT) -> float:
        """Wait until nothing is open; the seconds that took. The checker tells if it never came."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            each()
            if not self.house.sql(OPEN)[0][0]:
                break
            time.sleep(0.2)
        return time.monotonic() - began

    def settle_round(self, *, limit: float) -> None:
        """Wait until nothing that was fired is open; what is still to be fired may wait."""
        deadline = time.monotonic() + limit
        while self.house.sql(UNDER_WAY)[0][0] and time.monotonic() < deadline:
            time.sleep(0.2)

    def conclude(
        self,
        each: Callable[[], None] = lambda: None,
        *,
        limit: float = QUIET_LIMIT,
        clock_moved: bool = False,
        gone: frozenset[str] = frozenset(),
    ) -> list[Finding]:
        """Quiet, then the truth, then the checker over both records. `gone`: EC2 has these no more."""
        quiet = self.settle(each, limit=limit)
        deadline = time.monotonic() + SHOWN_WITHIN
        wrong = record.wrongly_shown(self.house, but=gone)
        while wrong and time.monotonic() < deadline:
            each()
            time.sleep(0.2)
            wrong = record.wrongly_shown(self.house, but=gone)
        self.house.nobody_left()
        self.run.note("quiet after", "seconds until nothing is open", quiet, most=limit)
        self.run.extra += [
            figures.at_least("samples", "per second, the least", self.sampler.rate(), LEAST_SAMPLES),
            figures.exactly("deadlocks", "that Postgres had to end", self.house.sql(DEADLOCKS)[0][0], 0),
        ]
        both = record.gather(
            self.house,
            self.fleet,
            shown_wrongly=wrong,
            samples=self.sampler.samples,
            doubled_samples=self.sampler.doubled,
        )
        record.keep(both, self.run.folder / "record.json")
        evidence = Evidence(both, clock_moved=clock_moved)
        return [*check(evidence), *self.run.extra]
