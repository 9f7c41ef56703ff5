"""The database's clock is set: at most one action of a server runs, nothing runs again, nothing hangs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Model
from psycopg.errors import LockNotAvailable

from api.schedules import saving
from scheduler import account_test, causes, discover, fire, hands, jumps, look, prune, pulse, send, ticks
from scheduler.observe import Sight, observe
from scheduler.tests.acting import ask, did, look_now
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.ticks import Reading
from shared import broker, clock
from shared.fleet.models import Account, Bucket, Observation, Region, Server
from shared.operations.models import Call, Operation
from shared.schedules import services
from shared.schedules.models import Rule, Schedule
from shared.schedules.services import Draft

New = Callable[..., Schedule]
HOUR, DAY = 3600.0, 86400.0
FORWARD = [2 * HOUR, DAY, 3652 * DAY]
BACK = [-3 * HOUR, -DAY, -3652 * DAY]


@pytest.fixture
def jumped(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was told of jumps; nothing is taken on by threads."""
    told: list[float] = []
    monkeypatch.setattr(jumps, "tell", told.append)
    monkeypatch.setattr(hands, "take", lambda _name: True)
    return told


@pytest.mark.parametrize("seconds", FORWARD + BACK)
def test_a_jump_is_told_once_with_its_seconds(time: Time, jumped: list[float], seconds: float) -> None:
    watch = jumps.Watch()
    watch.look(ticks.read(), took=0)
    time.forward(seconds)
    watch.look(ticks.read(), took=0)
    watch.look(ticks.read(), took=0)
    assert [round(each) for each in jumped] == [round(seconds)]


