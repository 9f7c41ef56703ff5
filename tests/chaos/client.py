"""The API of a house, and somebody who uses it over HTTP with a token. Must not know what is tested.

Needs Django to be set up, for the rows of the person and the token.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.embedded import programs
from shared.people import tokens
from shared.people.models import Membership, Role, User, Workspace
from tests.chaos.house import PROXYLESS, House, Part


@dataclass(frozen=True)
class Reply:
    """One answer: status (0: none came), headers in lower case, JSON, and how long it took in seconds."""

    status: int
    body: Any
    headers: Mapping[str, str]
    seconds: float


@dataclass
class Visitor:
    """Somebody with a token. Remembers every answer's status and time."""

    url: str
    token: str
    replies: list[tuple[int, float]] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> Reply:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object, **headers: str) -> Reply:
        return self.call("POST", path, body, **headers)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """`path` stands behind /api/v1/; underscores in the names of headers are hyphens."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        began = time.monotonic()
        status, raw, told = answered(request)
        reply = Reply(status, json.loads(raw) if raw else None, told, time.monotonic() - began)
        self.replies.append((status, reply.seconds))
        return reply

    def failures(self) -> list[str]:
        """What may never come: a 5xx, or no answer."""
        return [f"{status} after {took:.1f} s" for status, took in self.replies if not 0 < status < 500]


def answered(request: urllib.request.Request) -> tuple[int, bytes, dict[str, str]]:
    try:
        with PROXYLESS.open(request, timeout=20) as reply:
            return reply.status, reply.read(), {name.lower(): value for name, value in reply.headers.items()}
    except urllib.error.HTTPError as error:
        told = {name.lower(): value for name, value in error.headers.items()}
        return error.code, error.read() if error.code != 304 else b"", told
    except OSError:
        return 0, b"", {}


@contextmanager
def served(house: House) -> Iterator[Visitor]:
    """The API of this house until the block ends, and its owner with a token."""
    token = owner()
    plain = programs.api(house.site)
    program = replace(plain, environment={**plain.environment, "DJANGO_SETTINGS_MODULE": "api.settings"})
    part = Part(program, lambda: is_up(house), house.folder / "api.log")
    try:
        part.start()
        yield Visitor(house.site.url, token)
    finally:
        part.close()


def is_up(house: House) -> bool:
    return answered(urllib.request.Request(f"{house.site.url}/healthz"))[0] == 200


def owner() -> str:
    workspace = Workspace.objects.get()
    user = User.objects.create_user("owner@example.com", name="Owner")
    Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    return tokens.issue(user=user, workspace=workspace, name="chaos", scope=Role.OWNER)[1]
