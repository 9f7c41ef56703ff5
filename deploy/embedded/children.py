"""Keeps children alive: starts them, copies what they say, restarts the dead, stops all in reverse order.

One thread does it all (the kernel ties a child's life to the thread that started it), so whoever waits for
something waits by calling `attend` again and again. It knows no program by name.
"""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import IO

from deploy.embedded import processes
from deploy.embedded.errors import CannotStart
from deploy.embedded.house import House
from deploy.embedded.processes import Child, Program

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 30.0
TURN = 0.05
CHUNK = 65536


@dataclass
class Kept:
    """A child and its log. `again_at` (monotonic) is set while it is dead and waits for its restart."""

    program: Program
    process: Child
    log: IO[bytes]
    born: float = field(default_factory=time.monotonic)
    restarted: bool = False
    deaths: int = 0
    again_at: float | None = None

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None


class Children:
    """All children of one launcher. While `quiet`, what they say goes to their logs only."""

    def __init__(self, house: House, *, say: Callable[[str], None]) -> None:
        self.house = house
        self.say = say
        self.all: list[Kept] = []
        self.quiet = True

    def start(self, program: Program, *, ready: Callable[[], bool]) -> None:
        """Start it and return when it is ready."""
        self.expect(self.launch(program), ready=ready)

    def expect(self, child: Kept, *, ready: Callable[[], bool], seconds: float = 90.0) -> None:
        """Return when the child is ready; from then on it is kept alive.

        CannotStart when it ends before, or takes too long.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if child.ended or time.monotonic() > deadline:
                raise CannotStart(self.obituary(child, seconds))
            self.attend()
        child.restarted = True

    def run(self, *programs: Program) -> None:
        """Start them together and return when all have ended well. CannotStart when one did not."""
        running = [self.launch(program) for program in programs]
        while not all(child.ended for child in running):
            self.attend()
        for child in running:
            self.bury(child)
            if child.process.returncode:
                raise CannotStart(self.obituary(child, 0))

    def launch(self, program: Program) -> Kept:
        log = self.house.log(program.name).open("ab")
        child = Kept(program, self.spawn(program, log), log)
        self.all.append(child)
        return child

    def spawn(self, program: Program, log: IO[bytes]) -> Child:
        process = processes.spawn(program, output=PIPE if program.shown else log)
        self.house.note_pid(program.name, process.pid)
        return process

    def attend(self, *, restart: bool = True) -> None:
        """One short turn: copy output, bring back the dead."""
        self.copy_output(TURN)
        for child in self.all if restart else ():
            if child.restarted and child.ended:
                self.revive(child)

    def copy_output(self, seconds: float) -> None:
        speakers = {child.process.stdout: child for child in self.all if child.process.stdout}
        if not speakers:
            time.sleep(seconds)
        for pipe in select.select(list(speakers), [], [], seconds)[0] if speakers else ():
            child = speakers[pipe]
            said = os.read(pipe.fileno(), CHUNK)
            child.log.write(said)
            child.log.flush()
            if not self.quiet:
                sys.stdout.buffer.write(said)
                sys.stdout.buffer.flush()
            if not said:
                pipe.close()
                child.process.stdout = None

    def revive(self, child: Kept) -> None:
        now = time.monotonic()
        if child.again_at is None:
            processes.clear(child.process)
            child.deaths = 0 if now - child.born > STEADY_SECONDS else child.deaths
            pause = min(FIRST_PAUSE * 2**child.deaths, LONGEST_PAUSE)
            self.say(f"{child.program.name} {how(child.process)}; starting it again in {pause:.1f} s")
            child.again_at = now + pause
        elif now >= child.again_at:
            child.process, child.born, child.again_at = self.spawn(child.program, child.log), now, None
            child.deaths += 1

    def stop(self) -> None:
        """End all, last started first, each within its patience."""
        while self.all:
            child = self.all[-1]
            processes.ask_to_end(child.process, child.program)
            deadline = time.monotonic() + child.program.patience
            while not child.ended and time.monotonic() < deadline:
                self.attend(restart=False)
            self.bury(child)

    def bury(self, child: Kept) -> None:
        processes.end(child.process)
        self.copy_output(0)
        self.all.remove(child)
        self.house.pid_file(child.program.name).unlink(missing_ok=True)
        if child.process.stdout:
            child.process.stdout.close()
        child.log.close()

    def obituary(self, child: Kept, seconds: float) -> str:
        path = self.house.log(child.program.name)
        fate = how(child.process) if child.ended else f"was not ready after {seconds:.0f} s"
        return f"{child.program.name} {fate}. The end of {path}:\n{tail(path)}"


def how(process: Child) -> str:
    """The way it ended, in words."""
    code = process.returncode
    if code is None or code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def tail(path: Path, *, lines: int = 8) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return "   " + "   ".join(file.readlines()[-lines:])