def test_a_slow_answer_of_the_database_is_no_jump(
    time: Time, jumped: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, at = jumps.Watch(), pulse.elapsed()
    watch.look(ticks.read(), took=0)
    time.forward(30)
    monkeypatch.setattr(pulse, "elapsed", lambda: at + 45)
    watch.look(ticks.read(), took=10)
    assert jumped == []


def test_a_jump_back_while_nobody_worked_shows_in_ticks_of_the_future(
    time: Time, jumped: list[float]
) -> None:
    ticks.stamp(*ticks.TICKS)
    time.forward(-DAY)
    jumps.Watch().look(ticks.read(), took=0)
    assert jumped == [-DAY]


def test_after_a_jump_back_it_mends_for_a_while_and_plans_anew(
    time: Time, jumped: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    mended: list[datetime] = []
    replanned: list[str] = []
    at = pulse.elapsed()
    monkeypatch.setattr(jumps, "mend", mended.append)
    monkeypatch.setattr(hands, "take", replanned.append)
    watch = jumps.Watch()
    readings = [(0.0, 0.0), (1.0, -DAY), (30.0, 29.0 - DAY), (90.0, 89.0 - DAY)]
    for turn, moved in readings:
        monkeypatch.setattr(pulse, "elapsed", lambda turn=turn: at + turn)
        watch.look(Reading(time.moment + timedelta(seconds=moved), {}), took=0)
    assert len(mended) == 2
    assert replanned == [broker.REPLAN]


@pytest.mark.parametrize("seconds", FORWARD)
def test_after_a_jump_forward_at_most_one_action_of_each_server_is_to_be_sent(
    time: Time, new_server: Callable[..., Server], new_schedule: New, seconds: float
) -> None:
    servers = [new_server(name) for name in "abc"]
    new_schedule("stop", *servers, cron="* * * * *")
    new_schedule("start", *servers, cron="*/2 * * * *")
    new_schedule("reboot", *servers, cron="30 * * * *")
    time.forward(seconds)
    fire.claim_all(time.moment)
    fire.claim_all(time.moment)
    requested = list(Operation.objects.filter(state="requested").values_list("server__name", flat=True))
    assert sorted(requested) == ["a", "b", "c"]
    assert not Rule.objects.filter(next_run_at__lte=time.moment).exists()


def test_a_later_decision_in_the_next_batch_is_waited_for(
    time: Time, ec2: WorldEc2, server: Server, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fire, "BATCH", 1)
    new_schedule("stop", server, at="2026-11-23T12:01:00")
    new_schedule("start", server, at="2026-11-23T12:02:00")
    time.forward(600)
    assert fire.claim(time.moment)
    assert send.due_groups(time.moment) == []
    fire.claim_all(time.moment)
    time.forward(fire.REST_OF_OUTAGE.total_seconds())
    for action in ("stop", "start"):
        send.drain(server.region_id, action)
    found = set(Operation.objects.values_list("action", "state", "reason"))
    assert ("stop", "skipped", "superseded") in found


@pytest.mark.parametrize("seconds", BACK)
def test_after_a_jump_back_nothing_runs_again_and_every_schedule_goes_on(
    time: Time, server: Server, new_schedule: New, seconds: float
) -> None:
    schedule = new_schedule("stop", server, cron="0 * * * *")
    new_schedule("start", server, at="2026-11-23T12:30:00")
    time.forward(HOUR)
    fire.claim_all(time.moment)
    done = set(Operation.objects.values_list("due_at", flat=True))
    # An edit gives the coming moments another revision, and so another identity.
    saving.change(schedule, Draft(timezone="Europe/Berlin"), revision=None, now=time.moment)
    time.forward(seconds)
    jumps.replan()
    for _ in range(5):
        time.forward(HOUR)
        fire.claim_all(time.moment)
    rows = list(Operation.objects.filter(due_at__in=done).values_list("due_at", flat=True))
    assert sorted(rows) == sorted(done)
    assert Operation.objects.count() >= len(done) + 3


def test_a_clock_that_was_wrong_by_years_for_a_minute_leaves_no_schedule_asleep(
    time: Time, server: Server, new_schedule: New
) -> None:
    new_schedule("stop", server, cron="30 18 * * *")
    time.forward(3652 * DAY)
    fire.claim_all(time.moment)
    time.forward(-3652 * DAY)
    jumps.replan()
    assert Rule.objects.get().next_run_at == time.moment.replace(hour=18, minute=30)


def test_what_the_wrong_clock_decided_does_not_stand_in_the_way_of_what_is_due_now(
    time: Time, ec2: WorldEc2, server: Server, new_schedule: New
) -> None:
    time.forward(DAY)
    ask(server, "start", time, state="succeeded", finished_at=time.moment)
    time.forward(-DAY)
    jumps.mend(time.moment)
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    send.drain(server.region_id, "stop")
    assert Operation.objects.get(action="stop").state == "accepted"


@pytest.fixture
def settled_back(time: Time, region: Region, server: Server) -> Operation:
    """A region in full swing when the clock is set back by a day: everything is dated tomorrow."""
    now = time.moment
    Region.objects.update(
        looked_at=now,
        discovered_at=now,
        measured_at=now,
        next_look_at=now + timedelta(seconds=60),
        look_lease_until=now + look.LEASE,
        discover_lease_until=now + discover.LEASE,
        wanted_discover_at=now,
    )
    Server.objects.update(
        observed_at=now, transition_since=now, missing_since=now, doubted_until=now + causes.STALE
    )
    Account.objects.update(wanted_test_at=now, tested_at=now)
    call = Call.objects.create(
        workspace=region.workspace, region=region, action="stop", lease_until=now + send.LEASE, sent_at=now
    )
    sending = ask(server, "stop", time, state="sending", sending_at=now, call=call)
    ask(server, "start", time)
    Bucket.objects.create(
        workspace=region.workspace, region=region, action="stop", requests=0, servers=0, refilled_at=now
    )
    time.forward(-DAY)
    jumps.mend(time.moment)
    return sending


def test_after_a_jump_back_everything_is_looked_at_sent_and_discovered_soon(
    time: Time, settled_back: Operation, region: Region
) -> None:
    time.forward(send.LEASE.total_seconds() + 1)
    assert look.due_regions(time.moment) == [region.id]
    assert (region.id, "start") in send.due_groups(time.moment)
    assert Call.objects.filter(lease_until__lte=time.moment).exists()
    assert Server.objects.filter(doubted_until__lte=time.moment).exists()
    time.forward(discover.LEASE.total_seconds())
    assert discover.due_regions(time.moment) == [region.id]
    assert account_test.due_accounts(time.moment) == [region.account_id]


def test_after_a_jump_back_no_date_of_the_past_lies_in_the_future(
    time: Time, settled_back: Operation
) -> None:
    settled_back.refresh_from_db()
    server, region, bucket = Server.objects.get(), Region.objects.get(), Bucket.objects.get()
    dates = [server.observed_at, server.transition_since, server.missing_since, region.looked_at]
    dates += [region.measured_at, bucket.refilled_at, settled_back.sending_at]
    assert {date for date in dates if date is None or date > time.moment} == set()


def test_what_was_asked_with_the_wrong_clock_does_not_wait_for_ever(
    time: Time, settled_back: Operation
) -> None:
    waiting = Operation.objects.get(action="start")
    assert waiting.grace_until == time.moment + timedelta(minutes=15)


def test_what_was_decided_with_the_wrong_clock_explains_no_change_of_today(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Server.objects.update(observed_state="stopped")
    did(server, "stop", time.moment + timedelta(days=1))
    time.forward(1)
    look_now(region)
    change = Observation.objects.get()
    server.refresh_from_db()
    assert (change.cause, server.doubted_until) == ("outside", None)


def test_nor_does_it_hide_what_does_explain_it(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    did(server, "start", time.moment + timedelta(days=1))
    did(server, "stop", time.moment, state="unknown")
    moment = time.forward(5)
    [change] = observe(region, [Sight(server.instance_id, "stopping", "", moment)], asked_at=moment)
    assert change.cause == "ours"


def test_a_schedule_that_somebody_holds_is_planned_anew_when_it_is_free(
    time: Time, server: Server, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free = (new_schedule("stop", server, cron="0 * * * *") for _ in range(2))
    Rule.objects.update(next_run_at=time.moment + timedelta(days=1))
    locked, tries = services.locked, []

    def lock(schedule: Schedule) -> Schedule:
        tries.append(schedule.id)
        if schedule == held and tries.count(held.id) < 3:
            raise OperationalError("lock timeout") from LockNotAvailable()
        return locked(schedule)

    monkeypatch.setattr(services, "locked", lock)
    monkeypatch.setattr(pulse.stopping, "wait", lambda _seconds: False)
    jumps.replan()
    assert tries == [held.id, free.id, held.id, held.id]
    assert not Rule.objects.filter(next_run_at__gt=time.moment + timedelta(hours=1)).exists()


def test_mending_what_is_right_changes_nothing(time: Time, settled_back: Operation) -> None:
    def everything() -> list[list[dict[str, Any]]]:
        tables: list[type[Model]] = [Account, Region, Server, Bucket, Operation, Call]
        return [list(table._default_manager.order_by("pk").values()) for table in tables]

    before = everything()
    jumps.mend(time.moment)
    assert everything() == before


def test_after_a_jump_nothing_is_thrown_away_for_its_age(monkeypatch: pytest.MonkeyPatch, time: Time) -> None:
    pruned: list[bool] = []
    monkeypatch.setattr(prune, "prune", lambda: pruned.append(True))
    monkeypatch.setattr(pulse, "_startled_at", None)
    monkeypatch.setattr("scheduler.ticks.time.time", lambda: clock.now().timestamp())
    ticks.prune_calmly()
    assert pruned == [True]
    jumps.tell(3652 * DAY)
    ticks.prune_calmly()
    monkeypatch.setattr(pulse, "_startled_at", None)
    monkeypatch.setattr("scheduler.ticks.time.time", lambda: clock.now().timestamp() - 3652 * DAY)
    ticks.prune_calmly()
    assert pruned == [True]
