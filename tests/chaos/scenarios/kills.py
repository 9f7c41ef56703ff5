"""kill -9: at random moments, and at every named point of the work."""

import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.chaos import figures, record
from tests.chaos.crew import Member
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.minutes import EVERY
from tests.chaos.points import POINTS
from tests.chaos.record import Record
from tests.chaos.run import UNDER_WAY, Lived, Run
from tests.chaos.timetable import EveryMinute

TAKE_OVER = 20.0
SELDOM = ("P1", "P2", "P10", "P11")
# So long the killer waits for somebody who is sending.
PATIENCE = 1.0
SENDERS = "SELECT owner FROM operations_call WHERE outcome = '' AND lease_until > cloudevy_now()"
LEASE = 15.0
WAITING = """SELECT
 (SELECT count(*) FROM operations_operation WHERE state = 'requested' AND due_at <= cloudevy_now())
 + (SELECT count(*) FROM schedules_rule WHERE next_run_at <= cloudevy_now())"""


@dataclass
class Killer:
    """Kills on its own clock while there is work, replaces the dead, and remembers whom it killed when.

    Every other time it waits for somebody who is sending.
    """

    lived: Lived
    workers: int
    every: float
    most: int
    kills: list[tuple[float, int]] = field(default_factory=list)
    next_at: float = 0.0

    def turn(self) -> None:
        self.lived.house.staff(workers=self.workers)
        now = time.monotonic()
        if now < self.next_at or self.done() or not self.lived.house.sql(UNDER_WAY)[0][0]:
            return
        # A worker that is still starting holds nothing.
        ready = [each for each in self.lived.house.crew.living("worker") if time.time() - each.began > 1.0]
        sending = [each for each in ready if each.pid in self.senders()]
        aims = len(self.kills) % 2 == 0
        if ready and (sending or not aims or now > self.next_at + PATIENCE):
            self.kill(self.lived.run.random.choice(sending if aims and sending else ready))

    def senders(self) -> set[int]:
        return {int(owner.rsplit(":", 1)[1]) for (owner,) in self.lived.house.sql(SENDERS)}

    def kill(self, member: Member) -> None:
        member.signal(signal.SIGKILL)
        self.kills.append((time.time(), member.pid))
        self.next_at = time.monotonic() + self.lived.run.random.uniform(0.3, 1.7) * self.every

    def done(self) -> bool:
        return len(self.kills) >= self.most


def random_kills(run: Run) -> list[Finding]:
    """Workers are killed at random while work is due, and replaced; some of it comes by cron."""
    if run.full:
        plan, workers, every, most, least = Plan(200, 2, spacing=40, group=5), 4, 0.6, 500, 500
    else:
        plan, workers, every, most, least = Plan(24, 2, spacing=15, group=2), 3, 1.2, 30, 8
    occurrences = 2000 if run.full else plan.occurrences
    with run.house(replace(plan, servers=plan.servers + EVERY), write_latency=0.4) as lived:
        killer = Killer(lived, workers, every, most)
        lived.house.staff(workers=workers)
        lived.wait_for_clock()
        crons = EveryMinute(lived)
        lived.repeat(
            plan,
            killer.turn,
            until=lambda: not run.full or (killer.done() and len(lived.fleet.expected) >= occurrences),
            limit=1000.0,
        )
        repeated = crons.end()
        findings = lived.conclude(lambda: lived.house.staff(workers=workers))
        both = record.gather(lived.house, lived.fleet)
    waits = take_overs(both, killer.kills)
    return [
        *findings,
        figures.at_least("kills", "processes killed while there was work", len(killer.kills), least),
        figures.at_least("kills while sending", "of them", len(waits), 50 if run.full else 1),
        figures.at_least("by cron", "occurrences of rules that repeat", repeated, 10 if run.full else 0),
        took_over(waits, most=None),
    ]


def take_over(run: Run) -> list[Finding]:
    """In each account the sender dies with its request; somebody else must decide in time."""
    accounts, rounds = (10, 8) if run.full else (6, 1)
    plan = Plan(accounts * 2, rounds, accounts=accounts, group=1, stagger=0.0, spacing=60)
    waits: list[float] = []
    with run.house(plan) as lived:
        lived.house.staff(workers=1)
        lived.schedule()
        lived.house.crew.end(lived.house.crew.living("worker"))
        first = min(each.due for each in lived.fleet.expected).timestamp()
        for nth in range(rounds):
            known = len(lived.house.struck())
            kill_senders(lived, due=first + plan.spacing * nth)
            lived.house.staff(workers=3)
            manned = lived.house.manned(lived.house.crew.living("worker"))
            lived.settle_round(limit=60.0)
            # While nobody was there to take over, nobody could; a lease lasts 15 s in any case.
            kills = [(max(at, manned - LEASE), pid) for pid, _, at in lived.house.struck()[known:]]
            waits += take_overs(record.gather(lived.house, lived.fleet), kills)
            if nth + 1 < rounds:
                lived.house.crew.end(lived.house.crew.living("worker"))
        findings = lived.conclude(lambda: lived.house.staff(workers=3))
    return [*findings, took_over(sorted(waits), most=TAKE_OVER)]


