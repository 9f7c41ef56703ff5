"""What the log says of requests that failed on our side."""

import json
import logging
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from api.tests.conftest import Person
from shared import outage
from shared.logs import JsonFormatter


@pytest.fixture
def failures() -> Iterator[list[logging.LogRecord]]:
    """What Django writes about requests that failed, as our filter lets it through."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[method-assign,assignment]
    logging.getLogger("django.request").addHandler(handler)
    yield kept
    logging.getLogger("django.request").removeHandler(handler)


@pytest.mark.django_db
def test_a_defect_is_logged_under_the_id_that_its_asker_sees(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failures: list[logging.LogRecord]
) -> None:
    monkeypatch.setattr("api.authentication.tokens.verify", lambda *_, **__: 1 / 0)
    answer = alice.get("me")
    (record,) = failures
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in record.getMessage()
    assert json.loads(JsonFormatter().format(record))["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.django_db
def test_a_lost_database_is_told_once_and_not_for_every_request(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failures: list[logging.LogRecord]
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("connection refused\n\tIs the server running?")

    told: list[str] = []
    monkeypatch.setattr(outage.database, "told_at", None)
    monkeypatch.setattr(outage, "warning", lambda _, *, text, **__: told.append(text))
    monkeypatch.setattr("api.authentication.tokens.verify", gone)
    for _ in range(3):
        assert alice.get("me").status_code == 503
    assert told == ["🔴 The database does not answer, all work waits for it: connection refused"]
    assert failures == []
