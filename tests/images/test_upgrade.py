"""Another version comes: it runs, or the old one does again; what was due meanwhile is done either way."""

from pathlib import Path

import pytest

from deploy.demo.client import Client
from tests.images import broken
from tests.images.conftest import FIRST, Figures
from tests.images.meanwhile import ends, plan, visited
from tests.images.server import LONG_RUNNING, OURS, Server

MEANWHILE = {"stop": 4, "start": 14}


def versions(server: Server) -> set[str]:
    """What really runs."""
    return {server.image(each).rpartition(":")[2] for each in OURS}


@pytest.fixture
def api(server: Server) -> Client:
    return server.api()


@pytest.fixture
def busy(api: Client) -> int:
    """A running server of the samples that nobody else plays with."""
    rows = {row["name"]: row for row in api.all("/servers?page_size=100")}
    assert rows["crm-test"]["status"] == "running"
    return int(rows["crm-test"]["id"])


@pytest.mark.parametrize("fault", broken.FAULTS)
def test_a_version_that_fails_gives_way_to_the_old_one(
    server: Server, api: Client, busy: int, figures: Figures, tmp_path: Path, fault: str
) -> None:
    broken.build(fault, of=FIRST, docker=server.environment, folder=tmp_path)
    schedule = plan(api, busy, seconds=MEANWHILE)
    with visited(server) as visitor:
        done = server.run("./pull-images.sh", fault, CLOUDEVY_WAIT_SECONDS="45")
    figures[f"upgrade that {fault}: back after, s"] = round(done.seconds, 1)
    figures[f"upgrade that {fault}: without answer, s"] = {k: round(v, 1) for k, v in visitor.away.items()}
    assert done.code == 1, done.said
    assert versions(server) == {FIRST}
    assert server.setting("CLOUDEVY_TAG") == FIRST
    server.wait_healthy(*LONG_RUNNING)
    rows = ends(api, schedule, count=2)
    assert [(row["action"], row["state"]) for row in rows] == [("stop", "succeeded"), ("start", "succeeded")]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLOUDEVY_WORKER_THREADS", "lots"),
        ("CLOUDEVY_API_WORKERS", "lots"),
        ("CLOUDEVY_TRUSTED_PROXIES", "my.proxy.example"),
        ("CLOUDEVY_PUBLIC_URL", "http://10.1.2.3:8001"),
    ],
)
def test_a_wrong_setting_is_told_and_nothing_stops(server: Server, variable: str, value: str) -> None:
    before = server.setting(variable)
    server.write({variable: value})
    try:
        with visited(server) as visitor:
            done = server.run("./pull-images.sh")
    finally:
        server.write({variable: before})
    assert done.code == 1
    assert f"{variable}={value}" in done.said.replace("'", "")
    assert "refuses the settings" in done.said
    assert visitor.away == {"page": 0.0, "api": 0.0}


def test_before_tables_change_there_is_a_dump_that_can_be_read(server: Server) -> None:
    """The version that could not migrate came before."""
    dumps = sorted((server.folder / "backups").glob("*cannot-migrate*"))
    assert dumps
    assert dumps[0].stat().st_mode & 0o777 == 0o600
    listing = server.must(
        "sh", "-c", f"docker compose exec -T postgres pg_restore --list < backups/{dumps[0].name}"
    )
    assert "operations_operation" in listing.said
