"""A thousand servers on their way at once, at EC2's pace: how soon we say so, and what looking costs."""

from bench.convergence import Turn, Wave, measure
from deploy.demo.client import Client
from shared.schedules.models import Schedule
from tests.chaos import figures, fleet
from tests.chaos.client import served
from tests.chaos.fleet import REGION, Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

LAG, PAGES, SHARE = 2.0, 60.0, 0.99
# What the other scenarios have made short.
REAL: dict[str, object] = {"profile": "real"}


def convergence(run: Run) -> list[Finding]:
    """One schedule stops or starts them all; measured as bench.convergence does, and bounded."""
    servers, rounds = 1000, 4 if run.full else 1
    with run.house(Plan(servers, 0)) as lived, served(lived.house) as visitor:
        lived.house.sim("/settings", REAL)
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        api = Client(f"{lived.house.site.url}/api/v1", visitor.token)
        turns = [turn(lived, api, ("stop", "start")[nth % 2], nth) for nth in range(rounds)]
        findings = lived.conclude()
    lags = [lag for each in turns for lag in each.lags]
    worst = max(figures.percentile(each.lags, SHARE) for each in turns)
    pages = max(each.per_thousand for each in turns)
    return [
        *findings,
        figures.exactly("converged", "operations of which the end was seen", len(lags), servers * rounds),
        figures.bounded("convergence", f"seconds after EC2, p99 of each of {rounds} rounds", worst, most=LAG),
        figures.bounded("describe pages", "for 1,000 servers, the most of a round", pages, most=PAGES),
    ]


def turn(lived: Lived, api: Client, action: str, nth: int) -> Turn:
    """All servers at one moment."""
    count = len(lived.fleet.servers)
    name = f"turn {nth}"
    fleet.schedule(lived.fleet, Plan(count, 1, lead=20, group=count, actions=(action,)), name=name)
    row = Schedule.objects.get(name=f"{name} 0")
    wave = Wave(row.id, REGION, action, lived.fleet.last_due, count)
    return measure(api, Client(str(lived.house.site.simulator_url)), wave)
