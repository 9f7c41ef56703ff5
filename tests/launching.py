"""Start and stop the launcher as a person would, and see which processes it has."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded import ports, ready
from deploy.embedded.programs import ROOT
from deploy.embedded.ready import Ready

LONGEST_START = 180.0
LONGEST_STOP = 60.0
Launcher = subprocess.Popen[bytes]


@contextmanager
def launched(folder: Path, *options: str) -> Iterator[Launcher]:
    """The launcher on `folder`/data; killed at the end if it has not ended by then."""
    place = ("--data", str(folder / "data"), "--ready-file", str(folder / "ready.json"))
    with (folder / "launcher.log").open("ab") as log:
        launcher = subprocess.Popen(
            (sys.executable, "-m", "deploy.embedded", "--port", str(ports.free()), *place, *options),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=deaf,
        )
    try:
        yield launcher
    finally:
        launcher.kill()
        launcher.wait()


def deaf() -> None:
    """As a shell starts a background job: Ctrl-C is not for it. Somebody who sends SIGINT still means it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def when_ready(launcher: Launcher, folder: Path) -> Ready:
    """What it told; fails with its own words when it ends before, or takes too long."""
    told, log = folder / "ready.json", folder / "launcher.log"

    def up() -> bool:
        assert launcher.poll() is None, f"it ended: {log.read_text()}"
        return told.exists()

    eventually(up, seconds=LONGEST_START, otherwise=log.read_text)
    return ready.read(told)


def eventually(
    condition: Callable[[], bool], *, seconds: float = 20.0, otherwise: Callable[[], object] = lambda: ""
) -> None:
    """Wait for the condition; fails when it does not come in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {otherwise()}"
        time.sleep(0.05)


def family(root: int) -> set[int]:
    """The process and all that descend from it, whoever their parent died as."""
    parents = {pid: parent for pid, parent in map(parent_of, processes()) if parent}
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def living(pids: set[int]) -> set[int]:
    return pids & set(processes())


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and not gone(path)]


def gone(path: Path) -> bool:
    return state(path)[:1] in ([], ["Z"])


def parent_of(pid: int) -> tuple[int, int | None]:
    fields = state(Path("/proc") / str(pid))
    return pid, int(fields[1]) if fields else None


def state(path: Path) -> list[str]:
    """State and parent of a process as the kernel writes them; nothing when it has ended meanwhile."""
    try:
        return (path / "stat").read_text().rsplit(")", 1)[1].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return []
