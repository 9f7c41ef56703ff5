"""The clocks: fixed ticks in beat's table, a fallback in every worker, and knocks that may fail."""

import threading
import time as wall
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from queue import SimpleQueue

import pytest
from django.db import OperationalError, connection, transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from scheduler import fallback, fire, hands, jumps, look, send, ticks
from scheduler.app import app
from scheduler.install import install
from scheduler.lanes import Lanes
from scheduler.tests.conftest import Time
from shared import broker


def test_installing_leaves_exactly_the_fixed_ticks(db: None) -> None:
    every = IntervalSchedule.objects.create(every=7, period="seconds")
    PeriodicTask.objects.create(name="an orphan", task="gone", interval=every)
    install()
    install()
    rows = PeriodicTask.objects.values_list("task", "interval__every", "expire_seconds", "queue")
    assert set(rows) == {(each.name, each.seconds, 10, broker.CLOCK) for each in ticks.TICKS.values()}


def test_beats_that_begin_at_the_same_moment_install_one_row_each(transactional_db: None) -> None:
    both = threading.Barrier(2)

    def begin() -> None:
        both.wait()
        install()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(begin) for _ in range(2)]:
            each.result()
    intervals = list(IntervalSchedule.objects.values_list("every", flat=True))
    assert len(intervals) == len(set(intervals))
    assert PeriodicTask.objects.count() == len(ticks.TICKS)


def test_installing_waits_for_a_beat_that_begins_and_is_not_in_its_way(transactional_db: None) -> None:
    install()

    def again() -> None:
        install()
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            PeriodicTask.objects.select_for_update().order_by("id").last()
            other = pool.submit(again)
            wall.sleep(0.5)
            PeriodicTasks.update_changed()
        other.result()


def test_an_interval_that_is_there_twice_does_not_keep_beat_from_starting(db: None) -> None:
    for _ in range(2):
        IntervalSchedule.objects.create(every=1, period="seconds")
    install()
    assert PeriodicTask.objects.count() == len(ticks.TICKS)


