"""What a hold lets be sent to EC2, while it lasts and at its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from scheduler import send
from scheduler.tests.acting import act, hold, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.people.models import User
from shared.schedules import services
from shared.schedules.models import Schedule

New = Callable[..., Schedule]
Knocks = list[tuple[str, dict[str, object]]]
HOUR = 3600


def test_what_was_asked_before_the_hold_and_is_not_sent_yet_is_held_too(
    time: Time, server: Server, new_schedule: New, ec2: WorldEc2
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    act(time, after=5)
    hold(server, "on", time, seconds=HOUR)
    send.drain(server.region_id, "stop")
    assert state(Operation.objects.get()) == ("skipped", "held")
    assert ec2.calls == []


def test_a_person_is_not_kept_from_anything_by_a_hold(time: Time, server: Server, ec2: WorldEc2) -> None:
    hold(server, "on", time, seconds=HOUR)
    Operation.objects.create(
        workspace=server.workspace,
        server=server,
        action="stop",
        origin="person",
        due_at=time.moment,
        grace_until=time.moment + timedelta(minutes=15),
        not_before=time.moment,
        requested_at=time.moment,
    )
    send.drain(server.region_id, "stop")
    assert [action for action, _ in ec2.calls] == ["stop"]


def test_who_is_there_already_is_not_asked_again(
    time: Time, new_server: Callable[..., Server], new_schedule: New, ec2: WorldEc2
) -> None:
    server = new_server("night", "stopped")
    new_schedule("stop", server, cron="0 11 * * *")
    hold(server, "on", time, seconds=600)
    act(time, after=600)
    Server.objects.update(observed_at=time.moment)
    send.drain(server.region_id, "stop")
    assert state(Operation.objects.get()) == ("skipped", "already_in_state")
    assert ec2.calls == []


def test_a_schedule_paused_before_it_was_sent_takes_it_back(
    time: Time, server: Server, new_schedule: New, ec2: WorldEc2
) -> None:
    schedule = new_schedule("stop", server, cron="0 11 * * *")
    hold(server, "on", time, seconds=600)
    act(time, after=600)
    services.pause(schedule, reason="", until=None, now=time.moment)
    send.drain(server.region_id, "stop")
    assert state(Operation.objects.get()) == ("cancelled", "schedule_changed")


def test_the_block_in_the_log_says_that_a_hold_has_ended(
    time: Time,
    server: Server,
    new_schedule: New,
    alice: User,
    ec2: WorldEc2,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    schedule = new_schedule("stop", server, cron="0 11 * * *", name="Nights")
    hold(server, "on", time, seconds=600, author=alice)
    act(time, after=600)
    with (
        caplog.at_level("INFO", logger="cloudevy"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        send.drain(server.region_id, "stop")
    assert (
        f'▶️  Executing the end of a hold of Alice, as schedule "Nights" (ID: {schedule.id}) says'
        in caplog.text
    )
