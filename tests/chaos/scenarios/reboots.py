"""Reboots: EC2 tells nobody whether one happened, so none may ever be asked for a second time."""

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos import figures, record
from tests.chaos.crew import Member
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

POINTS = ("P5", "P5b", "P6", "P7", "P8")


def reboots(run: Run) -> list[Finding]:
    """Senders of reboots die at the points around the request; the others go through."""
    kills, least, wanted = (200, 200, 500) if run.full else (4, 2, 16)
    plan = (
        Plan(20, 5, accounts=20, group=1, spacing=45, actions=("reboot",))
        if run.full
        else Plan(16, 1, accounts=8, group=2, actions=("reboot",))
    )
    # Longer than a dead process holds the region's look, so that no dip is missed on a busy machine.
    with run.house(plan, reboot_lag=2.0, reboot_dip=20.0) as lived:
        lived.house.staff(workers=1)
        doomed = Doomed(lived, kills, most=3 if run.full else 2)
        lived.repeat(
            plan,
            doomed.turn,
            until=lambda: not run.full or (doomed.done() and len(lived.fleet.expected) >= wanted),
            limit=1700.0,
        )
        lived.until_last_due(doomed.turn, more=10.0, until=doomed.done)
        lived.house.crew.end(doomed.alive())
        findings = lived.conclude(lambda: lived.house.staff(workers=2), limit=330.0 if run.full else 90.0)
        both = record.gather(lived.house, lived.fleet)
        dead, struck = lived.house.crew.dead(), doomed.struck()
    ends = Counter(op.state for op in both.ops)
    told = ", ".join(f"{state} {number}" for state, number in sorted(ends.items()))
    others = sum(ends.values()) - ends["unknown"] - ends["succeeded"] - ends["skipped"]
    return [
        *findings,
        figures.at_least("senders of reboots killed", told, struck, least),
        figures.at_least("reboots", "occurrences", len(both.ops), wanted),
        figures.exactly("other ends of reboots", "neither proven, nor unknown, nor skipped", others, 0),
        figures.uncertain_reboots(both, dead),
    ]


@dataclass
class Doomed:
    """Workers that die with the first request they send; one clean worker stands beside them."""

    lived: Lived
    kills: int
    most: int
    carriers: list[Member] = field(default_factory=list)

    def struck(self) -> int:
        return len(self.lived.house.struck())

    def done(self) -> bool:
        return self.struck() >= self.kills

    def alive(self) -> list[Member]:
        self.lived.house.crew.hear()
        return [each for each in self.carriers if each.alive]

    def turn(self) -> None:
        self.carriers = self.alive()
        self.lived.house.staff(workers=len(self.carriers) + 1)
        while not self.done() and len(self.carriers) < self.most:
            point = self.lived.run.random.choice(POINTS)
            self.carriers.append(self.lived.house.worker(die_at=f"{point}:1"))
