"""The public API and the simulator's control endpoints, as any program would call them. Knows no database."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

TIMEOUT = 10.0
PAUSE = 0.1
Json = dict[str, Any]
Found = TypeVar("Found")


class Refused(RuntimeError):
    """The other side said no; its own words."""


class NotInTime(RuntimeError):
    """What was waited for did not happen."""


@dataclass(frozen=True)
class Client:
    """Calls below one address, optionally with a token."""

    url: str
    token: str = ""

    def get(self, path: str) -> Json:
        return self.call("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        return self.call("POST", path, body=body)

    def all(self, path: str) -> list[Json]:
        """The results of a list's first page; enough for samples."""
        return list(self.get(path)["results"])

    def call(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        """JSON in, JSON out. Refused for any answer but 2xx, OSError when nobody answers."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        for name, value in {"Accept": "application/json", **(headers or {})}.items():
            request.add_header(name, value)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
                return dict(json.loads(reply.read() or b"{}"))
        except urllib.error.HTTPError as error:
            raise Refused(
                f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}"
            ) from None


def patiently(ask: Callable[[], Found | None], *, what: str, seconds: float) -> Found:
    """What `ask` answers once it is not None. While a part restarts, no answer only means: ask again."""
    deadline = time.monotonic() + seconds
    last = "it never came true"
    while time.monotonic() < deadline:
        try:
            found = ask()
        except (Refused, OSError) as error:
            found, last = None, str(error)
        if found is not None:
            return found
        time.sleep(PAUSE)
    raise NotInTime(f"Waited {seconds:.0f} s for {what}: {last}")
