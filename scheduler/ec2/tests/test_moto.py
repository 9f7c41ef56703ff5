"""The gateway against moto, a second opinion of AWS' protocol that we did not write.

moto has no transition times and revives what is terminated, so only forms are compared, not behaviour.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from scheduler.ec2 import gateway
from scheduler.ec2.boto import Boto, Credentials
from scheduler.ec2.session import Place

REGION = "eu-central-1"
KEYS = Credentials(("AKIATEST", "secret"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def ec2(url: str) -> Boto:
    return Boto(Place(KEYS, REGION, url))


@pytest.fixture(scope="module")
def instance_id(url: str) -> str:
    client = boto3.client(
        "ec2",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
    )
    tags: Any = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    made = client.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", TagSpecifications=tags
    )
    return str(made["Instances"][0]["InstanceId"])


def test_servers_and_statuses_are_read(ec2: Boto, instance_id: str) -> None:
    (seen,) = ec2.servers([instance_id])
    assert (seen.state, seen.name, seen.type) == ("running", "web", "t3.micro")
    assert seen.flags["root_device_type"] == "ebs"
    assert seen.launched_at is not None
    assert instance_id in {each.instance_id for each in ec2.servers()}
    assert instance_id in {each.instance_id for each in ec2.all_statuses()}
    assert ec2.statuses([instance_id]) == [gateway.SeenStatus(instance_id, "running", "ok")]


@pytest.mark.parametrize(("action", "state"), [("stop", "stopping"), ("start", "pending"), ("reboot", None)])
def test_mutations_are_accepted(ec2: Boto, instance_id: str, action: str, state: str | None) -> None:
    answer = ec2.act(action, [instance_id], call=1, options={}, guard=lambda: None)
    assert answer.states == ({instance_id: state} if state else {})
    assert answer.request_id


def test_unknown_ids_are_named(ec2: Boto, instance_id: str) -> None:
    unknown = {"i-0123456789abcdef0", "i-0123456789abcdef1"}
    with pytest.raises(gateway.BadIds) as caught:
        ec2.act("stop", [instance_id, *unknown], call=1, options={}, guard=lambda: None)
    assert caught.value.ids == unknown


def test_whoami_and_roles_are_understood(ec2: Boto, url: str) -> None:
    assert ec2.whoami().account == "123456789012"
    role = Credentials(
        ("AKIATEST", "secret"),
        role_arn="arn:aws:iam::999988887777:role/cloudevy",
        external_id="made-by-us",
        session="cloudevy-1-2",
    )
    identity = Boto(Place(role, REGION, url)).whoami()
    assert identity.arn == "arn:aws:sts::999988887777:assumed-role/cloudevy/cloudevy-1-2"


def test_metrics_nobody_wrote_are_empty(ec2: Boto, instance_id: str) -> None:
    now = datetime.now(UTC)
    (found,) = ec2.cpu([instance_id], start=now - timedelta(hours=1), end=now, period=300)
    assert found == gateway.Series(instance_id, "CPUUtilization", "Percent", ())
