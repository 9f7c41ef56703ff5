"""What AWS does without being asked: events, interruptions, groups that replace their members."""

from typing import Any

import pytest

from simulator.byitself import GROUP_TAG
from simulator.describe import Question, instances
from simulator.errors import AwsError
from simulator.instances import Instance
from simulator.tests.support import CALLER, START, STOP, Running, Time, name_of, server, states, world_of
from simulator.world import World

ONE = [name_of(1)]
MEMBER: dict[str, Any] = {"tags": {GROUP_TAG: "workers", "team": "qa"}}
WEEK = 7 * 86400


def only(world: World) -> Instance:
    found = world.instance(name_of(1))
    assert found is not None
    return found


def reason(world: World) -> str:
    found = only(world).view(world.clock()).reason
    return found.code if found else ""


def test_a_stopped_member_of_a_group_is_terminated_and_a_new_one_appears(time: Time) -> None:
    world = world_of(time, server(1, **MEMBER), replace=90)
    world.stop(CALLER, ONE)
    time.pass_by(89)
    assert states(world, 1) == ["stopped"]
    assert len(world.everything()) == 1
    time.pass_by(1)
    old, new = (it for it, _ in instances(world, CALLER, Question()).rows)
    assert (old.view(time()).state, new.view(time()).state) == ("shutting-down", "pending")
    assert (new.tags, new.kind, new.zone) == (old.tags, old.kind, old.zone)
    assert new.instance_id != old.instance_id
    time.pass_by(START)
    assert new.view(time()).state == "running"


def test_what_the_group_did_is_told_apart_in_the_ledger_and_dated_when_it_happened(time: Time) -> None:
    world = world_of(time, server(1, **MEMBER), replace=90)
    begun = time.now
    world.stop(CALLER, ONE)
    time.pass_by(10_000)
    world.everything()
    told = [(one["by"], one["action"], one["begins_at"] - begun) for one in world.ledger.times()]
    assert told == [("api", "StopInstances", 0), ("group", "terminate", 90), ("group", "launch", 90)]


def test_a_member_that_runs_again_in_time_is_left_alone(time: Time) -> None:
    world = world_of(time, server(1, **MEMBER), replace=90)
    world.stop(CALLER, ONE)
    time.pass_by(STOP)
    world.start(CALLER, ONE)
    time.pass_by(10_000)
    assert states(world, 1) == ["running"]
    assert len(world.everything()) == 1


@pytest.mark.parametrize("action", ["terminate", "shutdown"])
def test_a_group_replaces_a_member_that_others_end(time: Time, action: str) -> None:
    world = world_of(time, server(1, **MEMBER), replace=90)
    world.outside(only(world), action)
    time.pass_by(90 + START)
    assert [it.view(time()).state for it in world.everything() if it is not only(world)] == ["running"]


def test_a_server_of_no_group_is_not_replaced(time: Time) -> None:
    world = world_of(time, server(1), replace=90)
    world.stop(CALLER, ONE)
    time.pass_by(10_000)
    assert states(world, 1) == ["stopped"]
    assert len(world.everything()) == 1


@pytest.mark.parametrize("code", ["instance-stop", "instance-retirement"])
def test_a_planned_stop_is_announced_done_completed_and_forgotten_after_a_week(time: Time, code: str) -> None:
    world = world_of(time, server(1))
    world.plan(only(world), code, after=600)
    announced = only(world).events[0]
    assert announced["code"] == code
    assert not announced["description"].startswith("[Completed]")
    time.pass_by(599)
    assert states(world, 1) == ["running"]
    time.pass_by(1 + STOP)
    assert states(world, 1) == ["stopped"]
    assert reason(world) == "Server.ScheduledStop"
    assert only(world).events[0]["description"].startswith("[Completed] ")
    assert [one["by"] for one in world.ledger.times()] == ["aws"]
    time.pass_by(WEEK)
    assert only(world).events == []


def test_a_planned_reboot_dips_and_maintenance_changes_nothing(time: Time) -> None:
    for code, moves in (("instance-reboot", 1), ("system-reboot", 1), ("system-maintenance", 0)):
        world = world_of(time, server(1))
        world.plan(only(world), code, after=5)
        time.pass_by(5)
        assert states(world, 1) == ["running"]
        assert len(world.ledger.times()) == moves


def test_a_planned_stop_of_a_server_that_is_stopped_by_then_is_only_completed(time: Time) -> None:
    world = world_of(time, server(1))
    world.plan(only(world), "instance-stop", after=600)
    world.stop(CALLER, ONE)
    time.pass_by(600)
    assert (states(world, 1), reason(world)) == (["stopped"], "Client.UserInitiatedShutdown")
    assert only(world).events[0]["description"].startswith("[Completed] ")


def test_boto3_reads_a_planned_and_a_completed_event(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock()))
    wanted = {"instance": name_of(1), "action": "plan", "code": "system-maintenance", "after": 3600}
    assert simulator.control("POST", "/_sim/outside", wanted)[0] == 200
    client = simulator.client("ec2")
    event = client.describe_instance_status()["InstanceStatuses"][0]["Events"][0]
    assert (event["Code"], event["Description"][0]) == ("system-maintenance", "T")
    assert event["NotBefore"].timestamp() == pytest.approx(world.clock() + 3600, abs=5)
    simulator.control("POST", "/_sim/clock", {"forward": 3601})
    event = client.describe_instance_status()["InstanceStatuses"][0]["Events"][0]
    assert event["Description"].startswith("[Completed] ")


def test_an_interrupted_persistent_spot_server_stops_and_only_ec2_restarts_it(time: Time) -> None:
    world = world_of(time, server(1, lifecycle="spot", spot_persistent=True))
    world.outside(only(world), "interrupt")
    time.pass_by(STOP)
    assert (states(world, 1), reason(world)) == (["stopped"], "Server.SpotInstanceShutdown")
    time.pass_by(1000)
    with pytest.raises(AwsError, match=r"^IncorrectSpotRequestState"):
        world.start(CALLER, ONE)
    assert world.outside(only(world), "start").after == "pending"


def test_an_interrupted_one_time_spot_server_is_terminated(time: Time) -> None:
    world = world_of(time, server(1, lifecycle="spot"))
    world.outside(only(world), "interrupt")
    assert states(world, 1) == ["shutting-down"]
    time.pass_by(1000)
    assert (states(world, 1), reason(world)) == (["terminated"], "Server.SpotInstanceTermination")
