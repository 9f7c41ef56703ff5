"""Looking: what changes a row, what does not, and what nobody may conclude from one answer."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import cadence, look, send
from scheduler.ec2 import gateway
from scheduler.observe import Sight, observe
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import NOON, Time, WorldEc2
from shared import broker
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Operation
from shared.schedules.models import Schedule
from simulator.settings import changed
from simulator.world import World

New = Callable[..., Schedule]


def test_an_older_answer_never_replaces_a_newer_one(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    early = time.moment
    later = time.forward(10)
    observe(region, [Sight(server.instance_id, "stopped", "", later)], asked_at=later, dated=True)
    observe(region, [Sight(server.instance_id, "running", "ok", early)], asked_at=early, dated=True)
    server.refresh_from_db()
    assert (server.observed_state, server.observed_at) == ("stopped", later)


def test_an_outside_change_is_seen_and_told_as_not_ours(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.observed_state == "stopped"
    assert Observation.objects.get().after == "stopped"
    assert Operation.objects.count() == 0


def test_an_unchanged_region_costs_no_writes_to_servers(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    before = server.observed_at
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert (server.observed_at, region.looked_at) == (before, time.moment)


def test_a_server_ec2_does_not_show_is_absent_and_comes_back(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.remove(instance)
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.missing_since == time.moment
    world.add(instance)
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.missing_since is None


def test_a_server_on_its_way_that_ec2_forgets_for_a_moment_is_asked_for_again(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    instance = world.instance(server.instance_id)
    assert instance is not None
    time.forward(15)
    world.remove(instance)
    look_now(region)
    world.add(instance)
    region.refresh_from_db()
    assert region.next_look_at is not None
    assert region.next_look_at <= time.moment + timedelta(seconds=2)
    time.forward(2)
    look.look_at(region.id)
    assert state(operation) == ("succeeded", "end_seen")


def test_what_ec2_does_not_know_for_a_minute_is_looked_for_with_the_others(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.remove(instance)
    look_now(region)
    time.forward(61)
    look_now(region)
    region.refresh_from_db()
    assert region.next_look_at == time.moment + cadence.IDLE


def test_two_workers_do_not_look_at_one_region_at_once(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Region.objects.update(look_lease_until=time.moment + look.LEASE)
    look.look_at(region.id)
    region.refresh_from_db()
    assert region.looked_at is None


def test_an_unreadable_region_changes_nothing_and_says_so_once(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.refuse = gateway.Denied("You are not authorized", code="UnauthorizedOperation")
    look_now(region)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert (server.observed_state, server.missing_since) == ("running", None)
    assert (region.look_failures, region.look_error_code) == (2, "denied")
    assert "ec2:DescribeInstanceStatus" in region.look_error
    assert region.look_error.endswith("AWS says: UnauthorizedOperation: You are not authorized.")
    assert region.next_look_at is not None
    assert region.next_look_at > time.moment


def test_after_acceptance_somebody_will_look_soon(
    time: Time, region: Region, server: Server, ec2: WorldEc2, knocks: list[tuple[str, dict[str, object]]]
) -> None:
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert (broker.LOOK_AT_REGION, {"region": region.id}) in knocks


def test_after_a_start_the_new_address_is_asked_for(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    server = new_server("off", "stopped")
    time.forward(60)
    ask(server, "start", time)
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    region.refresh_from_db()
    assert region.wanted_discover_at == time.moment


def test_a_stream_of_new_operations_never_puts_the_next_look_off(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    for number in range(3):
        ask(new_server(f"s{number}"), "stop", time)
        send.drain(region.id, "stop")
        time.forward(0.4)
    region.refresh_from_db()
    assert region.next_look_at is not None
    assert region.next_look_at <= NOON + look.FIRST_LOOK


def test_a_call_without_an_answer_does_not_put_other_looks_off(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    ask(new_server("a"), "stop", time)
    send.drain(region.id, "stop")
    ec2.silent_after = True
    ask(new_server("b"), "stop", time)
    send.drain(region.id, "stop")
    region.refresh_from_db()
    assert region.next_look_at is not None
    assert region.next_look_at <= NOON + look.FIRST_LOOK


def gone_while_moving(
    count: int, new_server: Callable[..., Server], region: Region, time: Time, world: World
) -> Operation:
    """So many servers on their way that EC2 no longer knows, named one at a time; one that it does."""
    world.settle(changed(world.settings, {"not_found_names": "first"}))
    servers = [new_server(f"gone{number}") for number in range(count)]
    operations = [ask(each, "stop", time) for each in [*servers, new_server("there")]]
    look_now(region)
    send.drain(region.id, "stop")
    for each in servers:
        instance = world.instance(each.instance_id)
        assert instance is not None
        world.remove(instance)
    return operations[-1]


@pytest.mark.parametrize(("count", "whole"), [(2, False), (8, True)])
def test_many_unknown_ids_do_not_hide_the_others(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    world: World,
    count: int,
    whole: bool,
) -> None:
    there = gone_while_moving(count, new_server, region, time, world)
    ec2.asked.clear()
    time.forward(15)
    look_now(region)
    assert state(there) == ("succeeded", "end_seen")
    region.refresh_from_db()
    assert (region.look_error, region.look_failures) == ("", 0)
    assert Server.objects.exclude(missing_since=None).count() == count
    assert ("all_statuses" in ec2.asked) is whole


def test_an_unknown_id_that_ec2_does_not_name_does_not_blind_the_region(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = gone_while_moving(1, new_server, region, time, world)

    def unnamed(_ids: object) -> list[gateway.SeenStatus]:
        raise gateway.BadIds("Some instance does not exist", code="InvalidInstanceID.NotFound")

    monkeypatch.setattr(ec2, "statuses", unnamed)
    time.forward(15)
    look_now(region)
    assert state(there) == ("succeeded", "end_seen")
