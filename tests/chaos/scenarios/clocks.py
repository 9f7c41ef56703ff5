"""No beat and three beats, Postgres' clock jumping, and an outage of six hours."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from shared import clock
from shared.schedules.models import Rule
from tests.chaos import builds, figures, fleet, record
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import QUIET_LIMIT, Lived, Run
from tests.chaos.shifting import Clock

HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400
JUMPS = (2 * HOUR, DAY, -3 * HOUR, -DAY, 10 * YEAR)
# From the first row of a jump to the last; and from the jump to the last, on a machine that is busy.
PLANNED_WITHIN, FIRED_WITHIN = 2.0, 20.0
TOLD_WITHIN = 10.0
SETTLED_WITHIN = 40.0
NO_BEAT_LATENESS = 15.0
GRACE, WIDE = 900.0, 10800


def no_beat(run: Run) -> list[Finding]:
    """Nobody ticks from outside: the workers keep the clock."""
    plan = Plan(100, 20, spacing=30, group=5) if run.full else Plan(32, 1, group=2)
    with run.house(plan) as lived:
        lived.house.staff(workers=2, beats=0)
        lived.schedule()
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude(limit=20.0 if run.build else QUIET_LIMIT)
        both = record.gather(lived.house, lived.fleet)
    return [*findings, figures.late(both, most=NO_BEAT_LATENESS), figures.undone(both)]


@dataclass
class Leaps:
    """The clock of a house, set again and again; what each jump brought."""

    lived: Lived
    clock: Clock
    slowest: float = 0.0
    longest: float = 0.0
    requests: int = 0
    wrong: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    jumps: int = 0
    forward: int = 0

    def leap(self, seconds: float) -> None:
        """Set the clock and watch how soon everything due has its row, and how often each server is asked."""
        house, self.jumps = self.lived.house, self.jumps + 1
        before, told = time.time(), count_told(self.lived)
        self.clock.jump(seconds)
        self.slowest = max(self.slowest, self.until_fired())
        self.lived.settle_round(limit=SETTLED_WITHIN)
        wait_until_told(self.lived, more_than=told)
        both = record.gather(house, self.lived.fleet)
        asked = figures.asked(both, since=before)
        self.requests += sum(asked.values())
        born = [move.at for move in both.moves if move.before is None and move.at >= before]
        self.longest = max(self.longest, max(born) - min(born) if born else 0.0)
        name = f"jump {self.jumps} ({seconds / HOUR:+.0f} h)"
        self.wrong += [f"{name}: {n} requests for {each}" for each, n in asked.items() if n > 1]
        if count_told(self.lived) == told:
            self.untold.append(name)

    def until_fired(self) -> float:
        """Seconds until no rule is due."""
        began = time.monotonic()
        while self.lived.house.sql(DUE)[0][0] and time.monotonic() - began < SETTLED_WITHIN:
            time.sleep(0.05)
        return time.monotonic() - began


DUE = "SELECT count(*) FROM schedules_rule WHERE next_run_at <= cloudevy_now() - interval '1 s'"


def jumps(run: Run) -> list[Finding]:
    """Each jump forward passes four moments of every server; each jump back brings them once more."""
    rounds = 20 if run.full else 1
    with run.house(Plan(12, 0)) as lived:
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        # Workers tell a jump from the last look at the clock, so each has to have looked.
        time.sleep(2.0)
        leaps = Leaps(lived, Clock(lived.house))
        for nth in range(rounds):
            if nth:
                # No rule reaches further than the year 2200, so each round begins in the present again.
                leaps.leap(-leaps.clock.ahead)
            for seconds in JUMPS:
                leap(leaps, seconds)
        # Back to the present and forward again: everything that ever was due comes round once more.
        leap(leaps, -leaps.clock.ahead)
        findings = lived.conclude(clock_moved=True)
    return [
        *findings,
        figures.none_of("asked twice by a jump", "one request per server and jump", leaps.wrong),
        figures.none_of("jumps untold", f"each of {leaps.jumps} jumps is told in the log", leaps.untold),
        figures.bounded("planned after a jump", "seconds", round(leaps.longest, 2), most=PLANNED_WITHIN),
        figures.bounded("fired after a jump", "seconds", round(leaps.slowest, 1), most=FIRED_WITHIN),
        figures.exactly("asked after jumps", "of half of the servers", leaps.requests, 6 * 3 * rounds),
    ]


def leap(leaps: Leaps, seconds: float) -> None:
    """Forward over moments that were planned; back, and forward again over moments that were run."""
    if seconds < 0:
        leaps.leap(seconds)
        leaps.leap(-seconds)
        return
    lived, half = leaps.lived, len(leaps.lived.fleet.servers) // 2
    leaps.forward += 1
    turns = ("start", "stop") if leaps.forward % 2 else ("stop", "start")
    # The last moment of the first half is within its grace then, that of the second is not.
    for servers, last in ((range(half), seconds - GRACE / 2), (range(half, 2 * half), seconds - 2 * GRACE)):
        plan_four(lived, list(servers), last=last, name=f"{leaps.jumps} {servers.start}", actions=turns)
    leaps.leap(seconds)


def plan_four(
    lived: Lived, places: Sequence[int], *, last: float, name: str, actions: tuple[str, ...]
) -> None:
    """Four moments, `last` seconds from now the last of them."""
    spacing = min((last - 60) / 3, HOUR)
    plan = Plan(len(places), 4, spacing=spacing, lead=last - 3 * spacing, group=3, stagger=0.0)
    grace = WIDE if places[0] == 0 else None
    fleet.schedule(fleet.some(lived.fleet, places), replace(plan, actions=actions, grace=grace), name=name)


def told_jumps(lived: Lived) -> Iterator[str]:
    for log in lived.house.folder.glob("worker-*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if "clock.jumped" in line and json.loads(line).get("event") == "clock.jumped":
                yield log.name


def count_told(lived: Lived) -> int:
    return sum(1 for _ in told_jumps(lived))


def wait_until_told(lived: Lived, *, more_than: int) -> None:
    """By every worker, so that none is still thinking of the old clock at the next jump."""
    workers = len(lived.house.crew.living("worker"))
    deadline = time.monotonic() + TOLD_WITHIN
    while count_told(lived) < more_than + workers and time.monotonic() < deadline:
        time.sleep(0.1)


def outage(run: Run) -> list[Finding]:
    """Nobody works for six hours with twelve alternations of every server; then two workers come."""
    servers, group = (200, 4) if run.full else (40, 4)
    with run.house(Plan(servers, 0)) as lived:
        set_clock = Clock(lived.house).set
        set_clock(-6 * HOUR)
        # The last word of the first half is five minutes old when they come, and there is time for it and
        # for some before it; that of the second half comes too late.
        words = {25: range(servers // 2), 10: range(servers // 2, servers)}
        for minutes, places in words.items():
            plan = Plan(len(places), 12, spacing=HOUR / 2, lead=minutes * 60, group=group, stagger=0.0)
            turns = replace(plan, actions=("start", "stop"), grace=WIDE if minutes == 25 else None)
            fleet.schedule(fleet.some(lived.fleet, places), turns, name=f"outage {minutes}")
        # Right again before anybody works, so that early and late are what they say.
        set_clock(0.0)
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        findings = lived.conclude()
        both = record.gather(lived.house, lived.fleet)
        true = {row["instance_id"]: row["state"] for row in lived.house.sim("/states")["states"]}
    ids = [lived.fleet.servers[each] for each in sorted(lived.fleet.servers)]
    goals = dict(zip(ids, ["stopped"] * (servers // 2) + ["running"] * (servers // 2), strict=True))
    last = [f"{each}: {true[each]} not {goal}" for each, goal in goals.items() if true[each] != goal]
    often = [f"{each}: {n}" for each, n in figures.asked(both).items() if n > 1]
    ends = [f"operation {op.id}: {op.reason}" for op in both.ops if not as_after_an_outage(op)]
    return [
        *findings,
        figures.none_of("asked twice after an outage", "one request per server at most", often),
        figures.none_of("wrong last word", "the last word stands if it is in time", last),
        figures.none_of("wrong ends after an outage", "all others: superseded or too late", ends),
    ]


def as_after_an_outage(op: record.Op) -> bool:
    return op.state == "succeeded" or op.reason in ("superseded", "too_late")


def barrier(run: Run) -> list[Finding]:
    """In this process, without workers: two planners meet at a barrier before every moment."""
    rounds, group = 1000 if run.full else 10 if run.build else 60, 4
    with run.house(Plan(3 * group, 0)) as lived:
        if run.build == "no_unique_key":
            lived.house.sql("DROP INDEX occurrence_once")
        builds.apply(run.build)
        fleet.schedule(lived.fleet, Plan(3 * group, 1, group=group, lead=3600, stagger=0.0))
        planners = Planners(clock.now(), rounds)
        planners.run()
        rows = lived.house.sql(f"{ROWS} WHERE due_at >= '{planners.first.isoformat()}'")[0]
    promise = f"in this process: two planners, {rounds} rounds with a barrier"
    return [
        figures.none_of("errors of planners", promise, planners.errors),
        figures.exactly(
            "rows of two planners", "one for each moment and server", rows[0], rounds * 3 * group
        ),
        figures.exactly("moments twice", "no two rows of one moment", rows[0] - rows[1], 0),
    ]


ROWS = "SELECT count(*), count(DISTINCT (rule_id, server_id, due_at)) FROM operations_operation"


@dataclass
class Planners:
    """Two threads that fire everything due at the same time, again and again."""

    first: datetime
    rounds: int
    errors: list[str] = field(default_factory=list)
    nth: int = 0

    def run(self) -> None:
        meeting = threading.Barrier(2, action=self.make_due)
        threads = [threading.Thread(target=self.plan, args=(meeting,)) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def make_due(self) -> None:
        """All rules at the next moment; it runs in one of the threads, while the other waits."""
        moment = self.first + timedelta(seconds=self.nth)
        self.nth += 1
        Rule.objects.update(next_run_at=moment, next_nominal=f"{moment:%Y-%m-%dT%H:%M:%S}", following=[])

    def plan(self, meeting: threading.Barrier) -> None:
        from scheduler import fire  # noqa: PLC0415  needs the environment of a scheduler

        try:
            for _ in range(self.rounds):
                meeting.wait(timeout=60)
                fire.claim_all(self.first + timedelta(seconds=self.rounds))
        except (DatabaseError, threading.BrokenBarrierError) as error:
            self.errors.append(f"{type(error).__name__}: {error}".strip())
            meeting.abort()
        finally:
            connection.close()
