"""What decides whether a program can work, and that asking never takes long."""

import threading
import time
import urllib.request

import pytest
from django.db import OperationalError

from deploy.embedded import ports
from scheduler import health, pulse, ticks, watchdog
from shared import broker
from shared.env import BadEnvironment
from shared.outage import Outage

FRESH = dict.fromkeys(broker.QUICK_TICKS, 1.0)


@pytest.fixture(autouse=True)
def working(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in the midst of its work, everything around it in order."""
    monkeypatch.setattr(pulse, "stage", lambda: pulse.WORKING)
    monkeypatch.setattr(broker, "ping", lambda _url: True)
    monkeypatch.setattr(health, "tick_ages", lambda: FRESH)
    pulse.beat()


def word(program: str = "worker") -> str:
    return health.status(health.EXAMINE[program]())


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_with_all_it_needs_it_is_ok(program: str) -> None:
    assert word(program) == "ok"


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_without_redis_it_is_degraded(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "ping", lambda _url: False)
    assert word(program) == "degraded"


@pytest.mark.parametrize("program", ["worker", "beat"])
@pytest.mark.parametrize("stage", [pulse.STARTING, pulse.STOPPING])
def test_before_and_after_its_work_it_is_down(
    program: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "stage", lambda: stage)
    assert word(program) == "down"


@pytest.mark.parametrize(("program", "seconds"), [("worker", 61.0), ("beat", 31.0)])
def test_a_loop_that_stands_still_is_down(
    program: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "age", lambda: seconds)
    assert word(program) == "down"


def test_without_postgres_the_worker_is_down_and_beat_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "tick_ages", lambda: None)
    assert (word("worker"), word("beat")) == ("down", "ok")


@pytest.mark.parametrize("ages", [{}, FRESH | {broker.FIRE: 16.0}])
def test_ticks_that_nobody_runs_are_down(ages: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "tick_ages", lambda: ages)
    assert word() == "down"


def test_a_request_to_aws_that_hangs_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "oldest", lambda **_: watchdog.LIMIT_SECONDS + 1)
    assert word() == "down"


def test_whatever_hangs_the_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(health, "tick_ages", lambda: hangs.wait(60))
    monkeypatch.setattr(broker, "ping", lambda _url: hangs.wait(60))
    began = time.monotonic()
    assert word() == "down"
    assert time.monotonic() - began < 10
    hangs.set()


def test_a_database_error_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError

    monkeypatch.undo()
    monkeypatch.setattr(ticks, "ages", gone)
    assert health.tick_ages() is None


def test_without_a_port_nobody_listens() -> None:
    assert health.serve("worker") is None


def test_it_says_nothing_about_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDEVY_HEALTH_PORT", str(ports.free()))
    port = health.serve("beat")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as reply:
        assert (reply.status, reply.headers["Server"].strip()) == (200, "cloudevy")
    with pytest.raises(BadEnvironment, match="CLOUDEVY_HEALTH_PORT"):
        health.serve("worker")


def test_an_outage_is_told_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("test", away="Away", back="Back")
    with caplog.at_level("INFO", logger="cloudevy"):
        caplog.handler.setLevel("INFO")
        outage.over()
        for _ in range(3):
            outage.note(OSError("one\ntwo"))
        outage.over()
        outage.over()
        outage.note(OSError("three"))
    assert said(caplog) == ["Away: one", "Back", "Away: three"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]
