"""Worker and beat as an orchestrator runs them: they wait for what is missing, tell their health and stop."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.embedded import ports
from deploy.embedded.postgres import Postgres
from deploy.embedded.redis_server import RedisServer
from scheduler import programs

ROOT = Path(__file__).parents[2]
NAME = "programs"


@dataclass
class Running:
    """A program, where it tells its health, and the file with its words."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def ready(self) -> str:
        return str(self.ask("/readyz")[1].get("status"))

    def until_it_says(self, words: str) -> None:
        self.until(lambda: words in self.log.read_text())

    def until_it_is(self, status: str) -> None:
        self.until(lambda: self.ready() == status)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 40
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, (
                f"not within 40 s: {self.log.read_text()} {self.ask('/readyz')}"
            )
            time.sleep(0.05)


@contextmanager
def running(name: str, folder: Path, **more: str) -> Iterator[Running]:
    port, log = ports.free(), folder / f"{name}.log"
    address = os.environ["CLOUDEVY_DATABASE_URL"].rsplit("/", 1)[0]
    environment = {"CLOUDEVY_DATABASE_URL": f"{address}/{NAME}", "CLOUDEVY_HEALTH_PORT": str(port)}
    with log.open("wb") as file:
        process = subprocess.Popen(
            (sys.executable, "-m", "scheduler", name),
            cwd=ROOT,
            env=dict(os.environ) | environment | more,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, port, log)
    finally:
        process.kill()
        process.wait()


@contextmanager
def both(folder: Path, **more: str) -> Iterator[tuple[Running, Running]]:
    with ExitStack() as stack:
        worker, beat = (stack.enter_context(running(name, folder, **more)) for name in ("worker", "beat"))
        yield worker, beat


def execute(postgres: Postgres, statement: str) -> None:
    address = postgres.url.rsplit("/", 1)[0]
    with psycopg.connect(f"{address}/postgres", autocommit=True) as link:
        link.execute(statement)


def migrate(postgres: Postgres, *, name: str = NAME) -> None:
    address = f"{postgres.url.rsplit('/', 1)[0]}/{name}"
    command = (sys.executable, "-m", "api", "migrate", "--no-input", "--verbosity", "0")
    environment = dict(os.environ) | {
        "CLOUDEVY_DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "api.settings",
    }
    subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=60)


@pytest.fixture
def no_database(postgres: Postgres) -> Iterator[Postgres]:
    """The server is there, our database in it is not."""
    yield postgres
    execute(postgres, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


@pytest.fixture(scope="module")
def template(postgres: Postgres) -> Iterator[Postgres]:
    """A database with all tables, to be copied."""
    execute(postgres, f"CREATE DATABASE {NAME}_template")
    migrate(postgres, name=f"{NAME}_template")
    yield postgres
    execute(postgres, f"DROP DATABASE {NAME}_template")


@pytest.fixture
def database(template: Postgres, no_database: Postgres) -> Postgres:
    execute(no_database, f"CREATE DATABASE {NAME} TEMPLATE {NAME}_template")
    return no_database


def test_they_wait_for_the_database_and_its_tables_and_go_on(
    no_database: Postgres, broker: RedisServer, tmp_path: Path
) -> None:
    with both(tmp_path) as pair:
        for program in pair:
            program.until_it_says('database "programs" does not exist')
            assert program.ask("/healthz")[0] == 200
            assert program.ask("/readyz")[0] == 503
        execute(no_database, f"CREATE DATABASE {NAME}")
        for program in pair:
            program.until_it_says("migrations are still to run")
        migrate(no_database)
        for program in pair:
            program.until_it_is("ok")
            assert program.stop() == 0


def test_while_they_wait_they_stop_when_told_to(no_database: Postgres, tmp_path: Path) -> None:
    with both(tmp_path) as pair:
        for program in pair:
            program.until_it_says("Waiting")
            assert program.stop() == 0


def test_every_line_is_json_when_asked_for(database: Postgres, broker: RedisServer, tmp_path: Path) -> None:
    with both(tmp_path, LOG_FORMAT="json") as pair:
        for program in pair:
            program.until_it_is("ok")
            assert program.stop() == 0
            rows = [json.loads(line) for line in program.log.read_text().splitlines()]
            events = [row["event"] for row in rows]
            assert events[-2:] == ["program.stopping", "program.stopped"]
            assert {"worker.ready", "beat.ready"} & set(events)
            # An operator who turns the vault's key has to see that this worker knows the new one.
            assert [row["keys"] for row in rows if row["event"] == "worker.ready"] in ([["k1"]], [])


def test_without_a_broker_the_worker_keeps_the_clock_and_both_still_stop(
    database: Postgres, tmp_path: Path
) -> None:
    with both(tmp_path) as (worker, beat):
        worker.until_it_says("this worker keeps the clock")
        worker.until_it_is("degraded")
        beat.until_it_is("degraded")
        assert worker.ask("/readyz")[1]["checks"]["redis"] == "unreachable"
        assert worker.ask("/readyz")[0] == beat.ask("/readyz")[0] == 200
        assert worker.stop() == beat.stop() == 0


def test_a_lost_database_is_told_once_and_they_still_stop(
    database: Postgres, broker: RedisServer, tmp_path: Path
) -> None:
    with both(tmp_path) as (worker, beat):
        for program in (worker, beat):
            program.until_it_is("ok")
        execute(database, f"DROP DATABASE {NAME} WITH (FORCE)")
        worker.until(lambda: worker.ask("/readyz")[0] == 503)
        for program in (worker, beat):
            program.until_it_says("The database does not answer")
            assert program.stop() == 0
            assert program.log.read_text().count("The database does not answer") == 1
            assert "Traceback" not in program.log.read_text()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CLOUDEVY_DATABASE_URL", "nonsense", "CLOUDEVY_DATABASE_URL is not of the form"),
        ("CLOUDEVY_WORKER_THREADS", "many", "CLOUDEVY_WORKER_THREADS='many' is not a whole number"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, variable: str, value: str, sentence: str) -> None:
    with running("worker", tmp_path, **{variable: value}) as program:
        assert program.process.wait(30) == 1
    assert program.log.read_text().startswith(sentence)
    assert len(program.log.read_text().splitlines()) == 1


def test_settings_can_be_tried_without_a_database(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 0),
        ({"CLOUDEVY_WORKER_THREADS": "lots"}, 1),
        ({"LOG_FORMAT": "loud"}, 1),
    ]
    for more, code in cases:
        with running("check", tmp_path, **more) as program:
            assert program.process.wait(30) == code


def test_what_begins_while_it_is_told_to_stop_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "stopping", threading.Event())
    monkeypatch.setattr(programs, "enders", [])
    ended: list[str] = []
    programs.on_end(lambda: ended.append("early"))
    assert ended == []
    programs.stopping.set()
    programs.on_end(lambda: ended.append("late"))
    assert ended == ["late"]
