"""The API dies between its commit and its knock: what was asked for happens all the same."""

import signal
import time

from tests.chaos import figures
from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Run

LONGEST = 15.0
ASKED = "SELECT count(*) FROM operations_operation WHERE origin = 'person'"
UNSENT = "SELECT count(*) FROM operations_operation WHERE origin = 'person' AND state = 'requested'"


def outbox(run: Run) -> list[Finding]:
    """Wishes of people, each from a process that dies with the commit."""
    wishes = 20 if run.full else 4
    with run.house(Plan(wishes, 0)) as lived:
        lived.house.staff(workers=1)
        lived.wait_for_clock()
        deaths = 0
        for nth in range(wishes):
            asker = lived.house.crew.hire(f"asker-{nth}", program="asker")
            lived.house.crew.wait(asker)
            deaths += asker.code == -signal.SIGKILL
        began = time.monotonic()
        while lived.house.sql(UNSENT)[0][0] and time.monotonic() - began < LONGEST:
            time.sleep(0.1)
        waited = round(time.monotonic() - began, 1)
        findings = lived.conclude()
        asked = lived.house.sql(ASKED)[0][0]
    return [
        *findings,
        figures.exactly("deaths after the commit", "one for each wish", deaths, wishes),
        figures.exactly("wishes of the dead", "committed by processes that died", asked, deaths),
        Finding("unheard wishes", "seconds until all were sent", waited, f"< {LONGEST:g}", waited < LONGEST),
    ]
