"""The gateway over botocore, against the simulator over real HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.ec2 import boto, gateway
from scheduler.ec2.boto import Boto, Credentials
from scheduler.ec2.session import Place
from scheduler.ec2.tests.conftest import KEYS, NewWire
from scheduler.meaning import reason_of
from simulator.tests.support import ACCOUNT, KEY, OTHER, REGION, SECRET, Running, name_of, server

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE, TWO, THREE = (name_of(number) for number in (1, 2, 3))
UNKNOWN = name_of(999)
ROLE = f"arn:aws:iam::{OTHER}:role/cloudevy"
FIXED = f"arn:aws:iam::{ACCOUNT}:role/fixed"


def free() -> None:
    """A guard that lets everything pass."""


def act(ec2: Boto, action: str, *ids: str, call: int = 7, **options: object) -> gateway.Answer:
    return ec2.act(action, ids, call=call, options=options, guard=free)


def state_of(ec2: Boto, instance_id: str) -> str:
    return ec2.statuses([instance_id])[0].state


def test_statuses_tell_state_and_checks_of_stopped_servers_too(ec2: Boto) -> None:
    assert {(each.instance_id, each.state, each.checks) for each in ec2.statuses([ONE, THREE])} == {
        (ONE, "running", "ok"),
        (THREE, "stopped", "not-applicable"),
    }


def test_asking_for_nobody_asks_nothing(ec2: Boto, simulator: Running) -> None:
    assert ec2.statuses([]) == []
    assert ec2.cpu([], start=datetime.now(UTC), end=datetime.now(UTC), period=300) == []
    with pytest.raises(ValueError, match="without instances"):
        act(ec2, "stop")
    assert simulator.control("GET", "/_sim/stats")[1]["calls"] == []


def test_more_ids_than_ec2_takes_are_a_mistake_of_ours(ec2: Boto) -> None:
    with pytest.raises(ValueError, match="takes 100 ids"):
        ec2.statuses([name_of(number) for number in range(101)])
    with pytest.raises(ValueError, match="takes 500 queries"):
        ec2.cpu([name_of(number) for number in range(501)], start=NOON, end=NOON, period=60)


def test_a_region_of_more_than_a_page_is_read_whole(ec2: Boto, simulator: Running) -> None:
    world = simulator.simulation.world
    for number in range(1000, 2205):
        world.add(server(number, now=world.clock()))
    turned: list[str] = []
    assert len(ec2.all_statuses(turned=lambda: turned.append("statuses"))) == 1208
    assert len({each.instance_id for each in ec2.servers(turned=lambda: turned.append("servers"))}) == 1208
    assert turned == ["statuses"] * 2 + ["servers"] * 2


def test_servers_come_with_their_details(ec2: Boto, simulator: Running) -> None:
    spec = {
        "id": name_of(4), "region": REGION, "zone": f"{REGION}b", "name": "worker", "kind": "c6i.large",
        "state": "running", "lifecycle": "spot",
        "tags": {"team": "qa", "aws:autoscaling:groupName": "workers"},
    }  # fmt: skip
    simulator.control("POST", "/_sim/instances", {"account": ACCOUNT, **spec})
    (seen,) = ec2.servers([name_of(4)])
    assert (seen.name, seen.type, seen.availability_zone) == ("worker", "c6i.large", f"{REGION}b")
    assert seen.tags == {"Name": "worker", "team": "qa", "aws:autoscaling:groupName": "workers"}
    assert seen.flags["lifecycle"] == "spot"
    assert seen.flags["asg"] == "workers"
    assert seen.flags["root_device_type"] == "ebs"
    assert seen.launched_at is not None
    assert seen.launched_at.tzinfo is UTC
    assert seen.private_ip


def test_servers_by_id_leave_out_those_that_do_not_exist(ec2: Boto) -> None:
    wanted = [ONE, *(name_of(number) for number in range(5000, 5400)), TWO]
    assert {each.instance_id for each in ec2.servers(wanted)} == {ONE, TWO}


def test_the_reason_of_a_stop_is_told_as_code_and_sentence(ec2: Boto, simulator: Running) -> None:
    body = {
        "instance": ONE,
        "action": "shutdown",
        "code": "Client.InstanceInitiatedShutdown",
        "message": "From inside",
    }
    simulator.control("POST", "/_sim/outside", body)
    (seen,) = ec2.servers([ONE])
    assert seen.state_reason == "Client.InstanceInitiatedShutdown: From inside"


@pytest.mark.parametrize(
    ("action", "instance_id", "states"),
    [("stop", ONE, {ONE: "stopping"}), ("start", THREE, {THREE: "pending"}), ("reboot", ONE, {})],
)
def test_an_accepted_mutation_tells_what_ec2_said(
    ec2: Boto, action: str, instance_id: str, states: dict[str, str]
) -> None:
    answer = act(ec2, action, instance_id)
    assert answer.states == states
    assert answer.request_id


def test_the_call_travels_with_the_request_and_only_with_its_own(ec2: Boto, simulator: Running) -> None:
    act(ec2, "stop", ONE, call=41)
    act(ec2, "stop", TWO, call=42)
    ec2.all_statuses()
    entries = simulator.control("GET", "/_sim/ledger")[1]["entries"]
    assert [(entry["call"], entry["ids"]) for entry in entries] == [("41", [ONE]), ("42", [TWO])]


def test_a_stop_can_be_forced_and_nothing_else_can(ec2: Boto, simulator: Running) -> None:
    act(ec2, "stop", ONE, force=True)
    assert state_of(ec2, ONE) == "stopping"
    with pytest.raises(gateway.Impossible, match="no option force for start"):
        act(ec2, "start", THREE, force=True)
    assert len(simulator.control("GET", "/_sim/ledger")[1]["entries"]) == 1


def test_a_stop_can_hibernate(ec2: Boto, simulator: Running) -> None:
    instance = simulator.simulation.world.instance(ONE)
    assert instance is not None
    with pytest.raises(gateway.Impossible) as refused:
        act(ec2, "stop", ONE, TWO, hibernate=True)
    assert refused.value.code == "UnsupportedHibernationConfiguration"
    instance.hibernation = True
    act(ec2, "stop", ONE, hibernate=True)
    assert ec2.servers([ONE])[0].state_reason.startswith("Client.UserInitiatedHibernate")


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"stop_protected": True}, "stop_protected"),
        ({"lifecycle": "spot"}, "one_time_spot"),
        ({"root_device": "instance-store"}, "instance_store"),
    ],
)
def test_what_ec2_never_does_is_told_with_its_reason_and_whom_it_names(
    ec2: Boto, simulator: Running, flaw: dict[str, object], reason: str
) -> None:
    instance = simulator.simulation.world.instance(TWO)
    assert instance is not None
    for name, value in flaw.items():
        setattr(instance, name, value)
    with pytest.raises(gateway.Impossible) as refused:
        act(ec2, "stop", ONE, TWO)
    assert (refused.value.ids, reason_of(refused.value)) == (frozenset({TWO}), reason)
    assert state_of(ec2, ONE) == "running"


def test_a_server_in_the_wrong_state_is_named(ec2: Boto) -> None:
    act(ec2, "stop", ONE)
    with pytest.raises(gateway.NotNow) as refused:
        act(ec2, "start", ONE, THREE)
    assert refused.value.ids == {ONE}


def test_a_guard_that_objects_stops_the_request(ec2: Boto, simulator: Running) -> None:
    def objects() -> None:
        raise gateway.NotSent("too late")

    with pytest.raises(gateway.NotSent, match="too late"):
        ec2.act("stop", [ONE], call=7, options={}, guard=objects)
    assert simulator.control("GET", "/_sim/ledger")[1]["entries"] == []
    assert state_of(ec2, ONE) == "running"


def test_unknown_ids_are_named_and_nothing_is_done_to_the_others(ec2: Boto) -> None:
    with pytest.raises(gateway.BadIds) as caught:
        act(ec2, "stop", ONE, UNKNOWN)
    assert caught.value.ids == {UNKNOWN}
    assert state_of(ec2, ONE) == "running"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("throttle", gateway.Throttled),
        ("error_500", gateway.Unanswered),
        ("error_503", gateway.Unanswered),
        ("denied", gateway.Denied),
        ("insufficient_capacity", gateway.NoCapacity),
        ("reset_before", gateway.Unanswered),
        ("reset_after", gateway.Unanswered),
        ("truncate", gateway.Unanswered),
        ("garbage", gateway.Unanswered),
    ],
)
def test_each_trouble_of_a_start_is_told_apart(
    ec2: Boto, simulator: Running, fault: str, kind: type[gateway.CloudError]
) -> None:
    simulator.control("POST", "/_sim/faults", {"kind": fault, "action": "StartInstances"})
    with pytest.raises(gateway.CloudError) as caught:
        act(ec2, "start", THREE)
    assert type(caught.value) is kind


def test_starting_what_is_stopping_is_not_possible_now(ec2: Boto) -> None:
    act(ec2, "stop", ONE)
    with pytest.raises(gateway.NotNow):
        act(ec2, "start", ONE)


@pytest.mark.parametrize("key", [(KEY, "not the secret"), ("AKIASIMULATOR9999999", SECRET)])
def test_wrong_keys_are_denied(place: Place, key: tuple[str, str]) -> None:
    with pytest.raises(gateway.Denied):
        Boto(Place(Credentials(key), REGION, place.endpoint)).whoami()


def test_whoami_tells_account_and_arn(ec2: Boto) -> None:
    assert ec2.whoami() == gateway.Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/cloudevy")


def test_cpu_comes_as_ascending_points_of_the_servers_asked_for(ec2: Boto) -> None:
    end = datetime.now(UTC)
    found = ec2.cpu([ONE, UNKNOWN], start=end - timedelta(hours=1), end=end, period=300)
    assert [(each.instance_id, each.name, each.unit) for each in found] == [
        (ONE, "CPUUtilization", "Percent"),
        (UNKNOWN, "CPUUtilization", "Percent"),
    ]
    moments = [moment for moment, _ in found[0].points]
    assert moments
    assert moments == sorted(moments)
    assert all(moment.tzinfo is UTC for moment in moments)
    assert found[1].points == ()


def role(arn: str, external_id: str = "right") -> Credentials:
    return Credentials((KEY, SECRET), role_arn=arn, external_id=external_id, session="cloudevy-1-2")


def test_a_role_acts_in_its_own_account(place: Place) -> None:
    ec2 = Boto(Place(role(ROLE), REGION, place.endpoint))
    assert ec2.whoami() == gateway.Identity(OTHER, f"arn:aws:sts::{OTHER}:assumed-role/cloudevy/cloudevy-1-2")
    assert ec2.servers() == []


def test_a_role_with_the_wrong_external_id_is_denied(place: Place) -> None:
    with pytest.raises(gateway.Denied):
        Boto(Place(role(FIXED, external_id="wrong"), REGION, place.endpoint)).whoami()


def test_a_role_that_does_not_ask_for_the_external_id_is_found_out(place: Place) -> None:
    arns = (FIXED, f"arn:aws:iam::{OTHER}:role/reader")
    opens = [boto.opens_to_anybody(role(arn), region=REGION, endpoint=place.endpoint) for arn in arns]
    assert opens == [False, True]


@pytest.mark.parametrize("kind", ["error_500", "throttle"])
def test_a_mutation_whose_role_is_not_given_was_not_sent(place: Place, simulator: Running, kind: str) -> None:
    simulator.control("POST", "/_sim/faults", {"kind": kind, "action": "AssumeRole"})
    with pytest.raises(gateway.Unreachable):
        act(Boto(Place(role(ROLE), REGION, place.endpoint)), "stop", ONE)


def test_a_session_that_aws_calls_expired_is_not_used_again(place: Place, simulator: Running) -> None:
    ec2 = Boto(Place(role(ROLE), REGION, place.endpoint))
    simulator.control("POST", "/_sim/faults", {"kind": "expired", "action": "DescribeInstances", "count": 1})
    with pytest.raises(gateway.Denied):
        ec2.servers()
    assert ec2.servers() == []
    assert assumed(simulator) == 2


def assumed(simulator: Running) -> int:
    """How many role sessions were handed out."""
    return simulator.simulation.identities._handed_out


def test_a_client_is_made_without_asking_anybody(wire: NewWire) -> None:
    silent = wire(None)
    boto.client(KEYS, region=REGION, endpoint=silent.url)
    assert silent.connections == 0


def test_one_role_session_serves_every_region_of_an_account(place: Place, simulator: Running) -> None:
    credentials = role(ROLE)
    boto.client(credentials, region=REGION, endpoint=place.endpoint).servers()
    boto.client(credentials, region="us-east-1", endpoint=place.endpoint).servers()
    assert assumed(simulator) == 1


def test_a_state_is_read_by_its_name_whatever_its_code_says(ec2: Boto, simulator: Running) -> None:
    simulator.control("POST", "/_sim/settings", {"state_code_high": 255})
    assert {each.instance_id: each.state for each in ec2.all_statuses()} == {
        ONE: "running",
        TWO: "running",
        THREE: "stopped",
    }
    assert act(ec2, "stop", ONE).states == {ONE: "stopping"}
