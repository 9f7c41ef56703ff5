"""Terminated, missing, left: what EC2 no longer shows, and what may be concluded from that."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import discover, fire, look, send, sweep
from scheduler.observe import Sight
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Observation, Region, Server
from shared.fleet.status import is_missing
from shared.operations.models import Operation
from shared.schedules.models import Schedule
from simulator.instances import Instance
from simulator.world import World

New = Callable[..., Schedule]


@pytest.fixture
def instance(server: Server, world: World, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """The server's instance in the world, which discovery reads too."""
    monkeypatch.setattr(discover, "connect", lambda _region: ec2)
    found = world.instance(server.instance_id)
    assert found is not None
    return found


def listed(region: Region, time: Time, **later: float) -> None:
    time.forward(timedelta(**later).total_seconds())
    Region.objects.update(discover_lease_until=None)
    discover.discover_region(region.id)


def gone(server: Server, region: Region) -> bool:
    server.refresh_from_db()
    region.refresh_from_db()
    return is_missing(missing_since=server.missing_since, looked_at=region.looked_at)


def test_an_instance_that_is_terminated_elsewhere_is_seen_within_a_minute_and_its_operations_end(
    time: Time, region: Region, server: Server, instance: Instance, world: World, new_schedule: New
) -> None:
    look_now(region)
    waiting = ask(server, "stop", time)
    Operation.objects.update(not_before=time.moment + timedelta(minutes=5))
    world.outside(instance, "terminate")
    time.forward(60)
    look.look_at(region.id)
    server.refresh_from_db()
    assert server.observed_state in ("shutting-down", "terminated")
    assert state(waiting) == ("skipped", "server_gone")


def test_a_schedule_skips_a_terminated_server(
    time: Time, region: Region, server: Server, instance: Instance, world: World, new_schedule: New
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:02:00")
    world.outside(instance, "terminate")
    time.forward(60)
    look_now(region)
    time.forward(60)
    fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    assert state(Operation.objects.get()) == ("skipped", "server_gone")


def test_an_instance_that_flaps_for_minutes_is_never_missing(
    time: Time, region: Region, server: Server, instance: Instance, world: World
) -> None:
    waiting = ask(server, "stop", time, grace_until=time.moment + timedelta(hours=1))
    Operation.objects.update(not_before=time.moment + timedelta(minutes=30))
    for _ in range(6):
        world.remove(instance)
        for _ in range(5):
            time.forward(60)
            look_now(region)
            sweep.sweep()
        assert not gone(server, region)
        world.add(instance)
        time.forward(10)
        look_now(region)
    assert state(waiting) == ("requested", "")
    server.refresh_from_db()
    assert server.missing_since is None


def test_after_ten_minutes_of_looks_without_it_it_is_missing_and_what_waits_for_it_ends(
    time: Time, region: Region, server: Server, instance: Instance, world: World
) -> None:
    waiting = ask(server, "stop", time, grace_until=time.moment + timedelta(hours=1))
    Operation.objects.update(not_before=time.moment + timedelta(minutes=30))
    world.remove(instance)
    for _ in range(11):
        time.forward(60)
        look_now(region)
    sweep.sweep()
    assert gone(server, region)
    assert server.observed_state == "running"
    assert state(waiting) == ("skipped", "server_gone")


def test_a_region_that_cannot_be_read_makes_nothing_missing(
    time: Time, region: Region, server: Server, instance: Instance, world: World
) -> None:
    world.remove(instance)
    time.forward(60)
    look_now(region)
    time.forward(3600)
    assert not gone(server, region)


def test_a_terminated_server_leaves_the_list_an_hour_after_ec2_forgot_it_and_keeps_its_history(
    time: Time, region: Region, server: Server, instance: Instance, world: World
) -> None:
    world.outside(instance, "terminate")
    listed(region, time, minutes=5)
    world.remove(instance)
    listed(region, time, minutes=5)
    server.refresh_from_db()
    assert (server.missing_since, server.left_at) == (time.moment, None)
    listed(region, time, minutes=54)
    server.refresh_from_db()
    assert server.left_at is None
    listed(region, time, minutes=6)
    server.refresh_from_db()
    assert server.left_at == time.moment
    assert Observation.objects.filter(server=server).exists()


def test_a_missing_server_leaves_after_a_week_and_comes_back_when_ec2_shows_it(
    time: Time, region: Region, server: Server, instance: Instance, world: World
) -> None:
    world.remove(instance)
    listed(region, time, minutes=5)
    listed(region, time, days=6)
    server.refresh_from_db()
    assert server.left_at is None
    listed(region, time, days=1)
    server.refresh_from_db()
    assert server.left_at == time.moment
    world.add(instance)
    listed(region, time, minutes=5)
    server.refresh_from_db()
    assert (server.left_at, server.missing_since, server.observed_state) == (None, None, "running")
    assert Server.objects.count() == 1


def test_who_was_seen_after_the_question_is_not_missing_from_its_answer(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    asked_at = time.moment
    later = time.forward(5)
    Server.objects.update(observed_at=later)
    look.write_down(region, look.Glance([], frozenset(), full=True, asked_at=asked_at))
    server.refresh_from_db()
    assert server.missing_since is None


def test_servers_that_left_are_not_counted_as_gone_again(
    time: Time,
    region: Region,
    server: Server,
    instance: Instance,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Server.objects.update(left_at=time.moment, missing_since=time.moment)
    world.remove(instance)
    listed(region, time, minutes=5)
    assert "(nothing new)" in caplog.text


def test_an_instance_that_had_ended_before_anybody_saw_it_has_nothing_discovered(
    time: Time,
    region: Region,
    server: Server,
    instance: Instance,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    def seen(state: str) -> bool:
        sights = [
            Sight(server.instance_id, "running", "", time.moment),
            Sight("i-new", state, "", time.moment),
        ]
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            look.write_down(region, look.Glance(sights, frozenset(), full=True, asked_at=time.moment))
        region.refresh_from_db()
        return region.wanted_discover_at is not None

    assert not seen("terminated")
    assert seen("pending")
