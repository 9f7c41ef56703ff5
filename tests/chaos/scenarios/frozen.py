"""SIGSTOP: a process sleeps between its intent and the socket, and wakes when others have decided."""

import signal
import time

from tests.chaos.crew import Member
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run
from tests.chaos.scenarios.kills import WAITING

# So long they may do harm before they are ended.
AWAKE = 6.0
POINTS = ("P5b", "P8", "P5b", "P5")


def frozen(run: Run) -> list[Finding]:
    """In each account the sender freezes; it wakes after its lease, and must neither send nor write."""
    accounts, rounds, sleep = (10, 5, 90.0) if run.full else (4, 1, 25.0)
    plan = Plan(accounts * 2, rounds, accounts=accounts, group=1, stagger=0.0, spacing=sleep + 90)
    with run.house(plan) as lived:
        lived.house.staff(workers=1)
        lived.schedule()
        lived.house.crew.end(lived.house.crew.living("worker"))
        first = min(each.due for each in lived.fleet.expected).timestamp()
        for nth in range(rounds):
            sleepers = freeze_senders(lived, accounts, due=first + nth * plan.spacing)
            lived.house.staff(workers=len(lived.house.crew.living("worker")) + 2)
            time.sleep(sleep)
            for member in sleepers:
                member.signal(signal.SIGCONT)
            time.sleep(AWAKE)
            lived.settle_round(limit=60.0)
            lived.house.crew.end(sleepers)
        findings = lived.conclude(lambda: lived.house.staff(workers=2))
        count = len(lived.house.struck())
    return [*findings, Finding("frozen", "processes that slept", count, ">= 1", count >= 1)]


def freeze_senders(lived: Lived, accounts: int, *, due: float) -> list[Member]:
    """Hire workers that freeze with their first request until each account had one; those that did."""
    before, deadline = len(lived.house.struck()), due + 60
    hired: list[Member] = []
    while len(lived.house.struck()) < before + accounts and time.time() < deadline:
        asleep = {pid for pid, _, _ in lived.house.struck()}
        awake = [each for each in hired if each.pid not in asleep]
        while len(awake) < 2:
            point = POINTS[len(hired) % len(POINTS)]
            awake.append(lived.house.worker(die_at=f"{point}:1:STOP"))
            hired.append(awake[-1])
        if time.time() > due + 0.5 and not lived.house.sql(WAITING)[0][0]:
            break
        time.sleep(0.05)
    asleep = {pid for pid, _, _ in lived.house.struck()}
    lived.house.crew.end(each for each in hired if each.pid not in asleep)
    return [each for each in hired if each.pid in asleep]
