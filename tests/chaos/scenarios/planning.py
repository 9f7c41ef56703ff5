"""The plan and its clocks: several at the same moment, and one that came too late."""

import time

from tests.chaos import figures, record
from tests.chaos.fleet import Plan
from tests.chaos.invariants import STALE, Finding
from tests.chaos.run import Run

GRACE = 5
# What is sent by then is late beyond doubt, however soon somebody comes.
SPARE = STALE + 3.0


def planners(run: Run) -> list[Finding]:
    """Three beats and three workers: every moment is waited for by several clocks at once."""
    plan = Plan(100, 10, spacing=60, group=5, stagger=3.0) if run.full else Plan(12, 2, spacing=15, group=2)
    with run.house(plan) as lived:
        if run.build == "no_unique_key":
            lived.house.sql("DROP INDEX occurrence_once")
        lived.house.staff(workers=3, beats=3)
        lived.schedule()
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude(limit=60.0)
        return [*findings, figures.undone(record.gather(lived.house, lived.fleet))]


def late(run: Run) -> list[Finding]:
    """Nobody works until the grace is over: nothing may be sent any more, and every row says why."""
    plan = Plan(200 if run.full else 12, 1, grace=GRACE, group=4, stagger=0.0)
    with run.house(plan) as lived:
        lived.house.staff(workers=1)
        lived.schedule()
        lived.house.crew.end(lived.house.crew.living())
        time.sleep(max(0.0, lived.fleet.last_due.timestamp() + GRACE + SPARE - time.time()))
        lived.house.staff(workers=2)
        findings = lived.conclude(limit=40.0)
        rows = lived.house.sql("SELECT count(*) FROM operations_operation WHERE reason <> 'too_late'")
    return [*findings, figures.exactly("sent all the same", "all were too late", rows[0][0], 0)]
