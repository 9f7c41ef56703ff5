"""Postgres dies and comes back."""

import signal
import time
from math import inf

from tests.chaos.fleet import Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

RESUME = 30.0
CLAIMED = """SELECT min(extract(epoch FROM at)) FROM chaos_move
 WHERE after = 'sending' AND extract(epoch FROM at) > {moment}"""


def crashes(run: Run) -> list[Finding]:
    """Immediate restarts, as after a crash, and a killed postmaster, while work is due."""
    immediate, killed = (20, 5) if run.full else (2, 1)
    plan = Plan(200, 10, spacing=45, group=5) if run.full else Plan(24, 2, spacing=15, group=2)
    signs = [signal.SIGQUIT] * immediate + [signal.SIGKILL] * killed
    run.random.shuffle(signs)
    with run.house(plan) as lived:
        lived.house.staff(workers=3)
        lived.schedule()
        began = time.time()
        gap = (lived.fleet.last_due.timestamp() - began) / (len(signs) + 0.5)
        backs: list[float] = []
        for nth, sign in enumerate(signs, start=1):
            # However long the last one took: something must be due after each.
            lived.doze(began + nth * gap - time.time(), lambda: lived.house.staff(workers=3))
            lived.house.postgres_part.stop(sign)
            lived.house.postgres_part.start()
            backs.append(time.time())
        lived.until_last_due(lambda: lived.house.staff(workers=3), more=2.0)
        findings = lived.conclude(lambda: lived.house.staff(workers=3))
        longest = max(resumed(lived, back) for back in backs)
    return [
        *findings,
        Finding(
            "resumes after", "seconds from Postgres' return", longest, f"<= {RESUME:g}", longest <= RESUME
        ),
    ]


def resumed(lived: Lived, back: float) -> float:
    """Seconds until something was claimed that was due by then or came later; infinite when nothing was."""
    rows = lived.house.sql(CLAIMED.format(moment=back))
    due = min((e.due.timestamp() for e in lived.fleet.expected if e.due.timestamp() > back), default=back)
    moment = float(rows[0][0]) if rows[0][0] is not None else inf
    return round(max(0.0, moment - max(back, due)), 1)
