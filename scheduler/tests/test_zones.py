"""An update of the time zone database: everything is planned anew, nothing comes twice, nothing is lost."""

import logging
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, reset_tzpath

import pytest
from django.db import OperationalError

from scheduler import fire, programs, zones
from scheduler.tests.conftest import Time
from scheduler.tests.test_edits import in_threads
from shared.errors import InvalidRule
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.people.models import Workspace
from shared.schedules import ahead, services, walls
from shared.schedules.checks import RuleText
from shared.schedules.models import Rule, Schedule, ZoneRules
from shared.schedules.recurrence import first
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

NEXT = "2099z"
Update = Callable[..., None]


@pytest.fixture
def update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Update]:
    """A newer release in which a zone has the rules of another one, or is gone."""
    known = walls.zone_names()

    def release(name: str, *, rules_of: str | None, version: str = NEXT) -> None:
        if rules_of:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            with resources.as_file(resources.files("tzdata") / "zoneinfo" / rules_of) as file:
                shutil.copy(file, path)
            reset_tzpath(to=(str(tmp_path),))
        else:
            monkeypatch.setattr(walls, "zone_names", lambda: known - {name})
        ZoneInfo.clear_cache()
        monkeypatch.setattr(walls, "RULES_VERSION", version)

    yield release
    reset_tzpath(to=())
    ZoneInfo.clear_cache()


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines about zones so far."""
    caplog.set_level(logging.INFO, logger="cloudevy")

    def is_ours(record: logging.LogRecord) -> bool:
        return str(getattr(record, "event", "")).startswith("zones.")

    return lambda: [each.getMessage() for each in caplog.records if is_ours(each)]


def drafts() -> Iterator[Draft]:
    """100 timetables in Kolkata: hours, times by their names, real minutes, and single moments."""
    steps = (5, 6, 10, 12, 15, 20, 30)
    for number in range(25):
        minute, dates = 2 * number, {"valid_from": date(2026, 1, 1)} if number % 2 else {}
        hours = WindowText(DAYS, f"{6 + number % 12:02}:{minute:02}", f"18:{minute:02}")
        yield Draft(windows=[hours], **dates)  # type: ignore[arg-type]
        yield Draft(rules=[RuleText("stop", cron=f"{minute} {17 + number % 3} * * *")])
        yield Draft(rules=[RuleText("start", cron=f"*/{steps[number % len(steps)]} * * * *")])
        yield Draft(rules=[RuleText("stop", at=f"2026-11-23T18:{minute:02}:00")])


@pytest.fixture
def hundred(workspace: Workspace, server: Server, time: Time) -> list[Schedule]:
    kolkata: dict[str, Any] = {"timezone": "Asia/Kolkata", "servers": [server.id]}
    named = [replace(each, name=f"s{number}", **kolkata) for number, each in enumerate(drafts())]
    some = [services.create(each, workspace=workspace, author=None, now=time.moment) for each in named]
    zones.heed()
    return some


def made(name: str, zone: str, cron: str, server: Server, time: Time, *, enabled: bool = True) -> Schedule:
    """A schedule of one rule."""
    rules = [RuleText("stop", cron=cron)]
    draft = Draft(name=name, timezone=zone, enabled=enabled, rules=rules, servers=[server.id])
    return services.create(draft, workspace=server.workspace, author=None, now=time.moment)


def times() -> Counter[tuple[int, str, int]]:
    """How often each time on the wall has come, per rule."""
    return Counter(Operation.objects.values_list("rule", "nominal", "fold"))


def clock_on(time: Time, *, hours: float) -> None:
    """The clock at work for some hours, looking every five minutes."""
    for _ in range(round(hours * 12)):
        time.forward(300)
        fire.claim_all(time.moment)


# Kolkata is at +05:30, Karachi at +05:00, Dhaka at +06:00; it is half past six in Kolkata when that changes.
@pytest.mark.parametrize("rules_of", ["Asia/Karachi", "Asia/Dhaka"])
def test_a_hundred_schedules_are_planned_anew_and_no_time_comes_twice_or_never(
    hundred: list[Schedule], time: Time, update: Update, told: Callable[[], list[str]], rules_of: str
) -> None:
    planned = expected(time, until=timedelta(hours=24))
    clock_on(time, hours=1)
    before = times()
    assert len(before) > 50
    update("Asia/Kolkata", rules_of=rules_of)
    zones.heed()
    assert told() == [f"🕐 Time zone rules {NEXT} instead of 2026f: 100 schedules planned anew."]
    assert planned_with(rules_of, now=time.moment) == Rule.objects.exclude(next_run_at=None).count() > 100
    clock_on(time, hours=21)
    found = times()
    assert [each for each, count in found.items() if count > 1] == []
    fixed = {each for each in planned if each[1] < "2026-11-24T12:00:00"}
    assert fixed - set(found) == set()


def expected(time: Time, *, until: timedelta) -> set[tuple[int, str, int]]:
    """Every time on the wall that is not a real minute's own."""
    return {
        (rule.id, each.nominal, each.fold)
        for rule in Rule.objects.select_related("schedule")
        if not rule.cron.startswith("*")
        for each in first(ahead.timing(rule), after=time.moment, count=4)
        if each.at <= time.moment + until
    }


