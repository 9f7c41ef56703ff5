"""SIGSTOP: a process sleeps between its intent and the socket, and wakes when others have decided."""

import signal
import time

from tests.chaos import figures
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
    accounts, rounds, sleep, least = (10, 9, 90.0, 50) if run.full else (4, 1, 25.0, 2)
    with run.house(Plan(accounts * 2, 0, accounts=accounts)) as lived:
        for nth in range(rounds):
            lived.house.staff(workers=2)
            turn = ("stop", "start")[nth % 2]
            plan = Plan(accounts * 2, 1, accounts=accounts, group=1, stagger=0.0, actions=(turn,))
            lived.schedule(plan, name=f"round {nth}")
            lived.house.crew.end(lived.house.crew.living("worker"))
            freeze_round(lived, accounts, sleep=sleep)
            if len(lived.house.struck()) >= least:
                break
        findings = lived.conclude(lambda: lived.house.staff(workers=2))
        count = len(lived.house.struck())
    return [*findings, figures.at_least("frozen", "processes that slept", count, least)]


def freeze_round(lived: Lived, accounts: int, *, sleep: float) -> None:
    """The senders of one moment sleep, others take over, and the sleepers wake for a while."""
    sleepers = freeze_senders(lived, accounts, due=lived.fleet.last_due.timestamp())
    lived.house.staff(workers=len(lived.house.crew.living("worker")) + 2)
    time.sleep(sleep)
    for member in sleepers:
        member.signal(signal.SIGCONT)
    time.sleep(AWAKE)
    lived.settle_round(limit=60.0)
    lived.house.crew.end(sleepers)


def freeze_senders(lived: Lived, accounts: int, *, due: float) -> list[Member]:
    """Hire workers that freeze with their first request until each account had one; those that did."""
    before, deadline = len(lived.house.struck()), due + 60
    hired: list[Member] = []
    while len(lived.house.struck()) < before + accounts and time.time() < deadline:
        asleep = {pid for pid, _, _ in lived.house.struck()}
        awake = [each for each in hired if each.pid not in asleep]
        while len(awake) < 2:
            point = POINTS[len(hired) % len(POINTS)]
            # One thread: who sleeps with one request must not hold another account's as well.
            awake.append(lived.house.worker(die_at=f"{point}:1:STOP", threads=1))
            hired.append(awake[-1])
        if time.time() > due + 0.5 and not lived.house.sql(WAITING)[0][0]:
            break
        time.sleep(0.05)
    asleep = {pid for pid, _, _ in lived.house.struck()}
    lived.house.crew.end(each for each in hired if each.pid not in asleep)
    return [each for each in hired if each.pid in asleep]
