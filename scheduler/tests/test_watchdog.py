"""The watchdog measures the longest request under way and ends the process only for that."""

import threading
import time

import pytest

from scheduler import watchdog
from scheduler.watchdog import oldest, watch, watched


def test_only_requests_under_way_grow_old() -> None:
    now = time.monotonic()
    assert oldest(at=now + 100) == 0
    with watched():
        assert oldest(at=time.monotonic() + 61) > 60
    assert oldest(at=now + 100) == 0


def test_a_hanging_request_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ended = threading.Event(), []

    def end(code: int) -> None:
        ended.append(code)
        stop.set()

    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr(watchdog, "PERIOD_SECONDS", 0.01)
    with watched():
        watch(stop=stop, limit=0.0)
    assert ended == [watchdog.EXIT_CODE]
