"""The two clouds of the contract: the simulator over HTTP and moto in this process, in the same few words."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from unittest.mock import patch

import boto3
from moto import mock_aws

from simulator.tests.support import REGION, SECRET, Running, name_of, server

# Made after moto's import, which lets moto answer its clients; one for all, because it is slow to make.
_SESSION = boto3.Session()


class Cloud(Protocol):
    """What a contract test may do besides calling boto3 clients."""

    name: str

    def client(self, service: str, *, access_key: str = "") -> Any: ...

    def servers(self, count: int, state: str = "running") -> list[str]:
        """Ids of new servers in this state."""

    def protected(self) -> str:
        """A new running server with stop protection."""

    def spot(self) -> str:
        """A new running server of a one-time Spot request."""

    def sleeper(self) -> str:
        """A new running server that may hibernate, launched minutes ago."""

    def settle(self) -> None:
        """Comes back when no server is between two states."""


class Simulated:
    name = "simulator"

    def __init__(self, simulator: Running) -> None:
        self._simulator = simulator
        self._made = 0

    def client(self, service: str, *, access_key: str = "") -> Any:
        keys = {"aws_access_key_id": access_key, "aws_secret_access_key": SECRET} if access_key else {}
        return self._simulator.client(service, **keys)

    def turn(self, **settings: object) -> None:
        self._simulator.control("POST", "/_sim/settings", settings)

    def servers(self, count: int, state: str = "running", **properties: Any) -> list[str]:
        world = self._simulator.simulation.world
        first, self._made = self._made, self._made + count
        for number in range(first, first + count):
            world.add(server(number, state, now=world.clock(), minutes=5, **properties))
        return [name_of(number) for number in range(first, first + count)]

    def protected(self) -> str:
        return self.servers(1, stop_protected=True)[0]

    def spot(self) -> str:
        return self.servers(1, lifecycle="spot")[0]

    def sleeper(self) -> str:
        self.turn(hibernate_lag=600)
        return self.servers(1, hibernation=True)[0]

    def settle(self) -> None:
        ends = [one["ends_at"] for one in self._simulator.simulation.world.ledger.times() if one["ends_at"]]
        while max(ends, default=0) > self._simulator.simulation.world.clock():
            time.sleep(0.02)


class Moto:
    name = "moto"

    def client(self, service: str, *, access_key: str = "testing") -> Any:
        keys = {"aws_access_key_id": access_key, "aws_secret_access_key": "testing"}
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

    def protected(self) -> str:
        made = self.servers(1)[0]
        self.client("ec2").modify_instance_attribute(InstanceId=made, DisableApiStop={"Value": True})
        return made

    def spot(self) -> str:
        market: Any = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}
        made = self.client("ec2").run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceMarketOptions=market
        )
        instance_id: str = made["Instances"][0]["InstanceId"]
        return instance_id

    def sleeper(self) -> str:
        made = self.client("ec2").run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, HibernationOptions={"Configured": True}
        )
        instance_id: str = made["Instances"][0]["InstanceId"]
        return instance_id

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


def message(call: Any, **arguments: Any) -> str:
    """The words of the refusal, or none."""
    try:
        call(**arguments)
    except call.__self__.exceptions.ClientError as error:
        text: str = error.response["Error"]["Message"]
        return text
    return ""


def described(ec2: Any, instance_id: str) -> Any:
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def state_of(ec2: Any, instance_id: str) -> str:
    state: str = described(ec2, instance_id)["State"]["Name"]
    return state
