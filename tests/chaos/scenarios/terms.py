"""SIGTERM in the middle of work: nothing is left behind, within an orchestrator's patience."""

import signal
import time
from dataclasses import dataclass, field

from tests.chaos import figures, record
from tests.chaos.crew import Member
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.record import Record
from tests.chaos.run import Lived, Run

LONGEST_STOP = 50.0


def terms(run: Run) -> list[Finding]:
    """Workers are told to stop at random while work is due, and replaced."""
    plan, most = (
        (Plan(100, 4, spacing=30, group=5), 100) if run.full else (Plan(16, 2, spacing=12, group=2), 3)
    )
    with run.house(plan) as lived:
        lived.house.staff(workers=3)
        manager = Manager(lived, most, every=3.0)
        lived.repeat(plan, manager.turn, until=manager.done, limit=900.0)
        findings = lived.conclude(lambda: lived.house.staff(workers=3))
        manager.wait()
        left = left_behind(record.gather(lived.house, lived.fleet), manager.told)
    longest = round(max((member.ended - at for at, member in manager.told), default=0.0), 1)
    bad = [f"{member.name}: {member.code}" for _, member in manager.told if member.code != 0]
    return [
        *findings,
        figures.at_least("stops", "workers told to stop", len(manager.told), most),
        Finding(
            "longest stop", "seconds to its end", longest, f"<= {LONGEST_STOP:g}", longest <= LONGEST_STOP
        ),
        Finding("bad ends", "exit code 0 after SIGTERM", len(bad), "0", not bad, tuple(bad[:5])),
        Finding(
            "left behind",
            "nothing half sent by who was told to stop",
            len(left),
            "0",
            not left,
            tuple(left[:5]),
        ),
    ]


@dataclass
class Manager:
    """Tells workers to stop on its own clock and replaces them."""

    lived: Lived
    most: int
    every: float
    told: list[tuple[float, Member]] = field(default_factory=list)
    next_at: float = 0.0

    def turn(self) -> None:
        house, chance = self.lived.house, self.lived.run.random
        stopping = {member.pid for _, member in self.told}
        staying = [each for each in house.crew.living("worker") if each.pid not in stopping]
        house.staff(workers=len(house.crew.living("worker")) - len(staying) + 3)
        if time.monotonic() < self.next_at or self.done():
            return
        self.next_at = time.monotonic() + chance.uniform(0.3, 1.7) * self.every
        ready = [each for each in staying if time.time() - each.began > 2.0]
        if ready:
            member = chance.choice(ready)
            self.told.append((time.time(), member))
            member.signal(signal.SIGTERM)

    def done(self) -> bool:
        return len(self.told) >= self.most

    def wait(self) -> None:
        """Until all who were told have ended, or too long has passed."""
        deadline = time.monotonic() + LONGEST_STOP
        while any(member.alive for _, member in self.told) and time.monotonic() < deadline:
            self.lived.house.crew.hear(wait=0.1)
        for _, member in self.told:
            member.ended = member.ended or time.time()


def left_behind(both: Record, told: list[tuple[float, Member]]) -> list[str]:
    """Operations still being sent when their sender had ended."""
    ended = {member.pid: member.ended for _, member in told}
    holder: dict[int, int] = {}
    left = []
    for move in both.moves:
        pid = holder.pop(move.operation, 0)
        if pid in ended and move.at > ended[pid]:
            left.append(f"operation {move.operation}: {move.at - ended[pid]:.1f} s after process {pid}")
        if move.after == "sending" and move.call is not None and move.call in both.calls:
            holder[move.operation] = both.calls[move.call].pid
    return left
