"""The questions on which the simulator and moto rightly differ; the answers: test_differences.py."""

from typing import Any

import pytest

from simulator.tests.clouds import Cloud, Simulated, described, error_code, message, state_of


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
    before = described(ec2, ids[0])["LaunchTime"]
    ec2.start_instances(InstanceIds=ids)
    return bool(described(ec2, ids[0])["LaunchTime"] > before)


def hibernation_of_any_server(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.stop_instances, InstanceIds=cloud.servers(1), Hibernate=True)


def hibernation_soon_after_the_launch(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.stop_instances, InstanceIds=[cloud.sleeper()], Hibernate=True)


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


def stop_of_a_one_time_spot_server(cloud: Cloud, ec2: Any) -> object:
    return error_code(ec2.stop_instances, InstanceIds=[cloud.spot()])


def the_rest_of_a_batch_with_a_protected_server(cloud: Cloud, ec2: Any) -> object:
    first, protected = cloud.servers(1)[0], cloud.protected()
    refusal = error_code(ec2.stop_instances, InstanceIds=[first, protected])
    return refusal, state_of(ec2, first)


def words_for_stop_protection(cloud: Cloud, ec2: Any) -> object:
    words = message(ec2.stop_instances, InstanceIds=[cloud.protected()])
    return next(word for word in ("stopped", "terminated") if f"may not be {word}" in words)


def dry_run_of_a_status_call(_: Cloud, ec2: Any) -> object:
    return error_code(ec2.describe_instance_status, DryRun=True)


def one_id_twice_in_a_status_call(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1) * 2
    return len(ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"])


def checks_right_after_a_reboot(cloud: Cloud, ec2: Any) -> object:
    """Whether they can ever be seen to dip."""
    ids = cloud.servers(1)
    if isinstance(cloud, Simulated):
        cloud.turn(reboot_lag=0, reboot_dip=1000)
    ec2.reboot_instances(InstanceIds=ids)
    return ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"][0]["InstanceStatus"]["Status"]


def a_stop_while_pending(cloud: Cloud, ec2: Any) -> object:
    ids = cloud.servers(1, "stopped")
    ec2.start_instances(InstanceIds=ids)
    return error_code(ec2.stop_instances, InstanceIds=ids)


def key_that_nobody_has(cloud: Cloud, _: Any) -> object:
    return error_code(cloud.client("ec2", access_key="AKIANOBODYKNOWSTHIS0").describe_instances)
