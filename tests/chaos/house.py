"""All processes of one experiment: a Postgres, a Redis, a simulator, and the crew of workers and beats.

Everything listens on free loopback ports and dies with the supervisor. Processes are started, signalled and
replaced by pid only. It knows how to run and to break parts, not what should come of it.
"""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from deploy.embedded import ports, processes
from deploy.embedded.errors import CannotStart
from deploy.embedded.keys import Keys
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import Child, Program
from deploy.embedded.programs import PYTHON, ROOT, Site
from deploy.embedded.redis_server import RedisServer
from tests.chaos.crew import Crew, Member
from tests.chaos.points import STRUCK
from tests.chaos.template import Cluster

PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))
RESTART_SECONDS = 30.0


@dataclass
class Part:
    """A server of the house that can be killed and started again."""

    program: Program
    ready: Callable[[], bool]
    log: Path
    child: Child | None = None

    def start(self) -> None:
        """Tried again for a while: after a hard death the old one's children may still be leaving."""
        deadline = time.monotonic() + RESTART_SECONDS
        while True:
            with self.log.open("ab") as output:
                self.child = processes.spawn(self.program, output=output)
            try:
                processes.wait_until(self.ready, self.child, name=self.program.name)
            except CannotStart:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self, sign: signal.Signals) -> None:
        """Signal it and wait until it is gone."""
        if self.child is not None:
            self.child.send_signal(sign)
            self.child.wait(30)
            self.child = None

    def close(self) -> None:
        if self.child is not None:
            processes.end(self.child)


@dataclass
class House:
    """One experiment's parts. `build` is what every worker of it is; see tests.chaos.builds."""

    folder: Path
    cluster: Cluster
    site: Site
    redis: RedisServer
    fleet: Mapping[str, Any]
    build: str = ""
    seed: int = 0
    threads: int = 4
    postgres_part: Part = field(init=False)
    redis_part: Part = field(init=False)
    simulator_part: Part = field(init=False)
    crew: Crew = field(init=False)
    hired: int = 0

    def __post_init__(self) -> None:
        self.postgres_part = self.part(self.cluster.program(), self.cluster.answers)
        self.redis_part = self.part(self.redis.program(), self.redis.answers)
        self.simulator_part = self.part(self.simulator_program(), self.simulator_answers)
        environment = {**self.site.for_scheduler(), "DJANGO_SETTINGS_MODULE": "scheduler.settings"}
        environment[STRUCK] = str(self.folder / "struck")
        self.crew = Crew(environment, self.folder)

    def part(self, program: Program, ready: Callable[[], bool]) -> Part:
        return Part(program, ready, self.folder / f"{program.name}.log")

    def simulator_program(self) -> Program:
        path = self.folder / "fleet.json"
        path.write_text(json.dumps(self.fleet))
        place = ("--host", LOOPBACK, "--port", str(self.site.simulator), "--profile", "test")
        return Program(
            name="simulator",
            command=(PYTHON, "-m", "simulator", *place, "--fleet", str(path), "--seed", str(self.seed)),
            environment={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"},
            folder=ROOT,
        )

    def open(self) -> None:
        """Start everything but the programs under test, all at once."""
        self.crew.open()
        for part in (self.postgres_part, self.redis_part, self.simulator_part):
            part.start()
        self.crew.wait_ready()

    def close(self) -> None:
        self.crew.close()
        for part in (self.simulator_part, self.redis_part, self.postgres_part):
            part.close()

    def worker(self, *, die_at: str = "", threads: int = 0) -> Member:
        self.hired += 1
        return self.crew.hire(f"worker-{self.hired}", build=self.build, die_at=die_at, threads=threads)

    def manned(self, members: Iterable[Member], *, seconds: float = 60.0) -> float:
        """Wait until the first of these workers has said that it is at work; that moment."""
        deadline = time.monotonic() + seconds
        logs = [self.folder / f"{member.name}.log" for member in members]
        while not any(log.exists() and "worker.ready" in log.read_text() for log in logs):
            if time.monotonic() > deadline:
                raise RuntimeError(f"No worker was at work within {seconds:.0f} s.")
            time.sleep(0.05)
        return time.time()

    def beat(self) -> Member:
        self.hired += 1
        return self.crew.hire(f"beat-{self.hired}", program="beat")

    def staff(self, *, workers: int = 2, beats: int = 1) -> None:
        """Hire until so many are there. Replacing one that ended by itself would hide that: an error."""
        self.nobody_left()
        for _ in range(beats - len(self.crew.living("beat"))):
            self.beat()
        for _ in range(workers - len(self.crew.living("worker"))):
            self.worker()

    def nobody_left(self) -> None:
        """RuntimeError when a process has ended that nobody made end, the watchdog's exit included."""
        for each in self.crew.deserters():
            log = self.folder / f"{each.name}.log"
            raise RuntimeError(f"{each.name} ended by itself with {each.code}; {log} says why.")

    def struck(self) -> list[tuple[int, str, float]]:
        """Who came to an armed point: pid, point, moment."""
        try:
            lines = (self.folder / "struck").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [(int(pid), name, float(at)) for pid, name, at in map(str.split, lines)]

    def connect(self, *, seconds: float = 30.0) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of one's own; Postgres may just be coming back."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.cluster.url, autocommit=True, connect_timeout=3)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def sql(self, question: str) -> list[tuple[Any, ...]]:
        """Ask or tell the database something, outside of the product."""
        with self.connect() as link:
            cursor = link.execute(question.encode())
            return cursor.fetchall() if cursor.description else []

    def sim(self, path: str, body: Mapping[str, Any] | None = None, *, method: str = "") -> dict[str, Any]:
        """A control call to the simulator."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.site.simulator_url}/_sim{path}", data=data)
        request.method = method or ("GET" if body is None else "POST")
        with PROXYLESS.open(request, timeout=30) as reply:
            return dict(json.loads(reply.read()))

    def fault(self, kind: str, **more: object) -> None:
        self.sim("/faults", {"kind": kind, **more})

    def faults(self, *wanted: Mapping[str, object]) -> None:
        self.sim("/faults", {"faults": list(wanted)})

    def clear_faults(self) -> None:
        self.sim("/faults", method="DELETE")

    def simulator_answers(self) -> bool:
        try:
            return self.sim("/health")["status"] == "ok"
        except (urllib.error.URLError, OSError):
            return False


def site_for(home: Path, name: str, keys: Keys) -> tuple[Cluster, RedisServer, Site]:
    """Where everything of a house will listen."""
    cluster = Cluster(home, ports.free(), keys.database_password, folder=name)
    redis = RedisServer(ports.free(), keys.broker_password)
    site = Site(cluster.url, redis.url, ports.free(), ports.free(), keys)
    return cluster, redis, site


@contextmanager
def lived_in(house: House) -> Iterator[House]:
    """The house, running until the block ends."""
    try:
        house.open()
        yield house
    finally:
        house.close()
