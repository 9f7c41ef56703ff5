"""A server as an operator has one: a folder with five things in it, a container engine, and no checkout.

Knows Cloudevy only by its scripts, its compose file and its public API.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.demo import client
from deploy.demo.client import Client
from deploy.embedded import ports

ROOT = Path(__file__).resolve().parents[2]
OWNER = "admin@example.com"
IMAGES = ("cloudevy-api", "cloudevy-downtime-scheduler", "cloudevy-frontend", "cloudevy-demo")
OURS = ("cloudevy-api", "cloudevy-downtime-scheduler", "cloudevy-beat", "cloudevy-frontend")
LONG_RUNNING = ("cloudevy-postgres-1", "cloudevy-redis-1", *OURS)
Environment = Mapping[str, str]


@dataclass
class Done:
    """How a command ended, what it said, and how long it took."""

    code: int
    said: str
    seconds: float


def run(*command: str, folder: Path, environment: Environment, **more: str) -> Done:
    """A command as a person runs it: both of its streams in one."""
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, **more},
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Done(done.returncode, done.stdout, time.monotonic() - began)


@dataclass
class Server:
    """The folder, and the engine's environment."""

    folder: Path
    environment: Environment
    ports: dict[str, int] = field(default_factory=dict)

    def furnish(self, *, tag: str) -> None:
        """What the README says to copy, and what it says to write into `.env`."""
        for name in ("docker-compose.yml", ".env.example", "pull-images.sh", "deploy/init.sh"):
            source = ROOT / name
            target = self.folder / source.name
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
        self.must("sh", "./init.sh", "--demo")
        names = ("CLOUDEVY_PORT", "CLOUDEVY_API_PORT", "CLOUDEVY_SCHEDULER_PORT", "CLOUDEVY_SIMULATOR_PORT")
        self.ports = {name: ports.free() for name in names}
        self.write({name: str(port) for name, port in self.ports.items()})
        self.write({"CLOUDEVY_TAG": tag, "CLOUDEVY_PUBLIC_URL": self.url})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['CLOUDEVY_PORT']}"

    @property
    def password(self) -> str:
        return (self.folder / "secrets" / "owner_password").read_text().strip()

    def api(self) -> Client:
        """The API through the front, as the owner."""
        return Client.sign_in(self.url, email=OWNER, password=self.password)

    def simulator(self) -> Client:
        return client.simulator(f"http://127.0.0.1:{self.ports['CLOUDEVY_SIMULATOR_PORT']}")

    def write(self, values: Mapping[str, str]) -> None:
        """Lines of `.env`, changed as an editor would."""
        path = self.folder / ".env"
        text = path.read_text()
        for name, value in values.items():
            text, found = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            assert found == 1, f"{name} stands {found} times in .env"
        path.write_text(text)

    def setting(self, name: str) -> str:
        found = re.search(rf"^{name}=(.*)$", (self.folder / ".env").read_text(), flags=re.MULTILINE)
        return found.group(1) if found else ""

    def run(self, *command: str, **more: str) -> Done:
        return run(*command, folder=self.folder, environment=self.environment, **more)

    def must(self, *command: str, **more: str) -> Done:
        done = self.run(*command, **more)
        assert done.code == 0, f"{' '.join(command)} ended with {done.code}:\n{done.said}"
        return done

    def docker(self, *arguments: str) -> str:
        return self.must("docker", *arguments).said

    def inspect(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", container))
        return found[0]

    def state(self, container: str) -> str:
        """`healthy`, or what it is instead."""
        state = self.inspect(container)["State"]
        return str(state.get("Health", {}).get("Status", state["Status"]))

    def image(self, container: str) -> str:
        return str(self.inspect(container)["Config"]["Image"])

    def logs(self, container: str) -> str:
        return self.docker("logs", container)

    def kill(self, container: str) -> None:
        """As the kernel does when memory is short; `docker kill` would tell the engine not to restart it."""
        os.kill(self.inspect(container)["State"]["Pid"], signal.SIGKILL)

    def wait_healthy(self, *containers: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while states := {each: self.state(each) for each in containers if self.state(each) != "healthy"}:
            assert time.monotonic() < deadline, f"not healthy after {seconds:.0f} s: {states}"
            time.sleep(0.5)

    def wait_ended(self, container: str, *, seconds: float = 120) -> None:
        """For one that has a single thing to do."""
        deadline = time.monotonic() + seconds
        while self.inspect(container)["State"]["Status"] != "exited":
            assert time.monotonic() < deadline, f"{container} still runs after {seconds:.0f} s"
            time.sleep(0.5)
        assert self.inspect(container)["State"]["ExitCode"] == 0, self.logs(container)
