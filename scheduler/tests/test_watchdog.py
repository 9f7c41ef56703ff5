"""The watchdog measures the longest request under way and ends the process only for that."""

import subprocess
import sys
import threading
import time as wall
from collections.abc import Sequence
from pathlib import Path

import pytest

from scheduler import send, sweep, watchdog
from scheduler.ec2.gateway import Answer
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.watchdog import oldest, watch, watched
from shared.fleet.models import Region, Server

ROOT = Path(__file__).parents[2]


def test_only_requests_under_way_grow_old() -> None:
    now = wall.monotonic()
    assert oldest(at=now + 100) == 0
    with watched():
        assert oldest(at=wall.monotonic() + 61) > 60
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


HANGS = """
import threading
from scheduler import watchdog
watchdog.PERIOD_SECONDS = 0.05
threading.Thread(target=watchdog.watch, kwargs={"stop": threading.Event(), "limit": 0.2}, daemon=True).start()
with watchdog.watched():
    threading.Event().wait(30)
"""


def test_the_process_really_ends_whatever_its_threads_do() -> None:
    ended = subprocess.run((sys.executable, "-c", HANGS), cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == watchdog.EXIT_CODE


class Died(BaseException):
    """The process ends here: nothing that stands behind it happens."""


@pytest.mark.parametrize("arrived", [True, False])
def test_what_a_process_that_was_ended_had_sent_is_settled_by_looking(
    time: Time, region: Region, server: Server, ec2: WorldEc2, arrived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = ask(server, "stop", time)

    def hang(action: str, ids: Sequence[str], **_: object) -> Answer:
        if arrived:
            getattr(ec2.world, action)(ec2.caller, ids)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(ec2, "act", hang)
        with pytest.raises(Died):
            send.drain(region.id, "stop")
    assert state(operation) == ("sending", "")
    for _ in range(60):
        time.forward(2)
        sweep.sweep()
        send.drain(region.id, "stop")
        look_now(region)
    assert state(operation) == ("succeeded", "end_seen")
    assert [action for action, _ in ec2.calls] == ([] if arrived else ["stop"])
