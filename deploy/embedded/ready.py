"""When everything is up, and telling about it: questions, the ready file, the last words of the start."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.embedded import private

TIMEOUT = 2.0


@dataclass(frozen=True)
class Ready:
    """What `--ready-file` holds."""

    url: str
    username: str
    password: str
    api_token: str
    simulator_url: str | None

    def write(self, path: Path) -> None:
        """Readable by its owner only, and never half written."""
        private.write(path, asdict(self))


def read(path: Path) -> Ready:
    return Ready(**json.loads(path.read_text()))


def answers(url: str) -> Callable[[], bool]:
    """A question: does `url` answer with 200?"""
    return lambda: fetch(url)[0] == 200


def healthy(url: str) -> Callable[[], bool]:
    """A question: are the api and its parts up? Beat leaves its first trace only minutes after its start."""
    return lambda: {checks(url).get(part) for part in ("postgres", "migrations", "redis", "worker")} == {"ok"}


def checks(url: str) -> dict[str, Any]:
    return dict(fetch(f"{url}/readyz")[1].get("checks", {}))


def fetch(url: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON body; (0, {}) when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
            return reply.status, body(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, body(error.read())
    except OSError:
        return 0, {}


def body(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def closing_words(ready: Ready, *, data: Path, started: float) -> str:
    simulator = (
        f"   A simulated EC2 with sample servers: {ready.simulator_url}\n" if ready.simulator_url else ""
    )
    return (
        f"\nCloudevy is ready after {time.monotonic() - started:.1f} s:  {ready.url}\n"
        f"   Sign in as  {ready.username}  with password  {ready.password}\n"
        f"{simulator}"
        f"   API token and password are kept in {data / 'credentials.json'}, logs in {data / 'logs'}\n"
        f"   Ctrl-C stops everything.\n"
    )