def planned_with(zone: str, *, now: datetime) -> int:
    """How many rules stand at moments of that zone's rules, none of which has come before."""
    right = 0
    come = {(rule, nominal) for rule, nominal, _ in times()}
    for rule in Rule.objects.exclude(next_run_at=None):
        moments = ahead.stored(rule)
        shown = [f"{each.at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}" for each in moments]
        fresh = all((rule.id, each.nominal) not in come for each in moments)
        right += shown == [each.nominal for each in moments] and fresh
    return right


def test_a_time_that_the_update_moves_into_the_past_is_due_at_once(
    server: Server, time: Time, update: Update
) -> None:
    """12:10 UTC is 17:40 in Kolkata, and 18:10 with the rules of Dhaka."""
    made("one", "Asia/Kolkata", "0 18 * * *", server, time)
    zones.heed()
    time.forward(600)
    update("Asia/Kolkata", rules_of="Asia/Dhaka")
    zones.heed()
    fire.claim_all(time.moment)
    [operation] = Operation.objects.all()
    assert (operation.state, operation.nominal) == ("requested", "2026-11-23T18:00:00")
    assert operation.due_at == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_what_was_due_before_is_recorded_with_the_rules_of_then(
    hundred: list[Schedule], time: Time, update: Update
) -> None:
    """Nobody kept the clock for 40 minutes before the update."""
    time.forward(40 * 60)
    due = {
        (rule.id, each.nominal, each.fold)
        for rule in Rule.objects.all()
        for each in ahead.stored(rule)
        if each.at <= time.moment
    }
    update("Asia/Kolkata", rules_of="Asia/Karachi")
    zones.heed()
    assert due - set(times()) == set()
    assert not Rule.objects.filter(next_run_at__lte=time.moment).exists()


def test_nothing_is_planned_or_told_when_the_release_is_the_same(
    hundred: list[Schedule], told: Callable[[], list[str]]
) -> None:
    rows = list(Rule.objects.order_by("id").values())
    lines = told()
    zones.heed()
    assert list(Rule.objects.order_by("id").values()) == rows
    assert told() == lines


def test_the_same_rules_under_another_name_change_no_moment(
    hundred: list[Schedule], time: Time, update: Update
) -> None:
    clock_on(time, hours=0.5)
    rows = list(Rule.objects.order_by("id").values("id", "next_run_at", "next_nominal", "next_until"))
    update("Asia/Kolkata", rules_of="Asia/Calcutta")
    zones.heed()
    assert list(Rule.objects.order_by("id").values("id", "next_run_at", "next_nominal", "next_until")) == rows
    assert ZoneRules.objects.get().version == NEXT


