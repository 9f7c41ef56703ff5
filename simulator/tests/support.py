"""What the tests share: a time they own, servers to try, and a simulator on a free port."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from simulator import fleet
from simulator.calls import Caller
from simulator.endpoint import Endpoint
from simulator.instances import Instance
from simulator.listener import Connection
from simulator.settings import PROFILES, Settings, Span, changed
from simulator.simulation import Simulation
from simulator.world import World

# One session for all: loading EC2's model anew costs a tenth of a second each time.
SESSION = boto3.Session()
BEGIN = 1_800_000_000.0
ACCOUNT, OTHER = "111122223333", "444455556666"
REGION = "eu-central-1"
KEY, SECRET = "AKIASIMULATOR0000001", "a secret of the tests"
OTHER_KEY = "AKIASIMULATOR0000002"
CALLER = Caller(ACCOUNT, REGION, mark="7")
START, STOP, CHECKS, LAG, DIP = 20.0, 30.0, 100.0, 5.0, 60.0
FLEET: dict[str, Any] = {
    "accounts": [
        {
            "id": ACCOUNT,
            "keys": [{"access_key_id": KEY, "secret_access_key": SECRET}],
            "roles": [{"name": "fixed", "external_id": "right", "trusts": [ACCOUNT]}],
        },
        {
            "id": OTHER,
            "keys": [{"access_key_id": OTHER_KEY, "secret_access_key": SECRET}],
            "roles": [
                {"name": "cloudevy", "external_id": "any-nonempty", "trusts": [ACCOUNT]},
                {"name": "reader", "trusts": [ACCOUNT], "denied": ["StopInstances"]},
                {"name": "closed", "trusts": []},
            ],
        },
    ]
}


class Time:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def exact(**patch: object) -> Settings:
    """Settings without chance and without limits, changed by `patch`."""
    settings = Settings(
        start=Span(START),
        stop=Span(STOP),
        checks=Span(CHECKS),
        reboot_lag=Span(LAG),
        reboot_dip=Span(DIP),
        limits=PROFILES["test"].limits,
    )
    return changed(settings, patch)


def server(number: int, state: str = "running", *, now: float = BEGIN, **properties: Any) -> Instance:
    """A server that has been in `state` for an hour."""
    account = properties.pop("account", ACCOUNT)
    spec = {"id": name_of(number), "region": REGION, "state": state, "name": f"server-{number}"}
    return fleet.instance(account, spec | properties, now=now)


def name_of(number: int) -> str:
    return f"i-{number:017x}"


def world_of(time: Time, *servers: Instance, seed: int = 1, **patch: object) -> World:
    return World(servers, settings=exact(**patch), clock=time, seed=seed, monotonic_of=lambda at: at - 1e9)


def states(world: World, *numbers: int) -> list[str]:
    found = [world.instance(name_of(number)) for number in numbers]
    return [it.view(world.clock()).state for it in found if it is not None]


class Running:
    """A simulator on a loopback port, in a thread of its own."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()

    def _serve(self) -> None:
        endpoint = Endpoint(self.simulation)
        listening = self._loop.create_server(lambda: Connection(endpoint.handle), "127.0.0.1", 0)
        server = self._loop.run_until_complete(listening)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()

    def begin(self) -> None:
        self._thread.start()
        self._ready.wait(10)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def control(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def client(self, service: str, *, region: str = REGION, **credentials: str) -> Any:
        """A boto3 client; no retries, because the tests count calls."""
        keys = credentials or {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        config = Config(
            retries={"total_max_attempts": 1},
            read_timeout=5,
            user_agent_extra="cloudevy-call/42",
            parameter_validation=False,
        )
        url = f"http://127.0.0.1:{self.port}"
        make: Any = SESSION.client
        return make(service, endpoint_url=url, region_name=region, config=config, **keys)


@contextmanager
def running(data: dict[str, Any] | None = None) -> Iterator[Running]:
    simulator = Running(Simulation(FLEET if data is None else data, profile="test"))
    simulator.begin()
    try:
        yield simulator
    finally:
        simulator.end()
