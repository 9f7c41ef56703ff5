"""The database's clock is set forward while something is under way: nothing is given up for its age."""

from collections.abc import Callable

import pytest
from django.db import OperationalError

from scheduler import hands, jumps, send, sweep, ticks
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Call

FAR = 25 * 60.0


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, time: Time) -> jumps.Watch:
    monkeypatch.setattr(hands, "take", lambda _name: True)
    watch = jumps.Watch()
    watch.look(ticks.read(), took=0)
    return watch


def test_what_is_under_way_is_neither_given_up_nor_called_stuck(
    watch: jumps.Watch, time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    ec2.world.faults.add({"kind": "stuck"}, now=time())
    time.forward(2)
    still = instance.view(time())
    time.forward(FAR)
    instance.timeline = [(0.0, still)]
    look_now(region)
    sweep.sweep()
    assert not Observation.objects.filter(after="stopped").exists()
    watch.look(ticks.read(), took=0)
    look_now(region)
    sweep.sweep()
    server.refresh_from_db()
    assert (state(operation), server.stuck_since) == (("accepted", ""), None)


def test_a_request_without_an_answer_keeps_its_lease(
    watch: jumps.Watch, time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    assert send.claim(region, "stop") is not None
    time.forward(FAR)
    watch.look(ticks.read(), took=0)
    look_now(region)
    assert state(operation) == ("sending", "")
    assert Call.objects.get().lease_until == time.moment + send.LEASE


def test_nobody_looks_before_the_jump_was_dealt_with(
    watch: jumps.Watch, time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    time.forward(FAR)
    look_now(region)
    assert ec2.asked == []
    watch.look(ticks.read(), took=0)
    look_now(region)
    assert ec2.asked != []


def test_a_restart_that_fails_is_done_by_the_next_turn(
    watch: jumps.Watch,
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(_now: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    time.forward(FAR)
    with monkeypatch.context() as busy:
        busy.setattr(jumps, "restart", locked)
        with pytest.raises(OperationalError):
            watch.look(ticks.read(), took=0)
    look_now(region)
    assert ec2.asked == []
    done: list[object] = []
    monkeypatch.setattr(jumps, "restart", done.append)
    watch.look(ticks.read(), took=0)
    assert len(done) == 1


def test_what_hung_before_hangs_still(
    watch: jumps.Watch, time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    server = new_server("hung", "stopping")
    Server.objects.update(stuck_since=time.moment)
    time.forward(FAR)
    watch.look(ticks.read(), took=0)
    server.refresh_from_db()
    assert server.stuck_since is not None