def test_every_task_that_is_knocked_for_exists() -> None:
    knocked = {
        value
        for value in vars(broker).values()
        if isinstance(value, str) and value.startswith(("clock.", "work."))
    }
    assert knocked == set(hands.WORK)
    assert knocked <= set(app.tasks)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ticks that the fallback has run, which nobody runs here."""
    heard: list[str] = []
    monkeypatch.setattr(hands, "take", lambda name: heard.append(name) or True)  # type: ignore[func-returns-value]
    return heard


def beat_ticks(*names: str) -> None:
    ticks.stamp(*names, broker.BEAT)


def test_while_beat_ticks_nothing_is_made_up_for(time: Time, taken: list[str]) -> None:
    beat_ticks(*ticks.TICKS)
    assert fallback.make_up(ticks.read()) == []
    time.forward(1.3)
    assert fallback.make_up(ticks.read()) == taken == []


def test_a_firing_is_made_up_for_before_what_the_last_one_covered_is_over(
    time: Time, taken: list[str]
) -> None:
    beat_ticks(*ticks.TICKS)
    time.forward(fire.AHEAD.total_seconds() - fallback.PERIOD_SECONDS)
    assert fallback.make_up(ticks.read()) == taken == [broker.FIRE]


def test_without_beat_every_tick_comes_in_its_own_period(time: Time, taken: list[str]) -> None:
    ticks.stamp(*ticks.TICKS)
    counts: Counter[str] = Counter()
    for _ in range(20):
        time.forward(0.5)
        counts.update(fallback.make_up(ticks.read()))
    quick = {name: counts[name] for name in (broker.FIRE, broker.SEND, broker.LOOK, broker.SWEEP)}
    assert quick == {broker.FIRE: 10, broker.SEND: 10, broker.LOOK: 10, broker.SWEEP: 2}


def test_beat_is_heard_by_its_own_ticks_only(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    idle = replace(ticks.TICKS[broker.SEND], work=lambda: None)
    monkeypatch.setitem(ticks.TICKS, broker.SEND, idle)
    ticks.run(broker.SEND)
    assert fallback.is_away(ticks.read())
    ticks.run(broker.SEND, by_beat=1)
    assert not fallback.is_away(ticks.read())
    time.forward(3.5)
    assert fallback.is_away(ticks.read())


def test_a_tick_dated_in_the_future_does_not_count_as_fresh(time: Time, taken: list[str]) -> None:
    beat_ticks(*ticks.TICKS)
    time.forward(-24 * 3600)
    assert fallback.is_away(ticks.read())
    assert set(fallback.make_up(ticks.read())) == set(ticks.TICKS)
    assert fallback.make_up(ticks.read()) == []
    assert ticks.ages()[broker.FIRE] == 0


def test_a_tick_that_hangs_here_is_left_to_other_workers(
    time: Time, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks.stamp(*ticks.TICKS)
    time.forward(10)
    monkeypatch.setattr(hands, "is_free", lambda name: name != broker.SWEEP)
    assert broker.SWEEP not in fallback.make_up(ticks.read())
    monkeypatch.setattr(hands, "is_free", lambda _name: True)
    assert fallback.make_up(ticks.read()) == [broker.SWEEP]


def test_of_two_that_make_up_for_a_tick_one_runs_it(time: Time, taken: list[str]) -> None:
    reading = ticks.read()
    assert set(fallback.make_up(reading)) == set(ticks.TICKS)
    assert fallback.make_up(reading) == []


def test_keeping_the_clock_is_told_after_a_while_and_its_end_when_beat_is_heard_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(fallback, "tell", told.append)
    keeper = fallback.Keeper()
    for second, is_away in [(1, True), (4, True), (6, True), (7, True), (9, False), (12, True), (21, False)]:
        keeper.hear([broker.FIRE], is_away=is_away, at=keeper.began + second)
    assert told == [[broker.FIRE]]
    keeper.hear([], is_away=False, at=keeper.began + 22.5)
    assert told == [[broker.FIRE], []]


def test_a_turn_that_fails_is_told_and_the_next_one_comes(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # It would end the test's transaction.
    monkeypatch.setattr(fallback, "close_old_connections", lambda: None)
    for error in (OperationalError("gone"), ZeroDivisionError()):
        monkeypatch.setattr(ticks, "read", partial(fail, error))
        fallback.turn(fallback.Keeper(), jumps.Watch())
    assert "The fallback clock failed once; it goes on." in caplog.text


def fail(error: Exception) -> None:
    raise error


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


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody can be knocked for, so this process does its work itself."""
    monkeypatch.undo()
    monkeypatch.setattr(hands, "door", broker.Door(broker.sender("redis://127.0.0.1:1/0")))
    monkeypatch.setattr(hands, "lanes", Lanes(hands.here, threads=4))
    yield
    hands.lanes.close()


def test_work_is_done_here_when_nobody_can_be_knocked_for(
    dead_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: SimpleQueue[int] = SimpleQueue()
    monkeypatch.setitem(hands.WORK, "work.test", lambda **ids: done.put(ids["account"]))
    hands.soon("work.test", account=7)
    assert done.get(timeout=10) == 7


def test_what_was_meant_for_later_does_no_harm_in_a_program_that_stops(
    dead_broker: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[int] = []
    monkeypatch.setitem(hands.WORK, "work.test", lambda **ids: begun.append(ids["account"]))
    hands.lanes.close()
    hands.later(0.01, "work.test", account=7)
    wait_for_timers()
    assert begun == []
    assert "Traceback" not in caplog.text


def wait_for_timers() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(timeout=10)


def test_time_outs_fit_into_the_lease() -> None:
    assert timedelta(seconds=2 + 8) < send.LEASE == look.LEASE <= timedelta(seconds=15)
