"""Asked to stop, every container ends by itself, cleanly and in time; down and up again loses nothing."""

import time

import pytest

from tests.images.conftest import Figures
from tests.images.server import LONG_RUNNING, Server

GRACE = 50.0


@pytest.mark.parametrize("container", LONG_RUNNING)
def test_it_ends_cleanly_within_its_grace(server: Server, figures: Figures, container: str) -> None:
    began = time.monotonic()
    server.docker("stop", container)
    took = time.monotonic() - began
    ended = server.inspect(container)["State"]
    server.docker("start", container)
    figures[f"stop of {container}, s"] = round(took, 1)
    assert ended["ExitCode"] == 0
    assert took < GRACE
    server.wait_healthy(container)


@pytest.mark.parametrize("container", ["cloudevy-downtime-scheduler", "cloudevy-beat", "cloudevy-api"])
def test_it_ends_cleanly_even_when_what_it_leans_on_is_gone(server: Server, container: str) -> None:
    lost = ("cloudevy-postgres-1", "cloudevy-redis-1")
    server.docker("stop", *lost)
    try:
        began = time.monotonic()
        server.docker("stop", container)
        assert time.monotonic() - began < GRACE
        assert server.inspect(container)["State"]["ExitCode"] == 0
    finally:
        server.docker("start", *lost, container)
    server.wait_healthy(*LONG_RUNNING, seconds=90)


def test_down_and_up_again_keeps_everything(server: Server) -> None:
    before = {row["id"]: row["name"] for row in server.api().all("/schedules?page_size=100")}
    assert before
    server.must("docker", "compose", "down")
    server.must("docker", "compose", "up", "--detach")
    server.wait_healthy(*LONG_RUNNING, seconds=120)
    after = {row["id"]: row["name"] for row in server.api().all("/schedules?page_size=100")}
    assert after == before
