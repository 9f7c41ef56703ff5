"""A real engine, the images built from this tree, and one server on which they run. Figures: var/images/."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import engine
from tests.images.server import ROOT, Environment, Server, run

KEPT = Path("var", "images")
FIRST = "one"
BUILD_ARGS = "CLOUDEVY_BUILD_ARGS"


class Figures(dict[str, object]):
    """What was measured, told at the end and kept in a file."""


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    found = Figures()
    yield found
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "figures.json").write_text(json.dumps(found, indent=2) + "\n")
    for name, value in found.items():
        print(f"   {name}: {value}")


@pytest.fixture(scope="session")
def docker() -> Iterator[Environment]:
    """The environment in which `docker` reaches an engine; one of our own if there is none."""
    with engine.running() as found:
        yield {name: found[name] for name in found if name == BUILD_ARGS or not name.startswith("CLOUDEVY_")}


@pytest.fixture(scope="session")
def images(docker: Environment, figures: Figures) -> Environment:
    """All images, tagged `one`, by the script people use."""
    done = run("./build-images.sh", folder=ROOT, environment=docker, CLOUDEVY_TAG=FIRST)
    assert done.code == 0, done.said
    figures["build, s"] = round(done.seconds, 1)
    return docker


@pytest.fixture(scope="session")
def server(images: Environment, figures: Figures) -> Iterator[Server]:
    """Installed as the README says, with the simulated cloud, everything healthy."""
    folder = Path(tempfile.mkdtemp(prefix="cloudevy-server-"))
    server = Server(folder, images)
    try:
        server.furnish(tag=FIRST)
        done = server.must("./pull-images.sh")
        figures["first ./pull-images.sh, s"] = round(done.seconds, 1)
        server.wait_ended("cloudevy-samples-1")
        server.simulator().post("/_sim/settings", {"profile": "test", "start": 3, "stop": 3})
        yield server
        keep_logs(server)
    finally:
        server.run("docker", "compose", "--profile", "*", "down", "--volumes", "--timeout", "10")
        shutil.rmtree(folder)


def keep_logs(server: Server) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in server.docker("ps", "--all", "--format", "{{.Names}}").split():
        (KEPT / f"{name}.log").write_text(server.logs(name))
