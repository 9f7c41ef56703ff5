"""The health check of the images: silent and 0 when all is well, else 1 and the reason."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.embedded import ports

SCRIPT = Path(__file__).parents[1] / "healthcheck.py"


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that stands in the path."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()
        self.wfile.write(b'{"status": "down"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def check(*arguments: str) -> tuple[int, str]:
    command = (sys.executable, "-I", str(SCRIPT), *arguments)
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("status", [200, 204])
def test_a_good_answer_is_silent(url: str, status: int) -> None:
    assert check(f"{url}/{status}") == (0, "")


@pytest.mark.parametrize("status", [404, 503])
def test_a_bad_answer_is_told_with_its_body(url: str, status: int) -> None:
    assert check(f"{url}/{status}") == (1, f'{url}/{status} answered {status}: {{"status": "down"}}\n')


def test_nobody_there_is_told() -> None:
    code, said = check(f"http://127.0.0.1:{ports.free()}/healthz")
    assert code == 1
    assert "does not answer" in said


def test_a_wrong_call_is_told() -> None:
    assert check()[0] == check("file:///etc/passwd")[0] == 2
