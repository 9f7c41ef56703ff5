"""An EC2 to talk to: the simulator over HTTP, and a server that says exactly what it is told to say."""

from collections.abc import Callable, Iterator

import pytest

from scheduler.ec2 import boto
from scheduler.ec2.boto import Boto, Credentials
from scheduler.ec2.session import Clients, Place
from scheduler.ec2.tests.wire import Wire
from simulator.tests.support import KEY, REGION, SECRET, Running, running, server

KEYS = Credentials((KEY, SECRET))
NewWire = Callable[[bytes | None], Wire]


@pytest.fixture(autouse=True)
def fresh_clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    """No client or role session of another test."""
    fresh = Clients()
    monkeypatch.setattr(boto, "clients", fresh)
    return fresh


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: Running) -> Running:
    """A simulator with three servers: 1 and 2 running, 3 stopped; transitions last beyond any test."""
    shared_simulator.simulation.reset()
    shared_simulator.simulation.settle({"start": 3600, "stop": 3600})
    world = shared_simulator.simulation.world
    for number, state in ((1, "running"), (2, "running"), (3, "stopped")):
        world.add(server(number, state, now=world.clock()))
    return shared_simulator


@pytest.fixture
def place(simulator: Running) -> Place:
    return Place(KEYS, REGION, f"http://127.0.0.1:{simulator.port}")


@pytest.fixture
def ec2(place: Place) -> Boto:
    return Boto(place)


@pytest.fixture
def wire() -> Iterator[NewWire]:
    """Makes servers that answer every request with these bytes; None hangs up without an answer."""
    made: list[Wire] = []

    def make(answer: bytes | None) -> Wire:
        made.append(Wire(answer))
        return made[-1]

    yield make
    for each in made:
        each.close()
