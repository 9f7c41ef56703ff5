"""Start one process so that it cannot outlive its launcher, and stop it. Knows no program by name.

The kernel signals a child when the *thread* that started it ends, so start children from the main thread.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from deploy.embedded.errors import CannotStart

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
Child = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Program:
    """What to start, and how it likes to end.

    `shown`: its output goes to the terminal too. `on_orphan` is what the kernel sends when the launcher dies
    first. `patience` is in seconds.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stdin: bytes = b""
    shown: bool = False
    user: int | None = None
    stop: signal.Signals = signal.SIGTERM
    on_orphan: signal.Signals = signal.SIGKILL
    patience: float = 10.0
    folder: Path = field(default_factory=Path.cwd)


def spawn(program: Program, *, output: IO[bytes] | int) -> Child:
    """Start the program in a process group of its own; Ctrl-C in the terminal does not reach it."""
    child = subprocess.Popen(
        program.command,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(program.environment),
        cwd=program.folder,
        process_group=0,
        preexec_fn=die_with(os.getpid(), program.on_orphan),
        **as_user(program.user),
    )
    feed(child, program.stdin)
    return child


def feed(child: Child, data: bytes) -> None:
    """Hand over what may not stand on a command line."""
    assert child.stdin is not None
    try:
        child.stdin.write(data)
        child.stdin.close()
    except BrokenPipeError:
        return  # it died already; whoever waits for it will see that


def die_with(launcher: int, sign: signal.Signals) -> Callable[[], None]:
    """For the child, between fork and exec: ask the kernel to send `sign` when the launcher is gone."""

    def ask() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != launcher:
            os._exit(1)

    return ask


def as_user(uid: int | None) -> dict[str, Any]:
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def stop(child: Child, program: Program) -> int:
    """Ask it to end, insist after its patience, and clear away what it started. Returns its exit code."""
    ask_to_end(child, program)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(program.patience)
    end(child)
    return child.wait()


def ask_to_end(child: Child, program: Program) -> None:
    if child.poll() is None:
        child.send_signal(program.stop)


def end(child: Child) -> None:
    """End the child and whatever is left of its process group."""
    clear(child)
    if child.poll() is None:
        child.kill()
    child.wait()


def clear(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], child: Child, *, name: str, seconds: float = 60.0) -> None:
    """Return when `ready`; CannotStart when the child ends before that, or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"{name} does not start; its log says why.")
        time.sleep(0.02)
