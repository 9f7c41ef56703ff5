"""Beat's log when its database goes away between two questions."""

import logging

import pytest
from django.db import OperationalError
from django_celery_beat import schedulers

from scheduler import pacer
from shared.outage import Outage


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


def test_anything_else_the_library_says_is_heard(
    noted: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    assert pacer.unless_away(logging.makeLogRecord({"msg": "DatabaseScheduler: Schedule changed."}))
    fail(ValueError("a row that cannot be read"))
    assert noted == []
    assert [record.getMessage() for record in caplog.records] == ["Database gave error"]
