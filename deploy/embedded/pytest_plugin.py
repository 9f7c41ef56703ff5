"""Tests on real parts: a throw-away PostgreSQL and Redis per session, started when the first test wants them.

Loaded by `-p` before pytest-django reads the settings, so the addresses are chosen at import and the servers
come later; a run of pure tests starts nothing. It also picks the settings each program ships with, by the
paths on the command line.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.embedded import ports, processes
from deploy.embedded.keys import generate
from deploy.embedded.postgres import Postgres
from deploy.embedded.processes import Program
from deploy.embedded.redis_server import RedisServer

SETTINGS = {"shared": "shared.settings", "api": "api.settings", "scheduler": "scheduler.settings"}

# One per run; a worker of a parallel run has its own process, hence its own servers.
HOME = Path(tempfile.gettempdir()) / f"cloudevy-test-{os.getpid()}"
POSTGRES = Postgres(HOME, port=ports.free(), password=secrets.token_hex(8), durable=False)
REDIS = RedisServer(port=ports.free(), password=secrets.token_hex(8))


def environment() -> dict[str, str]:
    """What the programs read; made up for this run."""
    keys = generate()
    return {
        "CLOUDEVY_DATABASE_URL": POSTGRES.url,
        "CLOUDEVY_BROKER_URL": REDIS.url,
        "CLOUDEVY_SECRET_KEY": keys.secret_key,
        "CLOUDEVY_VAULT_PUBLIC_KEY": keys.vault_public,
        "CLOUDEVY_VAULT_PRIVATE_KEYS": keys.vault_private,
        "CLOUDEVY_PUBLIC_URL": "http://127.0.0.1:8001",
    }


def settings_for(arguments: list[str]) -> str | None:
    """The settings of the one program whose tests are asked for; None when it needs no Django."""
    first = {Path(each.split("::")[0]).parts[:1] for each in arguments if not each.startswith("-")}
    asked = sorted({SETTINGS[part] for (part,) in filter(None, first) if part in SETTINGS})
    if len(asked) > 1:
        raise pytest.UsageError(
            f"One program's tests at a time ({', '.join(asked)}): each has its own settings."
        )
    return asked[0] if asked else None


def relative(arguments: list[str]) -> list[str]:
    here = Path.cwd()
    return [str(Path(each).relative_to(here)) if each.startswith(str(here)) else each for each in arguments]


for inherited in [name for name in os.environ if name.startswith(("CLOUDEVY_", "AWS_", "LOG_FORMAT"))]:
    if inherited != "AWS_CA_BUNDLE":
        del os.environ[inherited]
os.environ.update(environment())
chosen = settings_for(relative(sys.argv[1:]))
if chosen:
    os.environ["DJANGO_SETTINGS_MODULE"] = chosen


@contextmanager
def running(program: Program) -> Iterator[processes.Child]:
    """The program, with its output in a file, until the block ends."""
    with (HOME / f"{program.name}.log").open("ab") as log:
        child = processes.spawn(program, output=log)
    try:
        yield child
    finally:
        processes.stop(child, program)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder for this run's servers, entered by the user they run as."""
    HOME.mkdir(mode=0o711)
    yield HOME
    shutil.rmtree(HOME)


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[Postgres]:
    """The database server, up; where `CLOUDEVY_DATABASE_URL` points."""
    POSTGRES.prepare()
    with running(POSTGRES.program()) as child:
        processes.wait_until(POSTGRES.answers, child, name="Postgres")
        yield POSTGRES


@pytest.fixture
def broker(home: Path) -> Iterator[RedisServer]:
    """The broker, up and empty, at `CLOUDEVY_BROKER_URL`. Without this fixture nobody listens there."""
    with running(REDIS.program()) as child:
        processes.wait_until(REDIS.answers, child, name="Redis")
        yield REDIS
