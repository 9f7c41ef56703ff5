"""Pauses end at their moment: what is due just then runs, and is judged with the rest of that moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import fire, pauses, pulse
from scheduler.tests.conftest import Time
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules import services, walls
from shared.schedules.models import Schedule

New = Callable[..., Schedule]
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def paused(time: Time, server: Server, new_schedule: New) -> Schedule:
    """Stops every half hour, and has a pause until the next one."""
    schedule = new_schedule("stop", server, cron="*/30 * * * *")
    return services.pause(schedule, reason="demo", until=time.moment + HALF_AN_HOUR, now=time.moment)


def rows() -> list[tuple[str, str, str]]:
    return list(Operation.objects.order_by("due_at", "id").values_list("action", "state", "reason"))


def test_it_ends_at_its_moment_and_not_before(
    time: Time, paused: Schedule, caplog: pytest.LogCaptureFixture
) -> None:
    time.forward(1799.999)
    fire.act(time.moment)
    assert (rows(), Schedule.objects.get().paused_at) == ([], time.moment - timedelta(seconds=1799.999))
    assert pauses.coming(time.moment, within=fire.AHEAD) == {paused.paused_until}
    time.forward(0.001)
    fire.act(time.moment)
    assert rows() == [("stop", "requested", "")]
    assert Schedule.objects.get().resumed_at == time.moment - services.INSTANT
    assert sum(each.startswith("▶️  Schedule goes on after its pause: ") for each in caplog.messages) == 1


def test_the_clock_waits_for_its_end(time: Time, paused: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is due at that very moment is not late by a tick."""
    time.forward(1799)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        time.forward(seconds)
        return False

    monkeypatch.setattr(pulse.stopping, "wait", wait)
    fire.fire()
    assert waited == [pytest.approx(1.0, abs=0.1)]
    assert rows() == [("stop", "requested", "")]


def test_a_moment_at_its_very_end_is_not_lost_when_that_is_noticed_late(time: Time, paused: Schedule) -> None:
    time.forward(1803)
    fire.act(time.moment)
    assert rows() == [("stop", "requested", "")]


def test_what_is_due_at_its_end_is_judged_with_all_others_of_that_moment(
    time: Time, server: Server, paused: Schedule, new_schedule: New
) -> None:
    new_schedule("start", server, at="2026-11-23T12:30:00")
    time.forward(1800)
    fire.act(time.moment)
    assert sorted(rows()) == [("start", "requested", ""), ("stop", "skipped", "conflict")]


def test_more_than_a_batch_end_at_once(
    time: Time, server: Server, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "BATCH", 2)
    for number in range(5):
        made = new_schedule("stop", server, cron="0 3 * * *", name=f"S{number}")
        services.pause(made, reason="", until=time.moment + HALF_AN_HOUR, now=time.moment)
    time.forward(1800)
    pauses.end_due(time.moment)
    assert not Schedule.objects.exclude(paused_at=None).exists()


def test_nothing_ends_while_the_clock_is_being_set(
    time: Time, paused: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "agrees", lambda _: False)
    time.forward(1800)
    pauses.end_due(time.moment)
    assert Schedule.objects.get().paused_at is not None


def test_one_that_makes_no_sense_any_more_stays_paused_and_nobody_else_suffers(
    time: Time, server: Server, paused: Schedule, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_schedule("start", server, at="2026-11-23T12:30:00")
    Schedule.objects.filter(id=paused.id).update(timezone="Asia/Calcutta")
    left = walls.zone_names() - {"Asia/Calcutta"}
    monkeypatch.setattr(walls, "zone_names", lambda: left)
    time.forward(1800)
    fire.act(time.moment)
    paused.refresh_from_db()
    assert (paused.paused_until, "Asia/Calcutta is gone" in paused.pause_reason) == (None, True)
    assert list(Operation.objects.values_list("schedule", "state")) == [(other.id, "requested")]
