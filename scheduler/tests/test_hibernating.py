"""A stop that should hibernate: what EC2 is asked, what it refuses, and what is said of the end."""

from collections.abc import Callable

from scheduler import send
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation, Step
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
