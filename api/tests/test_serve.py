"""The server: a line when it starts, one when it has stopped, and whoever was being served gets an answer."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from api import serve
from deploy.embedded import ports

ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from api import serve; serve.main(sys.argv[1:], application='api.tests.waiting:application')"
)
Server = subprocess.Popen[str]


@contextmanager
def serving(*command: str, **more: str) -> Iterator[Server]:
    """The server, with its words on standard output; killed at the end if it has not ended by then."""
    server = subprocess.Popen(
        (sys.executable, *command),
        cwd=ROOT,
        env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "api.settings"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def eventually(condition: Callable[[], object], server: Server) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert server.poll() is None, server.communicate()[0]
        assert time.monotonic() < deadline, "it did not happen within 30 s"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    try:
        return get(url) == 200
    except OSError:
        return False


def get(url: str) -> int:
    with urllib.request.urlopen(url, timeout=30) as reply:
        return int(reply.status)


def test_who_is_being_served_gets_an_answer_before_the_server_ends(tmp_path: Path) -> None:
    port = ports.free()
    with serving("-c", SERVE, "--port", str(port), "--workers", "1") as server, ThreadPoolExecutor() as pool:
        assert server.stdout
        assert "Cloudevy API" in server.stdout.readline()
        eventually(lambda: listens(port), server)
        asked = pool.submit(get, f"http://127.0.0.1:{port}/?{tmp_path}")
        eventually((tmp_path / "begun").exists, server)
        server.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.5)
        (tmp_path / "go").touch()
        assert asked.result(timeout=30) == 200
        assert server.wait(30) == 0


def test_every_line_of_the_log_is_json_when_asked_for() -> None:
    port = str(ports.free())
    with serving("-m", "api", "serve", "--port", port, LOG_FORMAT="json") as server:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/healthz"), server)
        assert not answers(f"http://127.0.0.1:{port}/api/nowhere")
        server.send_signal(signal.SIGTERM)
        lines = server.communicate(timeout=30)[0].splitlines()
        assert server.returncode == 0
    events = [json.loads(line) for line in lines]
    assert [each["event"] for each in events] == ["api.started", "api.stopped"]
    # An operator who turns the key has to see which one this api has.
    assert events[0]["key"] == "k1"


def test_a_setting_that_cannot_be_understood_is_told_in_one_sentence() -> None:
    with serving("-m", "api", "serve", CLOUDEVY_PUBLIC_URL="nonsense") as server:
        said = server.communicate(timeout=30)[0].strip().splitlines()
    assert server.returncode == 1
    assert len(said) == 1
    assert said[0].startswith("CLOUDEVY_PUBLIC_URL='nonsense' is not of the form")


def test_the_number_of_workers_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDEVY_API_WORKERS", "5")
    assert serve.parse([]).workers == 5
    assert serve.parse(["--workers", "3"]).workers == 3


def test_settings_can_be_tried_without_serving() -> None:
    cases: list[tuple[dict[str, str], int]] = [
        ({}, 0),
        ({"CLOUDEVY_API_WORKERS": "many"}, 1),
        ({"LOG_FORMAT": "loud"}, 1),
    ]
    for more, code in cases:
        with serving("-m", "api", "serve", "--check", **more) as server:
            assert server.wait(30) == code
