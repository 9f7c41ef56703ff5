"""A stop that should hibernate: what EC2 is asked, what it refuses, and what is said of the end."""

from collections.abc import Callable
from datetime import timedelta

from scheduler import send
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation, Step
from simulator.instances import View
from simulator.settings import changed
from simulator.world import World

HIBERNATE = {"hibernate": True}


def able(world: World, *servers: Server) -> None:
    for server in servers:
        instance = world.instance(server.instance_id)
        assert instance is not None
        instance.hibernation = True


def ended(time: Time, region: Region, operation: Operation) -> tuple[str, str]:
    time.forward(30)
    look_now(region)
    return state(operation)


def test_a_server_that_hibernated_is_said_to_have(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    able(world, server)
    operation = ask(server, "stop", time, options=HIBERNATE)
    send.drain(region.id, "stop")
    assert ec2.options == [HIBERNATE]
    assert ended(time, region, operation) == ("succeeded", "hibernated")
    server.refresh_from_db()
    assert server.state_reason.startswith("Client.UserInitiatedHibernate")


def test_a_server_that_was_only_shut_down_is_not_said_to_have_hibernated(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    able(world, server)
    operation = ask(server, "stop", time, options=HIBERNATE)
    send.drain(region.id, "stop")
    instance = world.instance(server.instance_id)
    assert instance is not None
    time.forward(15)
    world.outside(instance, "start")
    time.forward(20)
    world.outside(instance, "stop")
    assert ended(time, region, operation) == ("succeeded", "stopped_without_hibernating")
    assert "Client.UserInitiatedShutdown" in operation.detail


def test_who_cannot_hibernate_is_stopped_instead_and_it_is_written_down(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, world: World
) -> None:
    can, cannot = new_server("can"), new_server("cannot")
    able(world, can)
    wished = [ask(each, "stop", time, options=HIBERNATE) for each in (can, cannot)]
    for _ in range(4):
        send.drain(region.id, "stop")
    sent = [(ids, options) for (_, ids), options in zip(ec2.calls, ec2.options, strict=True)]
    assert sent == [
        ((can.instance_id, cannot.instance_id), HIBERNATE),
        ((can.instance_id,), HIBERNATE),
        ((cannot.instance_id,), {}),
    ]
    assert [state(each) for each in wished] == [("accepted", "")] * 2
    assert [each.options for each in wished] == [HIBERNATE] * 2
    assert list(Step.objects.filter(operation=wished[1]).values_list("what", flat=True)) == [
        "hibernate_refused"
    ]
    assert ended(time, region, wished[0]) == ("succeeded", "hibernated")
    assert state(wished[1]) == ("succeeded", "stopped_without_hibernating")


def just_started(world: World, server: Server, time: Time) -> None:
    """So that it cannot hibernate for two minutes."""
    able(world, server)
    instance = world.instance(server.instance_id)
    assert instance is not None
    instance.timeline = [(time(), View("running", time(), checks="ok"))]
    world.settle(changed(world.settings, {"hibernate_lag": 120}))


def test_who_cannot_hibernate_yet_is_asked_again_until_it_can(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    just_started(world, server, time)
    operation = ask(server, "stop", time, options=HIBERNATE)
    send.drain(region.id, "stop")
    operation.refresh_from_db()
    assert (operation.state, operation.waiting) == ("requested", "hibernation")
    assert "not ready to hibernate yet" in operation.waiting_detail
    assert timedelta(seconds=30) <= operation.not_before - time.moment <= timedelta(seconds=120)
    for _ in range(5):
        time.forward(60)
        send.drain(region.id, "stop")
    assert {str(options) for options in ec2.options} == {str(HIBERNATE)}
    assert ended(time, region, operation) == ("succeeded", "hibernated")


def test_who_cannot_hibernate_before_its_time_is_over_is_stopped_inside_it(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    just_started(world, server, time)
    grace = time.moment + timedelta(seconds=100)
    operation = ask(server, "stop", time, options=HIBERNATE, grace_until=grace)
    while ec2.options[-1:] != [{}] and time.moment < grace:
        send.drain(region.id, "stop")
        time.forward(1)
    assert ec2.options[-1] == {}
    assert timedelta(seconds=10) <= grace - time.moment <= timedelta(seconds=17)
    assert state(operation) == ("accepted", "")
    whats = list(Step.objects.filter(operation=operation).values_list("what", flat=True))
    assert (whats[0], whats[-1]) == ("put_off", "hibernate_refused")
