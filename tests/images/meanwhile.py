"""What goes on while an operator works: people who look at the page, and schedules that come due."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from deploy.demo.client import Client, Json, patiently
from deploy.demo.samples import ENDS
from tests.images.server import Server

PATHS = {"page": "/favicon.svg", "api": "/healthz"}
BEAT = 0.1


@dataclass
class Visitor:
    """Asks for the page and the api ten times a second, and counts the seconds without an answer."""

    url: str
    away: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PATHS, 0.0))

    def visit(self, name: str, gone: threading.Event) -> None:
        last = time.monotonic()
        while not gone.wait(BEAT):
            came = answers(f"{self.url}{PATHS[name]}")
            now = time.monotonic()
            self.away[name] += 0 if came else now - last
            last = now


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def visited(server: Server) -> Iterator[Visitor]:
    visitor, gone = Visitor(server.url), threading.Event()
    threads = [threading.Thread(target=visitor.visit, args=(name, gone), daemon=True) for name in PATHS]
    for thread in threads:
        thread.start()
    try:
        yield visitor
    finally:
        gone.set()
        for thread in threads:
            thread.join()


def plan(api: Client, server: int, *, seconds: dict[str, int]) -> int:
    """A schedule with one moment for each action, so many seconds from now; its id."""
    now = datetime.now(UTC).replace(microsecond=0)
    rules = [
        {"action": action, "at": (now + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S")}
        for action, after in seconds.items()
    ]
    body = {"name": f"Meanwhile {now:%H%M%S}", "timezone": "UTC", "rules": rules, "servers": [server]}
    return int(api.post("/schedules", body)["id"])


def ends(api: Client, schedule: int, *, count: int) -> list[Json]:
    """Its operations, once there are so many and all have ended, oldest first."""

    def ended() -> list[Json] | None:
        rows = api.all(f"/operations?schedule={schedule}&ordering=due_at")
        return rows if len(rows) == count and all(row["state"] in ENDS for row in rows) else None

    return patiently(ended, what=f"{count} operations of schedule {schedule} to end", seconds=90)
