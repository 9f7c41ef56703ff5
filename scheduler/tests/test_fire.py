"""Firing: every due moment becomes exactly one row, at its moment, with an outcome."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import fire
from scheduler.tests.acting import hold
from scheduler.tests.conftest import Time
from shared import broker
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.people.models import User
from shared.schedules import ahead
from shared.schedules import services as schedules
from shared.schedules.models import Rule, Schedule, Skip
from shared.schedules.parts import SkipDay
from shared.schedules.services import Draft

New = Callable[..., Schedule]


def fired(time: Time) -> list[tuple[str, str, str]]:
    """Fire what is due now; every operation as (action, state, reason), oldest first."""
    fire.claim_all(time.moment)
    return list(Operation.objects.order_by("due_at", "id").values_list("action", "state", "reason"))


def test_nothing_exists_before_its_moment(time: Time, server: Server, new_schedule: New) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(4.999)
    assert fired(time) == []
    time.forward(0.001)
    assert fired(time) == [("stop", "requested", "")]


def test_firing_again_makes_nothing_twice(time: Time, server: Server, new_schedule: New) -> None:
    schedule = new_schedule("stop", server, cron="30 * * * *")
    time.forward(1800)
    fired(time)
    rule = schedule.rules.get()
    Rule.objects.filter(id=rule.id).update(next_run_at=time.moment, next_nominal="2026-11-23T12:30:00")
    assert len(fired(time)) == 1


def test_the_senders_are_woken_once_for_each_region_and_action(
    time: Time,
    new_server: Callable[..., Server],
    new_schedule: New,
    knocks: list[tuple[str, dict[str, object]]],
) -> None:
    first, second = new_server("a"), new_server("b")
    new_schedule("stop", first, second, at="2026-11-23T12:00:05")
    time.forward(5)
    fired(time)
    assert knocks == [(broker.DRAIN_REGION, {"region": first.region_id, "action": "stop"})]


def test_a_rule_moves_on_and_keeps_moments_ahead(time: Time, server: Server, new_schedule: New) -> None:
    rule = new_schedule("stop", server, cron="30 * * * *").rules.get()
    for hour in range(20):
        time.forward(1800 if hour == 0 else 3600)
        fired(time)
        rule.refresh_from_db()
        assert rule.next_run_at == time.moment + timedelta(hours=1)
        assert rule.following
    assert Operation.objects.count() == 20


def test_moments_ahead_are_not_those_of_a_timetable_that_was_changed_meanwhile(
    time: Time, server: Server, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = new_schedule("stop", server, cron="30 * * * *")
    refill = fire.refill

    def late(rules: list[Rule]) -> None:
        days = [SkipDay(time.moment.date() + timedelta(days=1))]
        schedules.change(schedule, Draft(skip_dates=days), revision=None, now=time.moment)
        refill(rules)

    monkeypatch.setattr(fire, "FEW", 100)
    monkeypatch.setattr(fire, "refill", late)
    time.forward(8.5 * 3600)
    fired(time)
    rule = schedule.rules.get()
    assert [each.at.day for each in ahead.stored(rule)] == [*[23] * 3, *[25] * 5]


def test_a_single_moment_is_over_afterwards(time: Time, server: Server, new_schedule: New) -> None:
    rule = new_schedule("stop", server, at="2026-11-23T12:00:05").rules.get()
    time.forward(5)
    fired(time)
    rule.refresh_from_db()
    assert rule.next_run_at is None


def test_after_an_outage_every_missed_moment_has_a_row_and_at_most_one_runs(
    time: Time, server: Server, new_schedule: New
) -> None:
    new_schedule("stop", server, cron="0 * * * *")
    new_schedule("start", server, cron="30 * * * *")
    time.forward(5 * 3600 + 5 * 60)
    rows = fired(time)
    assert len(rows) == 10
    assert [row for row in rows if row[1] == "requested"] == [("stop", "requested", "")]
    assert {row[2] for row in rows[:-1]} == {"too_late"}


def test_what_came_too_late_in_an_outage_is_told_in_one_line(
    time: Time, server: Server, new_schedule: New, caplog: pytest.LogCaptureFixture
) -> None:
    new_schedule("stop", server, cron="*/5 * * * *")
    time.forward(12 * 3600)
    with caplog.at_level("INFO", logger="cloudevy"):
        missed = [row for row in fired(time) if row[2] == "too_late"]
    told = [record.getMessage() for record in caplog.records if "Skipped" in record.getMessage()]
    assert len(missed) > 100
    assert [line for line in told if "window" in line] == [
        f"⏭️  Skipped: {len(missed)} actions whose time windows passed while nobody kept the clock."
    ]


def test_a_protected_server_is_left_alone_and_says_so(time: Time, server: Server, new_schedule: New) -> None:
    Server.objects.update(protected=True)
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    assert fired(time) == [("stop", "skipped", "protected")]


def test_a_schedule_that_observes_sends_nothing(time: Time, server: Server, new_schedule: New) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05", mode=Schedule.Mode.OBSERVE)
    time.forward(5)
    assert fired(time) == [("stop", "skipped", "observe_only")]


def test_a_server_that_ec2_never_stops_is_left_alone_and_says_why(
    time: Time, server: Server, new_schedule: New
) -> None:
    Server.objects.update(flags={"lifecycle": "capacity-block"})
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    assert fired(time) == [("stop", "skipped", "lifecycle")]
    assert "capacity-block instances" in Operation.objects.get().detail


def test_a_server_that_has_left_is_skipped(time: Time, server: Server, new_schedule: New) -> None:
    Server.objects.update(left_at=time.moment)
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    assert fired(time) == [("stop", "skipped", "server_gone")]


@pytest.mark.parametrize("mode", [Schedule.Mode.RESPECT, Schedule.Mode.ALERT, Schedule.Mode.ENFORCE])
def test_what_a_schedule_does_about_outside_changes_does_not_change_its_own_actions(
    time: Time, server: Server, new_schedule: New, mode: Schedule.Mode
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05", mode=mode)
    time.forward(5)
    assert fired(time) == [("stop", "requested", "")]


@pytest.mark.parametrize(
    ("action", "hibernates", "can", "options"),
    [
        ("stop", True, True, {"hibernate": True}),
        ("stop", True, False, {}),
        ("stop", False, True, {}),
        ("start", True, True, {}),
    ],
)
def test_stops_of_a_hibernating_schedule_hibernate_the_servers_that_can(
    time: Time,
    server: Server,
    new_schedule: New,
    action: str,
    hibernates: bool,
    can: bool,
    options: dict[str, object],
) -> None:
    Server.objects.update(flags={"hibernation": can})
    new_schedule(action, server, at="2026-11-23T12:00:05", hibernate=hibernates)
    time.forward(5)
    fired(time)
    assert Operation.objects.get().options == options


def test_a_hold_keeps_the_server_on_and_names_its_author(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    hold(server, "on", time, seconds=3600, author=alice)
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    assert fired(time) == [("stop", "skipped", "held")]
    assert Operation.objects.get().detail == "Kept on until 2026-11-23 13:00 UTC by Alice."


def test_one_occurrence_can_be_skipped(time: Time, server: Server, new_schedule: New) -> None:
    rule = new_schedule("stop", server, cron="30 * * * *").rules.get()
    Skip.objects.create(workspace=server.workspace, rule=rule, server=server, nominal="2026-11-23T12:30:00")
    time.forward(1800)
    fired(time)
    time.forward(3600)
    assert fired(time) == [("stop", "skipped", "skipped_once"), ("stop", "requested", "")]


def test_two_schedules_at_one_instant_start_wins(time: Time, server: Server, new_schedule: New) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    new_schedule("start", server, at="2026-11-23T12:00:05")
    time.forward(5)
    assert sorted(fired(time)) == [("start", "requested", ""), ("stop", "skipped", "conflict")]
    assert "start wins over stop" in Operation.objects.get(action="stop").detail
