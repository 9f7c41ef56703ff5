"""Worker and beat processes as the supervisor sees them: hired, signalled and missed by pid alone.

A pidfd is kept for each, so that a signal can never reach a stranger who got the same number.
"""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded.processes import die_with
from deploy.embedded.programs import PYTHON, ROOT

LONGEST_START = 60.0


@dataclass
class Member:
    """One process. `code` is None while it lives; a signal's number comes negative.

    `meddled`: it carries an armed point, or we have signalled it; so its end proves nothing.
    """

    name: str
    pid: int
    pidfd: int
    began: float
    code: int | None = None
    ended: float = 0.0
    meddled: bool = False

    def signal(self, sign: signal.Signals) -> None:
        if self.pidfd < 0:
            return
        self.meddled = True
        try:
            signal.pidfd_send_signal(self.pidfd, sign)
        except ProcessLookupError:
            return

    @property
    def alive(self) -> bool:
        return self.code is None


@dataclass
class Crew:
    """The process that forks the programs, and everybody it has forked."""

    environment: Mapping[str, str]
    logs: Path
    members: dict[int, Member] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)
    child: subprocess.Popen[bytes] | None = None
    heard: bytes = b""
    hired: dict[str, int] = field(default_factory=dict)

    def open(self) -> None:
        with (self.logs / "crew.log").open("ab") as log:
            self.child = subprocess.Popen(
                (PYTHON, "-m", "tests.chaos.worker", "crew"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(self.environment),
                cwd=ROOT,
                process_group=0,
                preexec_fn=die_with(os.getpid(), signal.SIGKILL),
            )

    def wait_ready(self) -> None:
        self.hear_until("ready")

    def hire(
        self, name: str, *, program: str = "worker", build: str = "", die_at: str = "", threads: int = 0
    ) -> Member:
        """A new process; it is at work a moment later. `threads` 0: as many as usual."""
        assert self.child is not None
        assert self.child.stdin is not None
        part: dict[str, object] = {"name": name, "program": program, "build": build, "die_at": die_at}
        part["threads"] = threads
        part["log"] = str(self.logs / f"{name}.log")
        self.child.stdin.write(json.dumps(part).encode() + b"\n")
        self.child.stdin.flush()
        self.hear_until(name)
        pid = self.hired.pop(name)
        may_end = bool(die_at) or program == "asker"
        member = Member(name, pid, open_pidfd(pid), time.time(), meddled=may_end)
        if pid in self.gone:
            member.code = self.gone[pid]
        self.members[pid] = member
        return member

    def hear_until(self, word: str) -> None:
        deadline = time.monotonic() + LONGEST_START
        while word not in self.hired:
            self.hear(wait=0.2)
            assert self.child is not None
            if self.child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The crew does not start; {self.logs / 'crew.log'} says why.")

    def hear(self, *, wait: float = 0.0) -> None:
        """Take in who was hired and who has ended."""
        assert self.child is not None
        assert self.child.stdout is not None
        while select.select([self.child.stdout], [], [], wait)[0]:
            more = os.read(self.child.stdout.fileno(), 65536)
            if not more:
                return
            *lines, self.heard = (self.heard + more).split(b"\n")
            for line in lines:
                self.note(json.loads(line))
            wait = 0.0

    def note(self, told: Mapping[str, object]) -> None:
        if "ready" in told:
            self.hired["ready"] = 0
        elif "pid" in told:
            self.hired[str(told["name"])] = int(str(told["pid"]))
        else:
            pid, code = int(str(told["ended"])), int(str(told["code"]))
            self.gone[pid] = code
            if pid in self.members:
                self.members[pid].code, self.members[pid].ended = code, time.time()

    def living(self, program: str = "") -> list[Member]:
        self.hear()
        return [each for each in self.members.values() if each.alive and each.name.startswith(program)]

    def deserters(self) -> list[Member]:
        """Who has ended although nobody made it end, with whatever code."""
        self.hear()
        return [each for each in self.members.values() if not each.alive and not each.meddled]

    def dead(self) -> set[int]:
        """The pids of all that were killed."""
        self.hear()
        return {each.pid for each in self.members.values() if each.code == -signal.SIGKILL}

    def wait(self, member: Member) -> None:
        """Until it has ended by itself."""
        deadline = time.monotonic() + LONGEST_START
        while member.alive and time.monotonic() < deadline:
            self.hear(wait=0.1)

    def end(self, members: Iterable[Member], sign: signal.Signals = signal.SIGKILL) -> None:
        """Signal them and wait until they are gone."""
        wanted = list(members)
        for member in wanted:
            member.signal(sign)
        deadline = time.monotonic() + LONGEST_START
        while any(member.alive for member in wanted) and time.monotonic() < deadline:
            self.hear(wait=0.1)

    def close(self) -> None:
        """End the crew; the kernel ends whom it has forked."""
        if self.child is None:
            return
        for member in self.members.values():
            if member.alive:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGKILL)
            if member.pidfd >= 0:
                os.close(member.pidfd)
        self.child.kill()
        self.child.wait()


def open_pidfd(pid: int) -> int:
    """-1 when it has ended already."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return -1
