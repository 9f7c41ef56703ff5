"""The clocks: fixed ticks in beat's table, a fallback in every worker, and knocks that may fail."""

import threading
import time as wall
from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from scheduler import fallback, hands, look, send, ticks
from scheduler.app import app
from scheduler.install import install
from scheduler.tests.conftest import Time
from shared import broker
from shared.operations.models import Tick


def test_installing_leaves_exactly_the_fixed_ticks(db: None) -> None:
    every = IntervalSchedule.objects.create(every=7, period="seconds")
    PeriodicTask.objects.create(name="an orphan", task="gone", interval=every)
    install()
    install()
    rows = PeriodicTask.objects.values_list("task", "interval__every", "expire_seconds", "queue")
    assert set(rows) == {(each.name, each.seconds, 10, broker.CLOCK) for each in ticks.TICKS.values()}


def test_every_task_that_is_knocked_for_exists() -> None:
    knocked = {
        value
        for value in vars(broker).values()
        if isinstance(value, str) and value.startswith(("clock.", "work."))
    }
    assert knocked == set(hands.WORK)
    assert knocked <= set(app.tasks)


def test_a_tick_that_ran_is_not_overdue_until_three_seconds_have_passed(time: Time) -> None:
    for name in ticks.TICKS:
        ticks.stamp(name)
    assert ticks.overdue(seconds=3) == []
    time.forward(3.5)
    assert broker.FIRE in ticks.overdue(seconds=3)
    assert broker.SWEEP not in ticks.overdue(seconds=3)


def test_the_fallback_runs_what_nobody_ran_and_stamps_it(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fallback, "close_old_connections", lambda: None
    )  # it would end the test's transaction
    assert set(fallback.once()) == set(ticks.TICKS)
    assert set(Tick.objects.values_list("name", flat=True)) == set(ticks.TICKS)
    assert fallback.once() == []
    time.forward(3600)
    assert set(fallback.once()) == set(ticks.TICKS)


def test_a_dead_broker_costs_less_than_a_second_once_and_then_nothing() -> None:
    door = broker.Door(broker.sender("redis://127.0.0.1:1/0"))
    before = wall.monotonic()
    assert not door.knock(broker.DRAIN_REGION, region=1, action="stop")
    assert not door.knock(broker.DRAIN_REGION, region=1, action="stop")
    assert door.failures == 1
    assert wall.monotonic() - before < 2


def test_a_broker_whose_name_nobody_finds_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    door = broker.Door(broker.sender("redis://127.0.0.1:1/0"))
    monkeypatch.setattr(broker, "LONGEST_KNOCK", 0.05)
    monkeypatch.setattr(door.app, "send_task", lambda *_, **__: hangs.wait(30))
    assert not door.knock(broker.DRAIN_REGION, region=1, action="stop")
    assert door.failures == 1
    hangs.set()


def test_work_is_done_here_when_nobody_can_be_knocked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    done: list[int] = []
    monkeypatch.setitem(hands.WORK, "work.test", lambda **ids: done.append(ids["region"]))
    monkeypatch.setattr(hands, "door", broker.Door(broker.sender("redis://127.0.0.1:1/0")))
    hands.soon("work.test", region=7)
    hands.pool.submit(lambda: None).result(timeout=10)
    deadline = wall.monotonic() + 10
    while not done and wall.monotonic() < deadline:
        wall.sleep(0.01)
    assert done == [7]


def test_time_outs_fit_into_the_lease() -> None:
    assert timedelta(seconds=2 + 8) < send.LEASE == look.LEASE <= timedelta(seconds=15)
