"""The plan and its clocks: several at the same moment, and one that came too late."""

import time

from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Run


def planners(run: Run) -> list[Finding]:
    """Three beats and three workers: every moment is waited for by several clocks at once."""
    plan = Plan(100, 10, spacing=60, group=5, stagger=3.0) if run.full else Plan(12, 2, spacing=8, group=2)
    with run.house(plan) as lived:
        if run.build == "no_unique_key":
            lived.house.sql("DROP INDEX occurrence_once")
        lived.house.staff(workers=3, beats=3)
        lived.schedule()
        lived.until_last_due(lambda: None, more=2.0)
        return lived.conclude(limit=60.0)


def late(run: Run) -> list[Finding]:
    """Nobody works until the grace is over: nothing may be sent any more, and every row says why."""
    plan = Plan(200 if run.full else 12, 1, grace=5, group=4, stagger=0.0)
    with run.house(plan) as lived:
        lived.house.staff(workers=1)
        lived.schedule()
        lived.house.crew.end(lived.house.crew.living())
        time.sleep(max(0.0, lived.fleet.last_due.timestamp() + 8.0 - time.time()))
        lived.house.staff(workers=2)
        findings = lived.conclude(limit=40.0)
        rows = lived.house.sql("SELECT count(*) FROM operations_operation WHERE reason <> 'too_late'")
    return [*findings, counted("sent all the same", "all were too late", rows[0][0])]


def counted(name: str, promise: str, wrong: int) -> Finding:
    return Finding(name, promise, wrong, "0", wrong == 0)
