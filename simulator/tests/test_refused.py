"""Who may not be asked what, and what EC2 says then: kinds of servers, batches, permissions."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.describe import Question, instances
from simulator.errors import AwsError
from simulator.tests.support import (
    ACCOUNT,
    CALLER,
    FLEET,
    KEY,
    OTHER,
    REGION,
    SECRET,
    STOP,
    Time,
    exact,
    name_of,
    running,
    server,
    states,
    world_of,
)

ONE = [name_of(1)]
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/"


def refused(code: str, words: str = "") -> "pytest.RaisesExc[AwsError]":
    return pytest.raises(AwsError, match=f"^{code}: .*{words}")


@pytest.mark.parametrize(
    ("action", "state", "properties", "code"),
    [
        ("stop", "running", {"operator": "eks.amazonaws.com"}, "OperationNotPermitted"),
        ("start", "stopped", {"operator": "eks.amazonaws.com"}, "OperationNotPermitted"),
        ("reboot", "running", {"operator": "eks.amazonaws.com"}, "OperationNotPermitted"),
        ("stop", "running", {"lifecycle": "scheduled"}, "UnsupportedOperation"),
        ("reboot", "running", {"lifecycle": "scheduled"}, "UnsupportedOperation"),
        ("start", "running", {"root_device": "instance-store"}, "UnsupportedOperation"),
        (
            "start",
            "stopped",
            {"lifecycle": "capacity-block", "capacity_block_ended": True},
            "ReservationCapacityExceeded",
        ),
        (
            "start",
            "stopped",
            {"kind": "t3.large", "tenancy": "host", "cpu_credits": "unlimited"},
            "InvalidParameterCombination",
        ),
    ],
)
def test_a_kind_of_server_that_cannot_be_asked_says_so_and_is_named(
    time: Time, action: str, state: str, properties: dict[str, Any], code: str
) -> None:
    world = world_of(time, server(1, state), server(2, state, **properties))
    with refused(code, name_of(2)):
        getattr(world, action)(CALLER, [name_of(1), name_of(2)])
    assert states(world, 1, 2) == [state, state]


@pytest.mark.parametrize(
    "properties",
    [
        {"kind": "t3.large", "tenancy": "host"},
        {"kind": "t3.large", "cpu_credits": "unlimited", "tenancy": "dedicated"},
        {"kind": "m5.large", "tenancy": "host", "cpu_credits": "unlimited"},
        {"lifecycle": "capacity-block"},
        {"lifecycle": "interruptible-capacity-reservation"},
    ],
)
def test_their_neighbours_can_be_started_and_stopped(time: Time, properties: dict[str, Any]) -> None:
    world = world_of(time, server(1, "stopped", **properties), server(2, **properties))
    assert world.start(CALLER, ONE)[0].after == "pending"
    assert world.stop(CALLER, [name_of(2)])[0].after == "stopping"


def test_force_does_not_break_stop_protection(time: Time) -> None:
    world = world_of(time, server(1, stop_protected=True))
    with refused("OperationNotPermitted", "disableApiStop"):
        world.stop(CALLER, ONE, force=True)
    assert states(world, 1) == ["running"]


@pytest.mark.parametrize(
    ("how", "after"),
    [
        ("refuse", ["running", "running", "running", "running"]),
        ("before", ["stopping", "stopping", "running", "running"]),
        ("other_zones", ["stopping", "stopping", "running", "running"]),
    ],
)
def test_a_protected_server_may_spoil_all_of_a_batch_or_a_part_of_it(
    time: Time, how: str, after: list[str]
) -> None:
    world = world_of(
        time,
        server(1),
        server(2),
        server(3, stop_protected=True, zone="eu-central-1b"),
        server(4, zone="eu-central-1b"),
        batch_partial=how,
    )
    with refused("OperationNotPermitted", name_of(3)):
        world.stop(CALLER, [name_of(n) for n in (1, 2, 3, 4)])
    assert states(world, 1, 2, 3, 4) == after
    entry = world.ledger.read()[0]
    changed = [name_of(n) for n, state in enumerate(after, start=1) if state == "stopping"]
    assert (entry["accepted"], entry["error"]) == (False, "OperationNotPermitted")
    assert list(entry["effects"]) == changed == [one["instance_id"] for one in world.ledger.times()]


def test_only_protection_lets_a_part_of_a_batch_through(time: Time) -> None:
    world = world_of(time, server(1), server(2, "terminated", minutes=1), batch_partial="before")
    with refused("IncorrectInstanceState"):
        world.stop(CALLER, [name_of(1), name_of(2)])
    assert states(world, 1) == ["running"]


def test_not_found_names_all_unknown_ids_or_only_the_first(time: Time) -> None:
    ids = [name_of(1), name_of(8), name_of(9)]
    with refused("InvalidInstanceID.NotFound", f"IDs '{name_of(8)}, {name_of(9)}' do not exist"):
        world_of(time, server(1)).stop(CALLER, ids)
    with refused("InvalidInstanceID.NotFound", f"ID '{name_of(8)}' does not exist"):
        world_of(time, server(1), not_found_names="first").stop(CALLER, ids)


def test_an_id_of_another_account_is_absent_from_a_describe_or_unknown(time: Time) -> None:
    question = Question(ids=[name_of(1), name_of(2)])
    world = world_of(time, server(1), server(2, account=OTHER))
    assert [it.instance_id for it, _ in instances(world, CALLER, question).rows] == ONE
    with refused("InvalidInstanceID.NotFound", name_of(2)):
        world.stop(CALLER, [name_of(2)])
    strict = world_of(time, server(1), server(2, account=OTHER), foreign_ids="not_found")
    with refused("InvalidInstanceID.NotFound", name_of(2)):
        instances(strict, CALLER, question)


def test_a_persistent_spot_server_starts_only_when_its_request_is_ready(time: Time) -> None:
    world = world_of(time, server(1, lifecycle="spot", spot_persistent=True), spot_lag=15)
    world.stop(CALLER, ONE)
    time.pass_by(STOP + 14)
    with refused("IncorrectSpotRequestState", name_of(1)):
        world.start(CALLER, ONE)
    time.pass_by(1)
    assert world.start(CALLER, ONE)[0].after == "pending"


def test_a_server_hibernates_only_some_time_after_its_start(time: Time) -> None:
    world = world_of(time, server(1, "stopped", hibernation=True), server(2, hibernation=True))
    world.settle(exact(hibernate_lag=120))
    world.start(CALLER, ONE)
    time.pass_by(119)
    with refused("UnsupportedOperation", f"{name_of(1)}' is not ready to hibernate yet"):
        world.stop(CALLER, [name_of(2), name_of(1)], hibernate=True)
    time.pass_by(1)
    assert [change.after for change in world.stop(CALLER, ONE, hibernate=True)] == ["stopping"]


def test_a_missing_permission_names_user_action_and_server_and_hides_the_rest(time: Time) -> None:
    world = world_of(time, server(1))
    caller = replace(CALLER, denied=frozenset({"StopInstances", "DescribeInstances"}))
    with pytest.raises(AwsError) as stop:
        world.stop(caller, ONE)
    assert stop.value.status == 403
    assert (
        f"User: {caller.arn} is not authorized to perform: ec2:StopInstances on resource: {ARN}{name_of(1)} "
        "because no identity-based policy allows the ec2:StopInstances action. "
        "Encoded authorization failure message: "
    ) in stop.value.message
    with pytest.raises(AwsError) as read:
        instances(world, caller, Question())
    assert read.value.message.endswith("no identity-based policy allows the ec2:DescribeInstances action.")
    assert "on resource" not in read.value.message


def test_a_missing_permission_for_metrics_is_said_in_cloudwatchs_words(time: Time) -> None:
    world = world_of(time, server(1))
    caller = replace(CALLER, denied=frozenset({"GetMetricData"}))
    with refused("AccessDenied", "cloudwatch:GetMetricData"):
        world.admit(caller.asks("GetMetricData", time()), caller)


def test_a_policy_may_cover_only_servers_with_a_tag(time: Time) -> None:
    world = world_of(time, server(1, tags={"env": "dev"}), server(2), server(3, tags={"env": "prod"}))
    caller = replace(CALLER, only_tagged=(("env", "dev"),))
    for number in (2, 3):
        with refused("UnauthorizedOperation", ARN + name_of(number)):
            world.stop(caller, [name_of(1), name_of(number)])
    with refused("UnauthorizedOperation"):
        world.stop(caller, [name_of(2)], dry_run=True)
    assert states(world, 1, 2, 3) == ["running"] * 3
    assert world.stop(caller, ONE)[0].after == "stopping"
    assert len(instances(world, caller, Question()).rows) == 3


def test_a_fleet_file_gives_keys_and_roles_such_a_policy() -> None:
    own = {"access_key_id": KEY, "secret_access_key": SECRET, "only_tagged": {"env": "dev"}}
    role = {"name": "dev", "trusts": [ACCOUNT], "only_tagged": {"env": "dev"}}
    account = FLEET["accounts"][0] | {"keys": [own], "roles": [role]}
    with running({"accounts": [account]}) as simulator:
        world = simulator.simulation.world
        world.add(server(1, now=world.clock()))
        sts = simulator.client("sts")
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/dev", RoleSessionName="some")
        keys = given["Credentials"]
        session = simulator.client(
            "ec2",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        for client in (simulator.client("ec2"), session):
            with pytest.raises(client.exceptions.ClientError, match="UnauthorizedOperation"):
                client.stop_instances(InstanceIds=ONE)


def test_a_terminated_server_is_refused_while_it_is_shown_and_unknown_after_an_hour(time: Time) -> None:
    world = world_of(time, server(1, "terminated", minutes=59))
    assert [view.state for _, view in instances(world, CALLER, Question()).rows] == ["terminated"]
    with refused("IncorrectInstanceState"):
        world.start(CALLER, ONE)
    time.pass_by(61)
    assert instances(world, CALLER, Question()).rows == []
    with refused("InvalidInstanceID.NotFound"):
        world.start(CALLER, ONE)
