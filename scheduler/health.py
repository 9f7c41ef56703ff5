"""Is the program alive, and can it do its work? A tiny HTTP server in a thread of worker and beat.

`/healthz`: its loop moves. `/readyz`: what the work needs, as JSON; 503 when it cannot be done. Redis is a
word only: without it the fallback clock works on. No answer takes 2 s, whatever hangs, and none
holds anything secret.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from django.conf import settings
from django.db import Error, connection

from scheduler import pulse, ticks, watchdog
from shared import broker, env
from shared.bounded import within
from shared.env import BadEnvironment

DATABASE_SECONDS = 1.2
REDIS_SECONDS = 0.5
NEEDED = ("loop", "postgres", "ticks", "aws")
# The worker's loop runs overdue ticks itself and some are long; beat's does nothing but knock.
LOOP_AGE = {"worker": 60.0, "beat": 30.0}


def worker() -> dict[str, object]:
    """All that firing and sending need; the age of each tick in seconds."""
    ages = within(DATABASE_SECONDS, tick_ages)
    return {
        "loop": loop_word("worker"),
        "postgres": "unreachable" if ages is None else "ok",
        "ticks": ticks_word(ages or {}),
        "aws": aws_word(),
        "redis": redis_word(),
        "ages": {name: round(age, 1) for name, age in sorted((ages or {}).items())},
    }


def beat() -> dict[str, object]:
    """Beat knocks without Postgres too, for the ticks it has read; so only its loop decides."""
    return {"loop": loop_word("beat"), "redis": redis_word()}


EXAMINE = {"worker": worker, "beat": beat}


def status(checks: dict[str, object]) -> str:
    """`down` when the work cannot be done, `degraded` when it is done the slower way."""
    if any(checks.get(name, "ok") != "ok" for name in NEEDED):
        return "down"
    return "ok" if checks["redis"] == "ok" else "degraded"


def loop_word(program: str) -> str:
    if pulse.stage() != pulse.WORKING:
        return pulse.stage()
    return "ok" if moves(program) else "stands still"


def moves(program: str) -> bool:
    return pulse.age() < LOOP_AGE[program]


def ticks_word(ages: dict[str, float]) -> str:
    oldest = max(ages.get(name, float("inf")) for name in broker.QUICK_TICKS)
    return "ok" if oldest < broker.TICK_AGE else "late"


def aws_word() -> str:
    return "ok" if watchdog.oldest(at=time.monotonic()) < watchdog.LIMIT_SECONDS else "hangs"


def tick_ages() -> dict[str, float] | None:
    """Seconds since each tick ran; None when Postgres does not answer, or has no tables yet."""
    try:
        return ticks.ages()
    except Error:
        return None
    finally:
        connection.close()


def redis_word() -> str:
    return "ok" if broker.is_there(settings.BROKER_URL, seconds=REDIS_SECONDS) else "unreachable"


class Desk(BaseHTTPRequestHandler):
    """Answers two questions and says nothing about itself."""

    program: ClassVar[str]
    server_version = "cloudevy"
    sys_version = ""
    timeout = 5.0

    def do_GET(self) -> None:
        if self.path == "/healthz":
            alive = moves(self.program)
            self.answer(200 if alive else 503, {"status": "ok" if alive else "down"})
        elif self.path == "/readyz":
            checks = EXAMINE[self.program]()
            word = status(checks)
            self.answer(503 if word == "down" else 200, {"status": word, "checks": checks})
        else:
            self.answer(404, {"status": "not found"})

    def answer(self, status: int, body: dict[str, object]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Probes come every few seconds; their answers are for who asks."""


def serve(program: str) -> int | None:
    """Answer on CLOUDEVY_HEALTH_PORT from now on, in a thread; the port. None when there is no such port."""
    host = env.text("CLOUDEVY_HEALTH_HOST", "127.0.0.1")
    port = env.number("CLOUDEVY_HEALTH_PORT", default=0)
    if not port:
        return None
    handler = type("Desk", (Desk,), {"program": program})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except (OSError, OverflowError) as error:
        raise BadEnvironment(
            f"CLOUDEVY_HEALTH_PORT={port} on {host} cannot be used ({error}). Choose another."
        ) from error
    threading.Thread(target=server.serve_forever, daemon=True, name="health").start()
    return port
