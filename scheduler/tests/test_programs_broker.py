"""Worker and beat while the broker comes and goes: every moment is met, and the log stays readable."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg

from deploy.embedded import processes
from deploy.embedded.postgres import Postgres
from deploy.embedded.pytest_plugin import REDIS
from deploy.embedded.pytest_plugin import running as up
from scheduler.tests import test_programs
from scheduler.tests.test_programs import NAME, ROOT, both

no_database, template, database = test_programs.no_database, test_programs.template, test_programs.database
MOMENTS = 14
# What is promised of the moment at which an action is sent.
PROMISE = timedelta(seconds=1)
# A schedule of single moments, one a second. The server's region is off, so nothing is sent to AWS.
SEED = f"""
import django
django.setup()
from datetime import timedelta
from shared.clock import now
from shared.fleet.models import Account, Region, Server
from shared.people.models import Workspace
from shared.schedules.models import Rule, Schedule, Target
workspace, _ = Workspace.objects.get_or_create(name="default")
account = Account.objects.create(workspace=workspace, name="clock")
region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1", enabled=False)
server = Server.objects.create(workspace=workspace, region=region, instance_id="i-1")
schedule = Schedule.objects.create(workspace=workspace, name="Often", timezone="UTC")
Target.objects.create(workspace=workspace, schedule=schedule, server=server)
for number in range({MOMENTS}):
    at = now() + timedelta(seconds=3 + number)
    Rule.objects.create(
        workspace=workspace, schedule=schedule, action="stop", at=f"{{at:%Y-%m-%dT%H:%M:%S}}",
        next_run_at=at, next_nominal=f"{{at:%Y-%m-%dT%H:%M:%S}}"
    )
"""


@contextmanager
def redis(name: str) -> Iterator[None]:
    with up(replace(REDIS.program(), name=name)) as child:
        processes.wait_until(REDIS.answers, child, name="Redis")
        yield


def address() -> str:
    return f"{os.environ['CLOUDEVY_DATABASE_URL'].rsplit('/', 1)[0]}/{NAME}"


def seed(script: str) -> None:
    environment = {"CLOUDEVY_DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "scheduler.settings"}
    command = (sys.executable, "-c", script)
    subprocess.run(command, check=True, cwd=ROOT, env=dict(os.environ) | environment, timeout=60)


def fired() -> list[timedelta]:
    """How late each moment became an operation."""
    with psycopg.connect(address()) as link:
        rows = link.execute("SELECT requested_at - due_at FROM operations_operation WHERE origin = 'rule'")
        return [late for (late,) in rows.fetchall()]


def until_fired(count: int) -> None:
    deadline = time.monotonic() + 40
    while len(fired()) < count:
        assert time.monotonic() < deadline, fired()
        time.sleep(0.05)


def test_every_moment_is_met_with_beat_without_beat_and_without_a_broker(
    database: Postgres, home: Path, tmp_path: Path
) -> None:
    with both(tmp_path) as (worker, beat):
        with redis("keen"):
            worker.until_it_is("ok")
            seed(SEED)
            until_fired(3)
            beat.process.kill()
            until_fired(9)
        until_fired(MOMENTS)
        assert len(fired()) == MOMENTS
        assert timedelta(0) <= min(fired())
        assert max(fired()) < PROMISE, fired()
        assert worker.stop() == 0


def test_a_broker_that_comes_and_goes_is_told_in_our_own_words(
    database: Postgres, home: Path, tmp_path: Path
) -> None:
    with both(tmp_path) as (worker, beat):
        for turn in (1, 2):
            with redis(f"mortal{turn}"):
                for program in (worker, beat):
                    program.until(lambda: program.log.read_text().count("answers again") >= turn - 1)  # noqa: B023
                    program.until_it_is("ok")
            for program in (worker, beat):
                program.until(lambda: program.log.read_text().count("does not answer") == turn)  # noqa: B023
        assert worker.stop() == beat.stop() == 0
        for program in (worker, beat):
            text = program.log.read_text()
            assert [word for word in ("Traceback", " ERROR ", " WARNING ") if word in text] == []
