"""Where the simulator and moto rightly differ: a question, AWS's answer with its source, moto's answer.

A row fails when the simulator leaves AWS's side, and when moto comes over to it: then the row is old.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.tests.clouds import Cloud, Simulated, error_code, moto, state_of
from simulator.tests.support import Running


@dataclass(frozen=True)
class Difference:
    name: str
    ask: Callable[[Cloud, Any], object]
    aws: object
    moto: object
    source: str


def right_after_a_stop(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1)
    ec2.stop_instances(InstanceIds=ids)
    return state_of(ec2, ids[0])


def start_while_stopping(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1)
    ec2.stop_instances(InstanceIds=ids)
    return error_code(ec2.start_instances, InstanceIds=ids)


def start_of_a_running_server(cloud: Cloud, ec2: Any) -> object:
    change = ec2.start_instances(InstanceIds=cloud.servers(1))["StartingInstances"][0]
    return change["CurrentState"]["Name"]


def start_of_a_terminated_server(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.start_instances, InstanceIds=cloud.servers(1, "terminated"))


def reboot_of_a_stopped_server(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.reboot_instances, InstanceIds=cloud.servers(1, "stopped"))


def status_checks_after_a_start(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1, "stopped")
    ec2.start_instances(InstanceIds=ids)
    cloud.settle()
    return ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"][0]["InstanceStatus"]["Status"]


def launch_time_moves_on_start(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1, "stopped")
    before = _described(ec2, ids)["LaunchTime"]
    ec2.start_instances(InstanceIds=ids)
    return bool(_described(ec2, ids)["LaunchTime"] > before)


def hibernation_of_any_server(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.stop_instances, InstanceIds=cloud.servers(1), Hibernate=True)


def malformed_id(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.stop_instances, InstanceIds=["i-not-hex"])


def all_unknown_ids_named_by_a_describe(cloud: Cloud, ec2: Any) -> object:
    unknown = ["i-0fffffffffffffff0", "i-0fffffffffffffff1"]
    with pytest.raises(ec2.exceptions.ClientError) as refused:
        ec2.describe_instances(InstanceIds=unknown)
    return all(one in str(refused.value) for one in unknown)


def page_of_five_out_of_twelve(cloud: Cloud, ec2: Any) -> object:
    cloud.servers(12)
    pages = ec2.describe_instances(MaxResults=5)["Reservations"]
    return sum(len(one["Instances"]) for one in pages)


def statuses_by_101_ids(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.describe_instance_status, InstanceIds=cloud.servers(101))


def ids_with_page_size(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.describe_instance_status, InstanceIds=cloud.servers(1), MaxResults=10)


def more_than_200_filter_values(cloud: Cloud, ec2: Any) -> object:
    ids = [f"i-{number:017x}" for number in range(201)]
    return error_code(ec2.describe_instances, Filters=[{"Name": "instance-id", "Values": ids}])


def role_without_its_external_id(cloud: Cloud, _: Any) -> object:
    role = "arn:aws:iam::444455556666:role/cloudevy"
    return error_code(cloud.client("sts").assume_role, RoleArn=role, RoleSessionName="some-session")


def role_that_does_not_exist(cloud: Cloud, _: Any) -> object:
    role = "arn:aws:iam::444455556666:role/nobody"
    return error_code(
        cloud.client("sts").assume_role, RoleArn=role, RoleSessionName="some-session", ExternalId="right"
    )


def _described(ec2: Any, ids: list[str]) -> Any:
    return ec2.describe_instances(InstanceIds=ids)["Reservations"][0]["Instances"][0]


API = "EC2 API reference, "
LIFECYCLE = "EC2 user guide, instance lifecycle"
TABLE = [
    Difference("a describe right after a stop", right_after_a_stop, "stopping", "stopped", LIFECYCLE),
    Difference("start while stopping", start_while_stopping, "IncorrectInstanceState", "accepted", LIFECYCLE),
    Difference(
        "the state a start of a running server answers",
        start_of_a_running_server,
        "running",
        "pending",
        API + "StartInstances: no change",
    ),
    Difference(
        "start of a terminated server",
        start_of_a_terminated_server,
        "IncorrectInstanceState",
        "accepted",
        LIFECYCLE + "; instance-scheduler-on-aws#281",
    ),
    Difference(
        "reboot of a stopped server",
        reboot_of_a_stopped_server,
        "IncorrectInstanceState",
        "accepted",
        "the exact code is not documented; refusal: EC2 user guide, reboot",
    ),
    Difference(
        "status checks right after a start",
        status_checks_after_a_start,
        "initializing",
        "ok",
        API + "DescribeInstanceStatus, SummaryStatus",
    ),
    Difference(
        "the launch time moves on start",
        launch_time_moves_on_start,
        True,
        False,
        API + "Instance.LaunchTime: last launched",
    ),
    Difference(
        "hibernate a server not made for it",
        hibernation_of_any_server,
        "UnsupportedHibernationConfiguration",
        "accepted",
        API + "StopInstances, Hibernate",
    ),
    Difference(
        "a malformed id",
        malformed_id,
        "InvalidInstanceID.Malformed",
        "InvalidInstanceID.NotFound",
        API + "error codes",
    ),
    Difference(
        "a describe names every unknown id",
        all_unknown_ids_named_by_a_describe,
        True,
        False,
        "messages quoted in instance-scheduler-on-aws#76",
    ),
    Difference(
        "a page of 5 out of 12 servers",
        page_of_five_out_of_twelve,
        5,
        12,
        API + "DescribeInstances, MaxResults; moto counts reservations",
    ),
    Difference(
        "statuses of 101 explicit ids",
        statuses_by_101_ids,
        "InvalidParameterValue",
        "accepted",
        API + "DescribeInstanceStatus: at most 100 ids; the exact code is not documented",
    ),
    Difference(
        "explicit ids with a page size",
        ids_with_page_size,
        "InvalidParameterCombination",
        "accepted",
        API + "DescribeInstanceStatus, MaxResults",
    ),
    Difference(
        "201 filter values",
        more_than_200_filter_values,
        "FilterLimitExceeded",
        "accepted",
        "EC2 user guide, filtering: 200 values",
    ),
    Difference(
        "a role without its ExternalId",
        role_without_its_external_id,
        "AccessDenied",
        "accepted",
        "IAM user guide, access to accounts owned by third parties",
    ),
    Difference(
        "a role that does not exist",
        role_that_does_not_exist,
        "AccessDenied",
        "accepted",
        "STS API reference, AssumeRole",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_simulator_answers_as_aws(simulator: Running, row: Difference) -> None:
    cloud = Simulated(simulator)
    assert row.ask(cloud, cloud.client("ec2")) == row.aws, row.source


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_moto_still_answers_otherwise(row: Difference) -> None:
    with moto() as cloud:
        assert row.ask(cloud, cloud.client("ec2")) == row.moto
