"""What EC2 does and both the simulator and moto do: one set of tests, through boto3, against each.

Where they rightly differ: test_differences.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.tests.clouds import Cloud, Simulated, described, error_code, message, moto, state_of
from simulator.tests.support import Running

UNKNOWN = "i-0fffffffffffffff0"


@pytest.fixture(params=["simulator", "moto"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    if request.param == "simulator":
        running: Running = request.getfixturevalue("simulator")
        yield Simulated(running)
        return
    with moto() as one:
        yield one


def changes(answer: dict[str, Any], key: str) -> list[tuple[str, str, str]]:
    return [
        (one["InstanceId"], one["PreviousState"]["Name"], one["CurrentState"]["Name"]) for one in answer[key]
    ]  # fmt: skip


def test_a_stop_is_answered_with_running_to_stopping_and_ends_stopped(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(2)
    answer = ec2.stop_instances(InstanceIds=ids)
    assert changes(answer, "StoppingInstances") == [(one, "running", "stopping") for one in ids]
    cloud.settle()
    assert [state_of(ec2, one) for one in ids] == ["stopped", "stopped"]


def test_a_start_is_answered_with_stopped_to_pending_and_ends_running(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1, "stopped")
    answer = ec2.start_instances(InstanceIds=ids)
    assert changes(answer, "StartingInstances") == [(ids[0], "stopped", "pending")]
    cloud.settle()
    assert state_of(ec2, ids[0]) == "running"


def test_a_reboot_keeps_the_state(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    assert ec2.reboot_instances(InstanceIds=ids)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert state_of(ec2, ids[0]) == "running"


def test_starting_the_running_and_stopping_the_stopped_is_harmless(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    running, stopped = cloud.servers(1), cloud.servers(1, "stopped")
    assert error_code(ec2.start_instances, InstanceIds=running) == "accepted"
    assert error_code(ec2.stop_instances, InstanceIds=stopped) == "accepted"
    assert (state_of(ec2, running[0]), state_of(ec2, stopped[0])) == ("running", "stopped")


@pytest.mark.parametrize("action", ["start_instances", "stop_instances", "reboot_instances"])
def test_an_unknown_id_fails_the_whole_call_and_nothing_changes(cloud: Cloud, action: str) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    assert error_code(getattr(ec2, action), InstanceIds=[*ids, UNKNOWN]) == "InvalidInstanceID.NotFound"
    assert state_of(ec2, ids[0]) == "running"


@pytest.mark.parametrize("action", ["start_instances", "stop_instances", "reboot_instances"])
def test_a_dry_run_that_may_is_refused_with_412(cloud: Cloud, action: str) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    with pytest.raises(ec2.exceptions.ClientError) as refused:
        getattr(ec2, action)(InstanceIds=ids, DryRun=True)
    assert refused.value.response["Error"]["Code"] == "DryRunOperation"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert state_of(ec2, ids[0]) == "running"


def test_stop_protection_can_be_read(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    for name in ("disableApiStop", "instanceInitiatedShutdownBehavior", "rootDeviceName"):
        answer = ec2.describe_instance_attribute(InstanceId=ids[0], Attribute=name)
        assert answer["InstanceId"] == ids[0]
    protected = ec2.describe_instance_attribute(InstanceId=ids[0], Attribute="disableApiStop")
    assert protected["DisableApiStop"] == {"Value": False}


def test_filters_choose_by_state_id_and_tag(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    running, stopped = cloud.servers(2), cloud.servers(1, "stopped")

    def ids(name: str, *values: str) -> set[str]:
        pages = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])["Reservations"]
        return {one["InstanceId"] for page in pages for one in page["Instances"]}

    assert ids("instance-state-name", "stopped") == set(stopped)
    assert ids("instance-state-name", "stopped", "running") == {*running, *stopped}
    assert ids("instance-id", running[0], UNKNOWN) == {running[0]}
    assert ids("tag:team", "nobody") == set()


def test_statuses_show_running_servers_unless_all_are_asked_for(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    running, stopped = cloud.servers(1), cloud.servers(1, "stopped")
    some = ec2.describe_instance_status()["InstanceStatuses"]
    every = ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]
    assert [one["InstanceId"] for one in some] == running
    shown = {
        (one["InstanceId"], one["InstanceState"]["Name"], one["InstanceStatus"]["Status"]) for one in every
    }
    assert shown == {(running[0], "running", "ok"), (stopped[0], "stopped", "not-applicable")}


def test_a_stopped_server_says_that_a_user_stopped_it(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    ec2.stop_instances(InstanceIds=ids)
    cloud.settle()
    found = ec2.describe_instances(InstanceIds=ids)["Reservations"][0]["Instances"][0]
    assert found["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert found["StateTransitionReason"].startswith("User initiated (")


def test_regions_are_listed_by_name(cloud: Cloud) -> None:
    listed = cloud.client("ec2").describe_regions(RegionNames=["eu-central-1"])["Regions"]
    assert [(one["RegionName"], one["OptInStatus"]) for one in listed] == [
        ("eu-central-1", "opt-in-not-required")
    ]


def test_the_caller_learns_its_account_and_assumes_a_role(cloud: Cloud) -> None:
    sts = cloud.client("sts")
    assert len(sts.get_caller_identity()["Account"]) == 12
    role = "arn:aws:iam::444455556666:role/cloudevy"
    answer = sts.assume_role(RoleArn=role, RoleSessionName="cloudevy-1-2", ExternalId="learned")
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::444455556666:assumed-role/cloudevy/cloudevy-1-2"
    assert set(answer["Credentials"]) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}


def test_metric_data_is_answered_query_by_query(cloud: Cloud) -> None:
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
              "Dimensions": [{"Name": "InstanceId", "Value": UNKNOWN}]}  # fmt: skip
    asked = {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}}
    answer = cloud.client("cloudwatch").get_metric_data(
        StartTime=1_795_000_000, EndTime=1_795_003_600, MetricDataQueries=[asked]
    )
    assert [(one["Id"], one["Values"]) for one in answer["MetricDataResults"]] == [("m0", [])]


def test_a_protected_server_refuses_to_stop_and_shows_why(cloud: Cloud) -> None:
    ec2, protected = cloud.client("ec2"), cloud.protected()
    for options in ({}, {"Force": True}):
        refusal = error_code(ec2.stop_instances, InstanceIds=[protected], **options)
        assert refusal == "OperationNotPermitted"
    assert "disableApiStop" in message(ec2.stop_instances, InstanceIds=[protected])
    shown = ec2.describe_instance_attribute(InstanceId=protected, Attribute="disableApiStop")
    assert shown["DisableApiStop"] == {"Value": True}
    assert state_of(ec2, protected) == "running"


def test_a_stop_names_every_unknown_id(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), [*cloud.servers(1), UNKNOWN, "i-0ffffffffffffffff"]
    words = message(ec2.stop_instances, InstanceIds=ids)
    assert [one in words for one in ids] == [False, True, True]


def test_a_terminated_server_is_still_shown_as_terminated(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1, "terminated")
    assert state_of(ec2, ids[0]) == "terminated"
    assert ec2.describe_instance_status()["InstanceStatuses"] == []


def test_a_stop_takes_the_public_address_and_a_start_brings_another(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    before = described(ec2, ids[0])["PublicIpAddress"]
    ec2.stop_instances(InstanceIds=ids)
    cloud.settle()
    assert "PublicIpAddress" not in described(ec2, ids[0])
    ec2.start_instances(InstanceIds=ids)
    cloud.settle()
    assert described(ec2, ids[0])["PublicIpAddress"] != before


def test_a_reboot_keeps_launch_time_and_addresses(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(1)
    before = described(ec2, ids[0])
    ec2.reboot_instances(InstanceIds=ids)
    after = described(ec2, ids[0])
    for name in ("LaunchTime", "PublicIpAddress", "PrivateIpAddress"):
        assert before[name] == after[name]


def test_statuses_by_id_show_each_server_once_and_nobody_else(cloud: Cloud) -> None:
    ec2, ids = cloud.client("ec2"), cloud.servers(3)
    asked = [ids[2], ids[0]]
    shown = ec2.describe_instance_status(InstanceIds=asked)["InstanceStatuses"]
    assert sorted(one["InstanceId"] for one in shown) == sorted(asked)


def test_a_dry_run_of_a_describe_tells_of_the_permission(cloud: Cloud) -> None:
    assert error_code(cloud.client("ec2").describe_instances, DryRun=True) == "DryRunOperation"


@pytest.mark.parametrize("describe", ["describe_instances", "describe_instance_status"])
def test_a_describe_of_an_unknown_id_fails_and_a_filter_for_it_does_not(cloud: Cloud, describe: str) -> None:
    ask = getattr(cloud.client("ec2"), describe)
    assert error_code(ask, InstanceIds=[UNKNOWN]) == "InvalidInstanceID.NotFound"
    assert error_code(ask, Filters=[{"Name": "instance-state-name", "Values": ["stopping"]}]) == "accepted"


def test_a_session_name_has_64_characters_at_most(cloud: Cloud) -> None:
    assume = cloud.client("sts").assume_role
    role = {"RoleArn": "arn:aws:iam::444455556666:role/cloudevy", "ExternalId": "learned"}
    assert error_code(assume, RoleSessionName="s" * 64, **role) == "accepted"
    assert error_code(assume, RoleSessionName="s" * 65, **role) == "ValidationError"
