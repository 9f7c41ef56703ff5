"""Holds: what is kept from running, what happens at their end, and that it happens once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from scheduler import fire, send
from scheduler.tests.acting import act, hold, state
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.tests.test_edits import in_threads
from shared import broker, clock
from shared.fleet.models import Account, Region, Server
from shared.operations import holding
from shared.operations.models import Operation
from shared.people.models import User, Workspace
from shared.schedules import ahead, services
from shared.schedules.models import Hold, Rule, Schedule, Skip, Target
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

New = Callable[..., Schedule]
Knocks = list[tuple[str, dict[str, object]]]
HOUR = 3600


@pytest.fixture
def hours(workspace: Workspace, server: Server, time: Time) -> Schedule:
    """A schedule that wants the server on from eight to eight; it is noon."""
    windows = [WindowText(DAYS, "08:00", "20:00")]
    draft = Draft(name="Office hours", timezone="UTC", windows=windows, servers=[server.id])
    return services.create(draft, workspace=workspace, author=None, now=time.moment)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [text for record in caplog.records if (text := record.getMessage()).startswith("⏰")]


HELD = ("rule", "stop", "skipped", "held")


def test_what_the_schedules_want_at_the_end_is_applied_once_and_says_whose_hold_it_was(
    time: Time,
    server: Server,
    new_schedule: New,
    alice: User,
    knocks: Knocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    schedule = new_schedule("stop", server, cron="30 12 * * *", name="Nights")
    hold(server, "on", time, seconds=HOUR, author=alice)
    assert act(time, after=1800) == [HELD]
    assert act(time, after=1799.9) == [HELD]
    with caplog.at_level("INFO", logger="cloudevy"):
        assert act(time, after=0.1) == [HELD, ("hold", "stop", "requested", "")]
        assert len(act(time)) == len(act(time, after=HOUR)) == 2
    made = Operation.objects.get(origin="hold")
    assert (made.author, made.schedule, made.rule, made.nominal) == (alice, schedule, None, "")
    assert made.due_at == made.grace_until - timedelta(minutes=15) == Hold.objects.get().ended_at
    assert made.snapshot["hold"]["author"] == "Alice"
    assert knocks.count((broker.DRAIN_REGION, {"region": server.region_id, "action": "stop"})) == 1
    assert lines(caplog) == [
        f'⏰ Hold of Alice on "test1" (ID: {server.id}) ended: stop, as schedule "Nights" (ID: {schedule.id})'
        f" says (operation {made.id})"
    ]


def test_hours_to_be_on_start_it_again_and_such_a_start_is_of_use_longer(
    time: Time, server: Server, hours: Schedule
) -> None:
    hold(server, "off", time, seconds=2 * HOUR)
    assert act(time, after=2 * HOUR) == [("hold", "start", "requested", "")]
    made = Operation.objects.get()
    assert made.grace_until - made.due_at == timedelta(hours=4)


def test_it_is_never_later_than_the_end_of_those_hours(time: Time, server: Server, hours: Schedule) -> None:
    hold(server, "off", time, seconds=7 * HOUR)
    act(time, after=7 * HOUR)
    made = Operation.objects.get()
    assert made.grace_until - made.due_at == timedelta(hours=1)


@pytest.mark.parametrize("fields", [None, {"mode": "observe"}, {"enabled": False}, {"paused": True}])
def test_when_no_schedule_wants_anything_nothing_is_done(
    time: Time, server: Server, new_schedule: New, caplog: pytest.LogCaptureFixture, fields: Any
) -> None:
    if fields is not None:
        paused = {"paused_at": time.moment} if fields.pop("paused", False) else {}
        new_schedule("stop", server, cron="0 11 * * *", **fields, **paused)
    hold(server, "on", time, seconds=600)
    with caplog.at_level("INFO", logger="cloudevy"):
        assert act(time, after=600) == []
    assert lines(caplog)[0].endswith("ended: no schedule wants anything of the server, so it stays as it is")
    assert Hold.objects.get().ended_at == time.moment


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        (Server, {"protected": True}, "protected"),
        (Server, {"observed_state": "terminated"}, "server_gone"),
        (Server, {"flags": {"asg": "web"}}, "auto_scaling"),
        (Region, {"enabled": False}, "account_disabled"),
    ],
)
def test_what_speaks_against_it_is_on_record(
    time: Time,
    server: Server,
    new_schedule: New,
    knocks: Knocks,
    caplog: pytest.LogCaptureFixture,
    table: Any,
    values: dict[str, Any],
    reason: str,
) -> None:
    new_schedule("stop", server, cron="0 11 * * *", name="Nights")
    hold(server, "on", time, seconds=600)
    table.objects.update(**values)
    with caplog.at_level("INFO", logger="cloudevy"):
        assert act(time, after=600) == [("hold", "stop", "skipped", reason)]
    assert "wants stop, but nothing is sent: " in lines(caplog)[0]
    assert knocks == []


@pytest.mark.parametrize(
    ("late", "end"), [(899, ("requested", "")), (900, ("requested", "")), (901, ("skipped", "too_late"))]
)
def test_after_an_outage_it_is_applied_within_its_grace_and_else_recorded_as_too_late(
    time: Time, server: Server, new_schedule: New, late: int, end: tuple[str, str]
) -> None:
    new_schedule("stop", server, cron="0 11 * * *")
    hold(server, "on", time, seconds=600)
    assert act(time, after=600 + late) == [("hold", "stop", *end)]
    assert Hold.objects.get().ended_at == time.moment - timedelta(seconds=late)


def test_a_later_action_of_a_schedule_wins_over_the_end_of_a_hold_that_was_noticed_late(
    time: Time, new_server: Callable[..., Server], new_schedule: New, ec2: WorldEc2
) -> None:
    server = new_server("night", "stopped")
    new_schedule("stop", server, cron="30 12 * * *")
    new_schedule("start", server, cron="5 13 * * *")
    hold(server, "on", time, seconds=HOUR)
    rows = act(time, after=HOUR + 600)
    assert rows == [HELD, ("hold", "stop", "requested", ""), ("rule", "start", "requested", "")]
    for action in ("stop", "start"):
        send.drain(server.region_id, action)
    assert state(Operation.objects.get(origin="hold")) == ("skipped", "superseded")
    assert [action for action, _ in ec2.calls] == ["start"]


def test_an_action_due_at_the_very_end_is_the_one_effect(
    time: Time, server: Server, new_schedule: New, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = new_schedule("stop", server, cron="0 13 * * *", name="Nights")
    hold(server, "on", time, seconds=HOUR)
    time.forward(HOUR)
    assert holding.end_due(now=time.moment) == []
    with caplog.at_level("INFO", logger="cloudevy"):
        assert act(time) == [("rule", "stop", "requested", "")]
    assert lines(caplog)[0].endswith(f'ended: schedule "Nights" (ID: {schedule.id}) acts at this very moment')
    assert len(act(time, after=60)) == 1


def test_hours_that_go_on_win_over_a_stop_due_at_the_very_end(
    time: Time, server: Server, hours: Schedule, new_schedule: New
) -> None:
    new_schedule("stop", server, cron="0 13 * * *")
    hold(server, "off", time, seconds=HOUR)
    rows = act(time, after=HOUR)
    assert sorted(rows) == [("hold", "start", "requested", ""), ("rule", "stop", "skipped", "kept_on")]


def test_what_is_skipped_for_the_server_is_not_what_its_schedules_want(
    time: Time, server: Server, new_schedule: New
) -> None:
    new_schedule("start", server, cron="0 9 * * *")
    rule = new_schedule("stop", server, cron="30 12 * * *").rules.get()
    Skip.objects.create(workspace=server.workspace, rule=rule, server=server, nominal="2026-11-23T12:30:00")
    hold(server, "off", time, seconds=HOUR)
    act(time, after=HOUR)
    assert Operation.objects.get(origin="hold").action == "start"


def test_hours_whose_end_was_skipped_go_on_at_the_end_of_a_hold(
    time: Time, server: Server, hours: Schedule
) -> None:
    stop = hours.rules.get(action="stop")
    Skip.objects.create(workspace=server.workspace, rule=stop, server=server, nominal="2026-11-23T20:00:00")
    hold(server, "off", time, seconds=9 * HOUR)
    assert act(time, after=8 * HOUR) == [("rule", "stop", "skipped", "skipped_once")]
    assert act(time, after=HOUR)[1:] == [("hold", "start", "requested", "")]
    made = Operation.objects.get(origin="hold")
    assert made.grace_until == made.due_at + timedelta(minutes=15)


def test_an_occurrence_is_judged_by_the_hold_of_its_own_moment_however_late_it_is_noticed(
    time: Time, server: Server, new_schedule: New
) -> None:
    new_schedule("stop", server, cron="5,9 12 * * *")
    time.forward(360)
    hold(server, "on", time, seconds=360)
    rows = act(time, after=420)
    assert rows == [
        ("rule", "stop", "requested", ""),
        ("rule", "stop", "skipped", "held"),
        ("hold", "stop", "requested", ""),
    ]


def test_the_clock_waits_for_the_end_of_a_hold(time: Time, server: Server) -> None:
    hold(server, "on", time, seconds=600)
    time.forward(598.5)
    assert fire.coming(time.moment) == [time.moment + timedelta(seconds=1.5)]
    time.forward(1.5)
    assert fire.coming(time.moment) == []


def test_a_replaced_hold_has_no_end_of_its_own(time: Time, server: Server, new_schedule: New) -> None:
    new_schedule("stop", server, cron="30 12 * * *")
    hold(server, "on", time, seconds=HOUR)
    time.forward(600)
    hold(server, "on", time, seconds=2 * HOUR)
    assert act(time, after=HOUR) == [HELD]
    assert [row[0] for row in act(time, after=HOUR)] == ["rule", "hold"]


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_another_process_is_at_keeps_no_other_from_ending() -> None:
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    busy, free = (held(region, f"i-{number}", ended=clock.now()) for number in range(2))
    with transaction.atomic():
        list(Hold.objects.select_for_update().filter(server=busy))
        assert in_threads(lambda: fire.act(clock.now())) == []
    assert list(Operation.objects.values_list("server", flat=True)) == [free.id]
    fire.act(clock.now())
    assert Operation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_clocks_end_each_hold_once() -> None:
    """On the real clock and the real locks, five times."""
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    for number in range(5):
        crowd = [held(region, f"i-{number}-{each}", ended=clock.now()) for each in range(20)]
        assert in_threads(*[lambda: fire.act(clock.now())] * 4) == []
        made = Operation.objects.filter(server__in=crowd, origin="hold")
        assert sorted(made.values_list("server", flat=True)) == sorted(server.id for server in crowd)
        assert not Hold.objects.filter(ended_at=None).exists()


def held(region: Region, instance: str, *, ended: datetime) -> Server:
    """A server whose hold is just over, and that a schedule wants off."""
    workspace = region.workspace
    server = Server.objects.create(workspace=workspace, region=region, instance_id=instance)
    schedule = Schedule.objects.create(workspace=workspace, name=instance, timezone="UTC")
    Target.objects.create(workspace=workspace, schedule=schedule, server=server)
    rule = Rule(workspace=workspace, schedule=schedule, action="stop", at="2026-01-01T00:00:00")
    ahead.clear(rule)
    rule.save()
    Hold.objects.create(workspace=workspace, server=server, want="on", until=ended)
    return server
