"""The two clouds of the contract: the simulator over HTTP and moto in this process, in the same few words."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from unittest.mock import patch

import boto3
from moto import mock_aws

from simulator.tests.support import REGION, Running, name_of, server

# Made after moto's import, which lets moto answer its clients; one for all, because it is slow to make.
_SESSION = boto3.Session()


class Cloud(Protocol):
    """What a contract test may do besides calling boto3 clients."""

    name: str

    def client(self, service: str) -> Any: ...

    def servers(self, count: int, state: str = "running") -> list[str]:
        """Ids of new servers in this state."""

    def settle(self) -> None:
        """Comes back when no server is between two states."""


class Simulated:
    name = "simulator"

    def __init__(self, simulator: Running) -> None:
        self._simulator = simulator
        self._made = 0

    def client(self, service: str) -> Any:
        return self._simulator.client(service)

    def servers(self, count: int, state: str = "running") -> list[str]:
        world = self._simulator.simulation.world
        first, self._made = self._made, self._made + count
        for number in range(first, first + count):
            world.add(server(number, state, now=world.clock(), minutes=5))
        return [name_of(number) for number in range(first, first + count)]

    def settle(self) -> None:
        ends = [one["ends_at"] for one in self._simulator.simulation.world.ledger.times() if one["ends_at"]]
        while max(ends, default=0) > self._simulator.simulation.world.clock():
            time.sleep(0.02)


class Moto:
    name = "moto"

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        make: Any = _SESSION.client
        return make(service, region_name=REGION, **keys)

    def servers(self, count: int, state: str = "running") -> list[str]:
        ec2 = self.client("ec2")
        made = ec2.run_instances(ImageId="ami-12345678", MinCount=count, MaxCount=count)["Instances"]
        ids = [one["InstanceId"] for one in made]
        if state == "stopped":
            ec2.stop_instances(InstanceIds=ids)
        if state == "terminated":
            ec2.terminate_instances(InstanceIds=ids)
        return ids

    def settle(self) -> None:
        """moto has no time between two states."""


@contextmanager
def moto() -> Iterator[Moto]:
    # The 1,291 images moto would load each time are of no use here.
    with patch.dict(os.environ, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}), mock_aws():
        yield Moto()


def error_code(call: Any, **arguments: Any) -> str:
    """The code of the refusal, or `accepted`."""
    try:
        call(**arguments)
    except call.__self__.exceptions.ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    return "accepted"


def state_of(ec2: Any, instance_id: str) -> str:
    found = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    state: str = found[0]["Instances"][0]["State"]["Name"]
    return state
