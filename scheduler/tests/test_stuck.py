"""Servers that EC2 shows on their way for too long: flagged, told of once, never forced."""

from datetime import timedelta
from typing import Any

import pytest

from scheduler import send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from simulator.world import World

SECONDS = timedelta(seconds=1)


def looked(region: Region, server: Server, time: Time, *, first: int, until: int) -> float | None:
    """Look now, `first` seconds later, and then whenever that is due; the seconds until the flag."""
    began = time.moment
    look_now(region)
    time.forward(first)
    look_now(region)
    while time.moment - began < until * SECONDS:
        region.refresh_from_db()
        pause = max((region.next_look_at - time.moment) / SECONDS, 1) if region.next_look_at else 1
        time.forward(min(pause, 60))
        look_now(region)
        server.refresh_from_db()
        if server.stuck_since is not None:
            return (time.moment - began) / SECONDS
    return None


def test_a_stop_that_hangs_is_flagged_after_twenty_minutes_and_nothing_is_forced(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    world: World,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    world.faults.add({"kind": "stuck"}, now=time())
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    with django_capture_on_commit_callbacks(execute=True):
        flagged = looked(region, server, time, first=1150, until=1300)
    assert flagged is not None
    assert 1190 <= flagged <= 1210
    assert server.state_since is not None
    assert server.stuck_since == server.state_since + timedelta(minutes=20)
    assert state(operation) == ("failed", "confirm_timeout")
    for _ in range(3):
        time.forward(15)
        look_now(region)
    assert [action for action, _ in ec2.calls] == ["stop"]
    assert Operation.objects.count() == 1
    assert caplog.text.count("has been stopping for 20 minutes") == 1


def test_a_start_that_hangs_is_flagged_after_ten_minutes(
    time: Time, region: Region, server: Server, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ec2, "all_statuses", lambda **_: [gateway.SeenStatus(server.instance_id, "pending")])
    monkeypatch.setattr(ec2, "statuses", lambda _ids: [gateway.SeenStatus(server.instance_id, "pending")])
    flagged = looked(region, server, time, first=550, until=700)
    assert flagged is not None
    assert 590 <= flagged <= 610


def test_the_flag_goes_when_the_state_changes(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Server.objects.update(observed_state="stopping", state_since=time.moment, stuck_since=time.moment)
    time.forward(60)
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert (server.observed_state, server.stuck_since) == ("stopped", None)


def test_a_server_nobody_could_look_at_is_not_called_stuck(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Server.objects.update(observed_state="stopping", state_since=time.moment)
    ec2.refuse = gateway.Unanswered("Read timeout", code="ReadTimeoutError")
    time.forward(3600)
    look_now(region)
    server.refresh_from_db()
    assert server.stuck_since is None
