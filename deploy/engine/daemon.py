"""A Docker daemon of our own in one folder, and nothing left of it afterwards. Knows no image.

It leaves the machine's firewall and forwarding alone: builds reach out over the host's network, containers
reach each other, their published ports answer on loopback, and that is all. Its bridge is its own: of two
daemons on docker0 one would take it away from the other.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.processes import die_with
from deploy.engine import packages
from deploy.engine.commands import ending, run

# A unix socket's path has at most 107 bytes, and the daemon adds names of its own below the folder.
LONGEST_FOLDER = 40
LABEL = "cloudevy.stand-ins=yes"
PLUGINS = {"docker-compose": "docker-compose", "docker-buildx": "docker-buildx"}
PATIENCE = 60.0


@dataclass(frozen=True)
class Daemon:
    """One daemon; everything of it is below `folder`."""

    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    @property
    def pidfile(self) -> Path:
        return self.folder / "dockerd.pid"

    @property
    def bridge(self) -> str:
        """A network interface's name has at most 15 characters."""
        return f"cvy-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"

    @property
    def environment(self) -> dict[str, str]:
        """For anything that calls docker; builds have no other network than the host's."""
        own = {"DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(self.folder / "config")}
        return {**os.environ, **own, "DOCKER_BUILDKIT": "1", "CLOUDEVY_BUILD_ARGS": "--network=host"}

    @property
    def command(self) -> tuple[str, ...]:
        places = ("--data-root", "data", "--exec-root", "exec", "--pidfile", "dockerd.pid")
        inside = (word if word.startswith("--") else str(self.folder / word) for word in places)
        alone = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")
        return (
            "dockerd",
            *inside,
            "-H",
            f"unix://{self.socket}",
            f"--bridge={self.bridge}",
            "--label",
            LABEL,
            *alone,
        )


@contextmanager
def running(folder: Path | None = None) -> Iterator[dict[str, str]]:
    """A fresh daemon's environment; at the end the daemon, its containers and its folder are gone."""
    daemon = Daemon(folder or Path(tempfile.mkdtemp(prefix="cvy-", dir="/tmp")))
    check(daemon.folder)
    try:
        start(daemon, stays=False)
        yield daemon.environment
    finally:
        remove(daemon)


def start(daemon: Daemon, *, stays: bool) -> None:
    """Install what is missing, start, and return when it answers. Not `stays`: it ends with this process."""
    packages.install(packages.ENGINE)
    daemon.folder.mkdir(parents=True, exist_ok=True)
    lay_out(daemon)
    drop_bridge(daemon)
    run(("ip", "link", "add", daemon.bridge, "type", "bridge"))
    with (daemon.folder / "dockerd.log").open("wb") as log:
        child = subprocess.Popen(
            daemon.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": f"{daemon.folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"},
            start_new_session=True,
            preexec_fn=None if stays else die_with(os.getpid(), signal.SIGTERM),
        )
    wait_for(daemon, child)


def check(folder: Path) -> None:
    """Before anything is touched, as what fails later is cleared away."""
    packages.demand_root()
    if len(str(folder.absolute())) > LONGEST_FOLDER:
        raise CannotStart(
            f"The folder {folder} has too long a name for the engine's socket. "
            f"Choose one of at most {LONGEST_FOLDER} characters."
        )
    if (folder / "dockerd.pid").exists():
        raise CannotStart(
            f"An engine runs in {folder} already. End it with `python -m deploy.engine down` first."
        )


def lay_out(daemon: Daemon) -> None:
    """Programs the daemon looks for on its PATH, and plugins the client looks for in its configuration."""
    plugins, programs = daemon.folder / "config" / "cli-plugins", daemon.folder / "bin"
    plugins.mkdir(parents=True, exist_ok=True)
    for package, plugin in PLUGINS.items():
        link(packages.later(package) / "usr/libexec/docker/cli-plugins" / plugin, plugins)
    programs.mkdir(exist_ok=True)
    for part in ("usr/sbin", "usr/bin"):
        for program in sorted((packages.later("docker.io") / part).iterdir()):
            link(program, programs)


def link(target: Path, folder: Path) -> None:
    place = folder / target.name
    place.unlink(missing_ok=True)
    place.symlink_to(target)


def wait_for(daemon: Daemon, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers(daemon.environment):
        if child.poll() is not None or time.monotonic() > deadline:
            log = (daemon.folder / "dockerd.log").read_text(errors="replace")
            raise CannotStart(f"The Docker engine does not start here: {ending(log)}")
        time.sleep(0.05)


def answers(environment: dict[str, str]) -> bool:
    """Whether an engine (not only a client) is there."""
    question = ("docker", "version", "--format", "{{.Server.Version}}")
    try:
        asked = subprocess.run(question, check=False, env=environment, capture_output=True, timeout=10)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def remove(daemon: Daemon) -> None:
    """Containers and networks, the daemon, what it mounted, its bridge and its folder. Safe to do twice."""
    if not daemon.folder.is_dir():
        return
    if answers(daemon.environment):
        empty(daemon)
    for pidfile in (daemon.pidfile, daemon.folder / "exec" / "containerd" / "containerd.pid"):
        end(pidfile, folder=daemon.folder)
    for place in mounts(daemon.folder):
        run(("umount", place))
    drop_bridge(daemon)
    shutil.rmtree(daemon.folder)


def drop_bridge(daemon: Daemon) -> None:
    if Path("/sys/class/net", daemon.bridge).exists():
        run(("ip", "link", "del", daemon.bridge))


def empty(daemon: Daemon) -> None:
    """Containers outlive a daemon by their shims, and networks by their bridges."""
    containers = run(("docker", "ps", "--all", "--quiet"), environment=daemon.environment).split()
    if containers:
        run(("docker", "rm", "--force", "--volumes", *containers), environment=daemon.environment)
    run(("docker", "network", "prune", "--force"), environment=daemon.environment)


def end(pidfile: Path, *, folder: Path) -> None:
    """End the process of a pid file, if its command line names the folder: numbers are given again."""
    with suppress(FileNotFoundError, ValueError):
        pid = int(pidfile.read_text())
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if is_ours(pid, folder):
                os.kill(pid, sign)
                wait_gone(pid, folder)


def is_ours(pid: int, folder: Path) -> bool:
    """A zombie has no command line any more, and is nobody's."""
    try:
        return str(folder).encode() in Path("/proc", str(pid), "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_gone(pid: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_ours(pid, folder) and time.monotonic() < deadline:
        time.sleep(0.05)


def mounts(folder: Path) -> list[str]:
    """What is mounted below the folder, deepest first."""
    places = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return sorted((place for place in places if place.startswith(f"{folder}/")), key=len, reverse=True)