def test_an_installation_without_schedules_only_writes_the_release_down(
    time: Time, told: Callable[[], list[str]]
) -> None:
    zones.heed()
    assert ZoneRules.objects.get().version == walls.RULES_VERSION
    assert told() == []


def test_paused_and_switched_off_schedules_are_left_alone(
    server: Server, time: Time, update: Update, told: Callable[[], list[str]]
) -> None:
    made("off", "Asia/Kolkata", "0 18 * * *", server, time, enabled=False)
    paused = made("paused", "Asia/Kolkata", "0 18 * * *", server, time)
    services.pause(paused, reason="holidays", until=None, now=time.moment)
    zones.heed()
    update("Asia/Kolkata", rules_of="Asia/Karachi")
    zones.heed()
    assert not Rule.objects.exclude(next_run_at=None).exists()
    assert told() == []


def test_a_schedule_whose_zone_is_gone_is_paused_and_says_what_to_do(
    server: Server, time: Time, update: Update, told: Callable[[], list[str]]
) -> None:
    """Also one that would go on by itself when its pause ends."""
    one, two = (made(name, "Asia/Calcutta", "0 * * * *", server, time) for name in ("one", "two"))
    services.pause(two, reason="a week", until=time.moment + timedelta(days=7), now=time.moment)
    time.forward(45 * 60)
    update("Asia/Calcutta", rules_of=None)
    zones.heed()
    gone = f"The time zone Asia/Calcutta is gone from the time zone database {NEXT}."
    why = f"{gone} Choose another one, then resume."
    for schedule in (one, two):
        schedule.refresh_from_db()
        assert (schedule.pause_reason, schedule.paused_until) == (why, None)
    assert [line for line in told() if line.startswith("⏸️  Schedule paused: one (ID:")]
    assert not Rule.objects.exclude(next_run_at=None).exists()
    assert times() == Counter({(one.rules.get().id, "2026-11-23T18:00:00", 0): 1})
    with pytest.raises(InvalidRule):
        services.resume(one, now=time.moment)
    services.change(one, Draft(timezone="Asia/Kolkata"), revision=None, now=time.moment)
    services.resume(one, now=time.moment)
    assert one.rules.get().next_nominal == "2026-11-23T19:00:00"


def test_a_link_is_kept_as_written_and_means_what_it_points_to(server: Server, time: Time) -> None:
    old = made("old", "Asia/Calcutta", "0 18 * * *", server, time)
    old.refresh_from_db()
    assert old.timezone == "Asia/Calcutta"
    assert old.rules.get().next_run_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_programs_that_start_together_plan_anew_once_and_tell_it_once(
    update: Update, told: Callable[[], list[str]]
) -> None:
    workspace = Workspace.objects.create(name="default")
    for number in range(90):
        zone, rules = "Asia/Kolkata", [RuleText("stop", cron=f"{number % 60} 18 * * *")]
        draft = Draft(name=f"s{number}", timezone=zone, rules=rules, servers=[])
        services.create(draft, workspace=workspace, author=None, now=datetime(2026, 11, 23, tzinfo=UTC))
    update("Asia/Kolkata", rules_of="Asia/Karachi")
    assert in_threads(zones.heed, zones.heed, zones.heed) == []
    assert told() == [f"🕐 Time zone rules {NEXT}: 90 schedules planned anew."]
    assert ZoneRules.objects.count() == 1
    hours = {rule.next_run_at.hour for rule in Rule.objects.all() if rule.next_run_at}
    assert hours == {13}


def test_the_worker_begins_when_it_is_done_and_tries_again_when_the_database_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zones, "heed", lambda: (_ for _ in ()).throw(OperationalError("gone")))
    monkeypatch.setattr(programs, "stopping", threading.Event())
    programs.stopping.set()
    assert programs.zones_heeded() is False
    monkeypatch.setattr(zones, "heed", lambda: None)
    assert programs.zones_heeded() is True
