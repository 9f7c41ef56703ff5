"""The engine the tests bring along holds what the Dockerfiles start from, and leaves nothing behind."""

from pathlib import Path

import pytest

from deploy.engine import base, daemon, existing
from deploy.engine.commands import run
from deploy.engine.daemon import Daemon
from deploy.engine.standins import STAND_INS, present
from tests.images.server import Environment

MOUNTS = Path("/proc/self/mountinfo")


@pytest.fixture
def ours(docker: Environment) -> Environment:
    """Only where the machine has no engine of its own may we start one more."""
    if not existing.has_stand_ins(dict(docker)):
        pytest.skip("This machine has an engine of its own, which is used as it is.")
    return docker


@pytest.mark.parametrize("image", [stand_in.image for stand_in in STAND_INS])
def test_every_base_is_there(docker: Environment, image: str) -> None:
    assert present(image, docker)


def test_an_engine_beside_it_is_gone_with_all_it_ran(ours: Environment) -> None:
    with daemon.running() as environment:
        own = Daemon(Path(environment["DOCKER_CONFIG"]).parent)
        run(("docker", "import", base.archive(), "base"), environment=environment)
        run(("docker", "network", "create", "net"), environment=environment)
        command = ("docker", "run", "--detach", "--network", "net", "base", "sleep", "600")
        container = run(command, environment=environment).strip()
        bridges = set(interfaces())
        pid = int(own.pidfile.read_text())
        assert daemon.is_ours(pid, own.folder)
        assert own.bridge in bridges
    assert not own.folder.exists()
    assert not daemon.is_ours(pid, own.folder)
    assert own.bridge not in interfaces()
    assert str(own.folder) not in MOUNTS.read_text()
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if container in words(path)]
    assert daemon.answers(dict(ours))


def interfaces() -> list[str]:
    return [path.name for path in Path("/sys/class/net").iterdir()]


def words(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
