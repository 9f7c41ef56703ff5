"""Fixtures of the simulator's own tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.tests.support import Running, Time, running


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(scope="session")
def _shared() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def simulator(_shared: Running) -> Running:
    """A simulator over HTTP, begun anew."""
    _shared.simulation.reset()
    return _shared


@pytest.fixture
def ec2(simulator: Running) -> Any:
    return simulator.client("ec2")
