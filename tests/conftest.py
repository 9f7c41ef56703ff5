"""All of Cloudevy, running, for the tests of the whole system."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded.ready import Ready
from tests.launching import LONGEST_STOP, launched, when_ready


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Holds the installation; pytest's own folders are closed to the user the database runs as."""
    with tempfile.TemporaryDirectory(prefix="cloudevy-system-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="session")
def cloudevy(folder: Path) -> Iterator[Ready]:
    """Where it listens and how to sign in: what `./run` starts, samples included, on ports of its own."""
    with launched(folder) as launcher:
        yield when_ready(launcher, folder)
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(LONGEST_STOP)
