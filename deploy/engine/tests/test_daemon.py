"""The daemon touches nothing of the machine but its folder and its bridge, and is ended by its own number."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded.errors import CannotStart
from deploy.engine import daemon, packages
from deploy.engine.daemon import Daemon


@pytest.fixture
def own() -> Daemon:
    return Daemon(Path("/tmp/cvy-x"))


def sleeper(*words: str) -> subprocess.Popen[str]:
    """It runs with these words on its command line once it has said so."""
    command = "import time; print('up', flush=True); time.sleep(60)"
    child = subprocess.Popen((sys.executable, "-c", command, *words), stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdout.readline() == "up\n"
    child.stdout.close()
    return child


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A process of somebody else."""
    child = sleeper("--data-root", "/var/lib/docker")
    yield child
    child.kill()
    child.wait()


def test_it_leaves_firewall_and_forwarding_alone_and_has_a_bridge_of_its_own(own: Daemon) -> None:
    assert {"--iptables=false", "--ip6tables=false", "--ip-forward=false"} <= set(own.command)
    assert f"--bridge={own.bridge}" in own.command
    assert len(own.bridge) <= 15
    assert own.bridge != Daemon(Path("/tmp/cvy-y")).bridge


def test_whoever_gets_the_environment_reaches_it_and_builds_over_the_host_network(own: Daemon) -> None:
    assert own.environment["DOCKER_HOST"] == f"unix://{own.socket}"
    assert own.environment["DOCKER_CONFIG"] == "/tmp/cvy-x/config"
    assert own.environment["CLOUDEVY_BUILD_ARGS"] == "--network=host"


def test_a_folder_with_a_long_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "demand_root", lambda: None)
    with pytest.raises(CannotStart, match="at most 40 characters"):
        daemon.check(Path("/tmp") / ("x" * 40))


def test_a_second_one_in_a_folder_is_refused_and_the_first_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "demand_root", lambda: None)
    monkeypatch.setattr(daemon, "LONGEST_FOLDER", 200)
    (tmp_path / "dockerd.pid").write_text("1")
    with pytest.raises(CannotStart, match="runs in"), daemon.running(tmp_path):
        pass
    assert (tmp_path / "dockerd.pid").exists()


def test_without_root_a_person_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(CannotStart, match="Start Docker"):
        daemon.check(Path("/tmp/x"))


def test_the_daemon_of_the_pid_file_is_ended(tmp_path: Path) -> None:
    child = sleeper("--data-root", str(tmp_path))
    (tmp_path / "pid").write_text(str(child.pid))
    daemon.end(tmp_path / "pid", folder=tmp_path)
    assert child.wait(timeout=10) == -signal.SIGTERM


def test_a_number_that_went_to_another_process_is_left_alone(
    tmp_path: Path, other: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pid").write_text(str(other.pid))
    with monkeypatch.context() as patch:
        patch.setattr("os.kill", lambda *words: pytest.fail(f"signalled {words}"))
        daemon.end(tmp_path / "pid", folder=tmp_path)


def test_a_missing_or_empty_pid_file_is_no_fault(tmp_path: Path) -> None:
    daemon.end(tmp_path / "none", folder=tmp_path)
    (tmp_path / "pid").touch()
    daemon.end(tmp_path / "pid", folder=tmp_path)


def test_removing_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    daemon.remove(Daemon(tmp_path / "none"))