def kill_senders(lived: Lived, *, due: float) -> None:
    """From the moment it is due, hire workers that die with their first request, until all was sent once."""
    lived.house.staff(workers=0)
    deadline = due + 60
    while time.time() < deadline:
        while len(lived.house.crew.living("worker")) < 3:
            point = lived.run.random.choice(("P5", "P5b", "P6", "P7", "P8"))
            lived.house.worker(die_at=f"{point}:1")
        if time.time() > due + 0.5 and not lived.house.sql(WAITING)[0][0]:
            break
        time.sleep(0.05)
    # Asked politely: who dies while it looks would hold the region's look, which is another measure.
    lived.house.crew.end(lived.house.crew.living("worker"), signal.SIGTERM)


def points(run: Run) -> list[Finding]:
    """Beside one clean worker others carry points that are still wanted; the dead are replaced."""
    wanted = 20 if run.full else 1
    plan = Plan(80, 4, spacing=45, group=2) if run.full else Plan(24, 2, spacing=16, group=2, accounts=4)
    with run.house(plan) as lived:
        lived.house.staff(workers=1)
        armed = Armed(lived, wanted, most=3)
        lived.repeat(plan, armed.turn, until=lambda: not armed.left(), limit=1000.0 if run.full else 120.0)
        lived.house.crew.end(armed.alive())
        findings = lived.conclude(lambda: lived.house.staff(workers=2))
        struck = armed.struck()
    told = ", ".join(f"{name} {struck[name]}" for name in POINTS)
    missed = [f"{name}: {struck[name]}" for name in POINTS if struck[name] < wanted]
    return [
        *findings,
        Finding("deaths at points", told, sum(struck.values()), "told", True),
        Finding("points missed", "every point was struck", len(missed), "0", not missed, tuple(missed)),
    ]


@dataclass
class Armed:
    """Workers that die where they first come by one of the points that are still wanted."""

    lived: Lived
    wanted: int
    most: int
    carriers: list[Member] = field(default_factory=list)
    waiter: Member | None = None

    def struck(self) -> Counter[str]:
        return Counter(name for _, name, _ in self.lived.house.struck())

    def left(self) -> list[str]:
        struck = self.struck()
        return [name for name in POINTS if struck[name] < self.wanted]

    def alive(self) -> list[Member]:
        self.lived.house.crew.hear()
        return [each for each in self.carriers if each.alive]

    def turn(self) -> None:
        self.carriers = self.alive()
        self.lived.house.staff(workers=len(self.carriers) + 1)
        left = self.left()
        often = [name for name in left if name not in SELDOM]
        while left and len(self.carriers) < self.most:
            if often and (self.waiter in self.carriers or len(often) == len(left)):
                self.carriers.append(self.carrier([self.lived.run.random.choice(often)]))
            else:
                # What comes seldom needs somebody who does not die of something else before.
                self.waiter = self.carrier([name for name in left if name in SELDOM])
                self.carriers.append(self.waiter)

    def carrier(self, names: Sequence[str]) -> Member:
        return self.lived.house.worker(die_at=",".join(f"{name}:1" for name in names))


def take_overs(both: Record, kills: list[tuple[float, int]]) -> list[float]:
    """For each operation that a killed process was sending: seconds from its death to the next move."""
    died = {pid: at for at, pid in kills}
    waits = []
    left: dict[int, int] = {}
    for move in both.moves:
        pid = left.pop(move.operation, 0)
        if pid in died and died[pid] < move.at:
            waits.append(move.at - died[pid])
        if move.after == "sending" and move.call is not None and move.call in both.calls:
            left[move.operation] = both.calls[move.call].pid
    return sorted(waits)


def took_over(waits: list[float], *, most: float | None) -> Finding:
    """`most` None: only told. While looks are killed too, each such death adds the look's own lease."""
    if not waits:
        return Finding("take-over", "nothing was left half sent", 0, "told", most is None)
    longest, middle = round(waits[-1], 1), round(waits[len(waits) // 2], 1)
    text = f"seconds until somebody decided on what was left, {len(waits)} cases, median {middle}"
    bound = "told" if most is None else f"<= {most:g}"
    return Finding("take-over", text, longest, bound, most is None or longest <= most)
