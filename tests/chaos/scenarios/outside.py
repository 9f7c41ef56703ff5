"""Somebody else changes servers of a fleet in which nothing of ours is on its way: how soon we show it."""

import time

from tests.chaos import figures
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

NOTICED_WITHIN = 65.0
# Moments that do not fall in with the looks, which come once a minute and region.
OFFSETS = 11.0
SEEN = """SELECT min(extract(epoch FROM at))::float FROM chaos_sight
 WHERE server = {server} AND before <> after AND extract(epoch FROM at) > {moment}"""


def idle(run: Run) -> list[Finding]:
    """In every account one server after the other is stopped, started and terminated from outside."""
    accounts, rounds = (6, 3) if run.full else (2, 1)
    waits: dict[str, list[float]] = {"stop": [], "start": [], "terminate": []}
    with run.house(Plan(accounts * rounds, 0, accounts=accounts)) as lived:
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        servers = sorted(lived.fleet.servers)
        for nth in range(rounds):
            for action in waits:
                # One of each account; an account's servers stand side by side.
                waits[action] += changed(lived, servers[nth::rounds], action)
        gone = frozenset(lived.fleet.servers.values())
        findings = lived.conclude(gone=gone)
    return [
        *findings,
        *(
            figures.bounded(f"{action} outside", told(found), max(found), most=NOTICED_WITHIN)
            for action, found in waits.items()
        ),
    ]


def told(found: list[float]) -> str:
    return f"seconds until we show it, the worst of {len(found)}"


def changed(lived: Lived, servers: list[int], action: str) -> list[float]:
    """Seconds from the deed to its row, for each of these; one deed every few seconds."""
    began: dict[int, float] = {}
    for server in servers:
        began[server] = time.time()
        lived.house.sim("/outside", {"instance": lived.fleet.servers[server], "action": action})
        time.sleep(lived.run.random.uniform(0.2, 1.0) * OFFSETS)
    return [round(seen(lived, server, at) - at, 1) for server, at in began.items()]


def seen(lived: Lived, server: int, moment: float) -> float:
    """When the change was written down; long after the bound when it never was."""
    question = SEEN.format(server=server, moment=moment)
    while time.time() - moment < 2 * NOTICED_WITHIN:
        found = lived.house.sql(question)[0][0]
        if found is not None:
            return float(found)
        time.sleep(0.2)
    return time.time()
