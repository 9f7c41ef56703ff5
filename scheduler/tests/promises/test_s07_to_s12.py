"""S7 to S12: local times when clocks change, the days that are meant, and clocks that are set.

Times are UTC, and the wall clock is Berlin's unless it is said.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler import fire, jumps, zones
from scheduler.tests.promises.conftest import Stage
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules import services, walls
from shared.schedules.models import Rule, Schedule
from shared.schedules.parts import SkipDay
from shared.schedules.recurrence import Timing, first
from shared.schedules.services import Draft

BERLIN = {"timezone": "Europe/Berlin"}


def fired(stage: Stage, until: str) -> list[str]:
    """The moments at which something was fired until then, as the clock comes to each."""
    stage.live(until)
    return [
        f"{each:%a %H:%M}" for each in Operation.objects.order_by("due_at").values_list("due_at", flat=True)
    ]


def test_s7_a_time_that_a_clock_change_skips_runs_once_right_after_the_gap(
    stage: Stage, server: Server
) -> None:
    stage.at("2027-03-27 12:00")
    stage.plan("Nightly", "stop 30 2 * * *", server, **BERLIN)
    assert fired(stage, "2027-03-29 12:00") == ["Sun 01:00", "Mon 00:30"]


def test_s7_of_several_that_land_after_the_gap_one_runs(stage: Stage, server: Server) -> None:
    stage.at("2027-03-27 12:00")
    stage.plan("Nightly", "stop 10 2 * * *; start 50 2 * * *", server, **BERLIN)
    stage.live("2027-03-28 12:00")
    assert [row.split()[-1] for row in stage.rows()] == ["there", "conflict"]


def test_s7_a_day_that_never_was_has_no_moments() -> None:
    timing = Timing(zone="Pacific/Apia", cron="0 12 * * *")
    days = [each.nominal[:10] for each in first(timing, after=datetime(2011, 12, 29, tzinfo=UTC), count=3)]
    assert days == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_s8_a_time_that_comes_twice_runs_at_its_first_copy(stage: Stage, server: Server) -> None:
    stage.at("2027-10-30 12:00")
    stage.plan("Nightly", "stop 30 2 * * *", server, **BERLIN)
    assert fired(stage, "2027-10-31 12:00") == ["Sun 00:30"]


def test_s8_hours_over_the_hour_that_comes_twice_are_one_stretch(stage: Stage, server: Server) -> None:
    stage.at("2027-10-30 12:00")
    stage.plan("Night shift", "sun 01:30-02:30", server, **BERLIN)
    assert fired(stage, "2027-10-31 12:00") == ["Sat 23:30", "Sun 00:30"]


def test_s9_what_recurs_by_the_half_hour_follows_real_time(stage: Stage, server: Server) -> None:
    stage.at("2027-10-30 23:45")
    stage.plan("Often", "stop */30 * * * *", server, **BERLIN)
    assert fired(stage, "2027-10-31 02:00") == [
        "Sun 00:00",
        "Sun 00:30",
        "Sun 01:00",
        "Sun 01:30",
        "Sun 02:00",
    ]


def test_s10_the_weekday_is_that_of_the_local_date(stage: Stage, server: Server) -> None:
    stage.plan("Tokyo", "mon 01:00-05:00", server, timezone="Asia/Tokyo")
    assert fired(stage, "2026-11-30 12:00") == ["Sun 16:00", "Sun 20:00"]


def test_s10_the_31st_never_comes_in_shorter_months_and_the_last_day_always(
    stage: Stage, server: Server
) -> None:
    after = datetime(2027, 1, 1, tzinfo=UTC)
    named = first(Timing(zone="UTC", cron="0 9 31 * *"), after=after, count=4)
    last = first(Timing(zone="UTC", cron="0 9 L * *"), after=after, count=4)
    assert [each.at.month for each in named] == [1, 3, 5, 7]
    assert [(each.at.month, each.at.day) for each in last] == [(1, 31), (2, 28), (3, 31), (4, 30)]


def test_s11_new_rules_of_zones_plan_anew_and_what_has_run_does_not_run_again(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server, **BERLIN)
    zones.heed()
    stage.live("2026-11-23 19:00")
    Rule.objects.update(next_run_at=stage.time.moment + timedelta(hours=3), following=[])
    monkeypatch.setattr(walls, "RULES_VERSION", "2099z")
    zones.heed()
    assert Rule.objects.get().next_run_at == datetime(2026, 11, 24, 19, tzinfo=UTC)
    fire.claim_all(stage.time.moment)
    assert stage.rows() == ["Nightly stop Mon 19:00 done"]


@pytest.fixture
def often(stage: Stage, server: Server) -> Schedule:
    """A start or stop every half hour, of which those of an hour have run: it is ten past one."""
    schedule = stage.plan("Often", "stop 0 * * * *; start 30 * * * *", server)
    stage.live("2026-11-23 13:10")
    return schedule


@pytest.mark.parametrize("seconds", [2 * 3600, 86400, 3652 * 86400])
def test_s12_after_a_clock_was_set_forward_there_is_at_most_one_call(
    stage: Stage, server: Server, often: Schedule, seconds: int
) -> None:
    calls = stage.calls(server)
    stage.time.forward(seconds)
    stage.settle()
    assert stage.calls(server) - calls <= 1
    assert not Rule.objects.filter(next_run_at__lte=stage.time.moment).exists()


def test_s12_after_a_clock_was_set_back_nothing_runs_again_and_all_goes_on(
    stage: Stage, server: Server, often: Schedule
) -> None:
    done = list(Operation.objects.values_list("due_at", flat=True).order_by("due_at"))
    # An edit gives what comes another identity.
    services.change(
        often, Draft(skip_dates=[SkipDay(date(2026, 12, 24))]), revision=None, now=stage.time.moment
    )
    stage.time.forward(-7200)
    jumps.mend(stage.time.moment)
    jumps.replan()
    stage.live("2026-11-23 14:10")
    again = Operation.objects.filter(due_at__in=done).order_by("due_at")
    assert list(again.values_list("due_at", flat=True)) == done
    assert stage.rows()[-2:] == ["Often start Mon 13:30 done", "Often stop Mon 14:00 done"]
