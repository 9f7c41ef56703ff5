"""Pushed by one machine, pulled by another, with a registry between them."""

from collections.abc import Iterator

import pytest

from deploy.engine import registry
from tests.images.conftest import BUILD_ARGS, FIRST, Figures
from tests.images.meanwhile import ends, plan, visited
from tests.images.server import IMAGES, LONG_RUNNING, OURS, ROOT, Server, run

SECOND = "two"


@pytest.fixture
def pushed(server: Server, figures: Figures) -> Iterator[str]:
    """Where the second version lies; this machine has forgotten it."""
    with registry.running() as address:
        where = f"{address}/team"
        settings = {
            "CLOUDEVY_REGISTRY": where,
            "CLOUDEVY_TAG": SECOND,
            BUILD_ARGS: f"{server.environment.get(BUILD_ARGS, '')} --label=made.for=the-second-version",
        }
        for script in ("build", "push"):
            done = run(f"./{script}-images.sh", folder=ROOT, environment=server.environment, **settings)
            assert done.code == 0, done.said
            figures[f"./{script}-images.sh of the second version, s"] = round(done.seconds, 1)
        server.docker("rmi", *(f"{where}/{image}:{SECOND}" for image in IMAGES))
        yield where


def test_an_upgrade_is_pulled_and_what_is_due_meanwhile_is_done(
    server: Server, pushed: str, figures: Figures
) -> None:
    api = server.api()
    names = {row["name"]: row["id"] for row in api.all("/servers?page_size=100")}
    server.write({"CLOUDEVY_REGISTRY": pushed})
    schedule = plan(api, names["crm-test"], seconds={"stop": 4, "start": 14})
    with visited(server) as visitor:
        done = server.must("./pull-images.sh", SECOND)
    figures["upgrade, s"] = round(done.seconds, 1)
    figures["upgrade: without answer, s"] = {name: round(away, 1) for name, away in visitor.away.items()}
    assert {server.image(each) for each in OURS} == {
        f"{pushed}/{image}:{SECOND}" for image in IMAGES if image != "cloudevy-demo"
    }
    assert server.setting("CLOUDEVY_TAG") == SECOND
    server.wait_healthy(*LONG_RUNNING)
    assert [row["state"] for row in ends(api, schedule, count=2)] == ["succeeded", "succeeded"]
    server.write({"CLOUDEVY_REGISTRY": ""})
    server.must("./pull-images.sh", FIRST)
