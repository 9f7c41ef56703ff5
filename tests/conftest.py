"""All of Cloudevy, running, for the tests of the whole system."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded import ports, ready
from deploy.embedded.ready import Ready

ROOT = Path(__file__).resolve().parents[1]
LONGEST_START = 180.0
LONGEST_STOP = 60.0


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Holds the installation; pytest's own folders are closed to the user the database runs as."""
    with tempfile.TemporaryDirectory(prefix="cloudevy-system-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def cloudevy(folder: Path) -> Iterator[Ready]:
    """Where it listens and how to sign in: what `./run` starts, samples included, on ports of its own."""
    told = folder / "ready.json"
    options = ("--data", str(folder / "data"), "--port", str(ports.free()), "--ready-file", str(told))
    with (folder / "launcher.log").open("wb") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "deploy.embedded", *options],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield when_ready(launcher, told, log=folder / "launcher.log")
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(LONGEST_STOP)


def when_ready(launcher: subprocess.Popen[bytes], told: Path, *, log: Path) -> Ready:
    deadline = time.monotonic() + LONGEST_START
    while not told.exists():
        assert launcher.poll() is None, f"it ended: {log.read_text()}"
        assert time.monotonic() < deadline, f"it was not ready in time: {log.read_text()}"
        time.sleep(0.1)
    return ready.read(told)
