"""A worker while AWS hangs: it meets its moments, and told to stop it leaves nothing half done."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from deploy.embedded.postgres import Postgres
from deploy.embedded.redis_server import RedisServer
from scheduler import hands
from scheduler.tests import test_programs
from scheduler.tests.test_programs import both, running
from scheduler.tests.test_programs_broker import MOMENTS, PROMISE, address, fired, seed, until_fired
from scheduler.tests.test_programs_broker import SEED as OFTEN

no_database, template, database = test_programs.no_database, test_programs.template, test_programs.database
# What an orchestrator waits before it kills.
LONGEST = 50.0
SEED = """
import django, json, os
django.setup()
from datetime import timedelta
from shared import vault
from shared.clock import now
from shared.fleet.models import Account, Region, Server
from shared.operations.models import Operation
from shared.people.models import Workspace
workspace = Workspace.objects.create(name="default")
account = Account.objects.create(workspace=workspace, name="dev", kind="keys", status="ok", tested_at=now())
key = vault.parse_public(os.environ["CLOUDEVY_VAULT_PUBLIC_KEY"])
pair = json.dumps({"access_key_id": "AKIAEXAMPLE", "secret_access_key": "example"})
account.sealed = vault.seal(pair, key=key, uid=str(account.uid), field="credential")
account.save()
for number in range(24):
    region = Region.objects.create(
        workspace=workspace, account=account, name=f"eu-{number}", discovered_at=now(),
        next_look_at=now() + timedelta(hours=1),
    )
    server = Server.objects.create(
        workspace=workspace, region=region, instance_id=f"i-{number:017x}", observed_state="running",
    )
    Operation.objects.create(
        workspace=workspace, server=server, action="stop", origin="person", due_at=now(), not_before=now(),
        requested_at=now(), grace_until=now() + timedelta(minutes=15),
    )
"""


@contextmanager
def deaf() -> Iterator[str]:
    """Where AWS should be somebody accepts every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def states() -> list[str]:
    with psycopg.connect(address()) as link:
        return [state for (state,) in link.execute("SELECT state FROM operations_operation").fetchall()]


def test_it_claims_nothing_more_finishes_what_runs_and_ends_in_time(
    database: Postgres, broker: RedisServer, tmp_path: Path
) -> None:
    with deaf() as url, running("worker", tmp_path, CLOUDEVY_AWS_ENDPOINT_URL=url) as worker:
        worker.until_it_says("ready")
        seed(SEED)
        worker.until(lambda: "sending" in states())
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(LONGEST) == 0, worker.log.read_text()
        # One account may hold half of the threads; what waited for one still waits.
        assert states().count("sending") <= hands.THREADS // 2
        assert set(states()) == {"sending", "requested"}
        told = worker.log.read_text()
        assert told.count("No answer from EC2") == states().count("sending")
        assert "Traceback" not in told


def test_while_every_region_of_an_account_hangs_each_moment_is_met(
    database: Postgres, broker: RedisServer, tmp_path: Path
) -> None:
    with deaf() as url, both(tmp_path, CLOUDEVY_AWS_ENDPOINT_URL=url) as (worker, _):
        worker.until_it_says("ready")
        seed(SEED)
        worker.until(lambda: states().count("sending") >= hands.THREADS // 2)
        seed(OFTEN)
        until_fired(MOMENTS)
        assert max(fired()) < PROMISE, fired()
