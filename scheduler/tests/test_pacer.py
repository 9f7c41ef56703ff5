"""Beat's loop: it knocks, and neither a dead broker nor a dead database stops it."""

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django_celery_beat import schedulers
from django_celery_beat.models import PeriodicTask

from scheduler import hands, pacer, pulse
from scheduler.app import app
from scheduler.install import install
from scheduler.pacer import Pacer
from shared import broker, clock
from shared.outage import Outage


@pytest.fixture
def knocked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(hands.door, "knock", heard.append)
    return heard


@pytest.fixture
def scheduler(transactional_db: None, knocked: list[str]) -> Pacer:
    install()
    # A new row would be due only after its period.
    PeriodicTask.objects.update(last_run_at=clock.now() - timedelta(days=1))
    scheduler = Pacer(app=app, lazy=True)
    scheduler._finalize.cancel()
    return scheduler


def test_every_tick_that_is_due_is_knocked_for(scheduler: Pacer, knocked: list[str]) -> None:
    while scheduler.tick() == 0:
        continue
    assert broker.FIRE in knocked
    assert broker.PRUNE in knocked
    assert len(knocked) == len(set(knocked)) == 7


def test_the_loop_moves_with_every_turn(scheduler: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[bool] = []
    monkeypatch.setattr(pulse, "beat", lambda: moved.append(True))
    scheduler.tick()
    assert moved


def test_without_a_broker_it_goes_on(scheduler: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "door", broker.Door(broker.sender("redis://127.0.0.1:1/0")))
    while scheduler.tick() == 0:
        continue
    assert hands.door.failures == 1


def test_without_a_database_it_rests_and_goes_on(
    scheduler: Pacer, knocked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "enabled_models", gone)
    assert scheduler.tick() == pacer.REST_SECONDS
    assert knocked == []


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    found: list[Exception] = []
    monkeypatch.setattr(Outage, "note", lambda _, error: found.append(error))
    return found


def fail(error: Exception) -> None:
    try:
        raise error
    except type(error):
        schedulers.logger.exception("Database gave error")


def test_a_lost_database_is_an_outage_and_no_stack_trace(
    noted: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    gone = OperationalError("terminating connection due to administrator command")
    fail(gone)
    assert noted == [gone]
    assert caplog.records == []


def test_an_outage_is_over_with_the_first_turn_that_finds_the_database(
    scheduler: Pacer, noted: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    over: list[bool] = []
    monkeypatch.setattr(Outage, "over", lambda _: over.append(True))
    with monkeypatch.context() as patch:
        patch.setattr(scheduler.Changes, "last_change", gone)
        scheduler.tick()
    assert noted
    assert over == []
    scheduler.tick()
    assert over == [True]


def gone() -> None:
    raise OperationalError("gone")


def test_a_closed_connection_is_an_outage_too(
    noted: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    schedulers.logger.warning("DatabaseScheduler: InterfaceError in sync(), waiting to retry in next call...")
    assert len(noted) == 1
    assert caplog.records == []


def test_anything_else_the_library_says_is_heard(
    noted: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    assert pacer.faults.filter(logging.makeLogRecord({"msg": "DatabaseScheduler: Schedule changed."}))
    fail(ValueError("a row that cannot be read"))
    assert noted == []
    assert [record.getMessage() for record in caplog.records] == ["Database gave error"]
