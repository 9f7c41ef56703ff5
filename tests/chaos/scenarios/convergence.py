"""A thousand servers on their way at once, at EC2's pace: how soon we say so, and what looking costs.

With stragglers EC2 keeps one of a hundred five times as long. Sixty questions are not enough to see those too
within two seconds, so they count for what looking costs, and whoever is not one of them is seen in time.
"""

from bench.convergence import Turn, Wave, measure
from deploy.demo.client import Client
from shared.schedules.models import Schedule
from tests.chaos import figures, fleet
from tests.chaos.client import served
from tests.chaos.fleet import REGION, Plan
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

LAG, PAGES, SHARE, SHARE_BUT_STRAGGLERS = 2.0, 60.0, 0.99, 0.97
SERVERS = 1000
STRAGGLERS = 0.01


def convergence(run: Run) -> list[Finding]:
    """One schedule stops or starts them all; measured as bench.convergence does, and bounded."""
    rounds = 4 if run.full else 1
    with run.house(Plan(SERVERS, 0)) as lived, served(lived.house) as visitor:
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        api = Client(f"{lived.house.site.url}/api/v1", visitor.token)
        turns = [turn(lived, api, nth, stragglers=0.0) for nth in range(rounds)]
        slow = [turn(lived, api, rounds + nth, stragglers=STRAGGLERS) for nth in range(rounds // 2)]
        findings = lived.conclude()
    both = [*turns, *slow]
    seen, pages = sum(len(each.lags) for each in both), max(each.per_thousand for each in both)
    text = f"seconds after EC2, p99 of each of {rounds} rounds"
    return [
        *findings,
        figures.exactly("converged", "operations of which the end was seen", seen, SERVERS * len(both)),
        figures.bounded("convergence", text, worst(turns), most=LAG),
        *with_stragglers(slow),
        figures.bounded("describe pages", "for 1,000 servers, the most of a round", pages, most=PAGES),
    ]


def with_stragglers(turns: list[Turn]) -> list[Finding]:
    if not turns:
        return []
    others = worst(turns, share=SHARE_BUT_STRAGGLERS)
    return [
        figures.bounded("convergence, stragglers", "seconds after EC2, p97 of each round", others, most=LAG),
        figures.told("stragglers", "seconds after EC2, p99 of the worst round", worst(turns)),
    ]


def worst(turns: list[Turn], *, share: float = SHARE) -> float:
    return round(max(figures.percentile(each.lags, share) for each in turns), 2)


def turn(lived: Lived, api: Client, nth: int, *, stragglers: float) -> Turn:
    """All servers at one moment; each turn undoes the one before."""
    spans = {name: {"tail": stragglers} for name in ("start", "stop")}
    lived.house.sim("/settings", {"profile": "real"})
    lived.house.sim("/settings", spans)
    count, action, name = len(lived.fleet.servers), ("stop", "start")[nth % 2], f"turn {nth}"
    fleet.schedule(lived.fleet, Plan(count, 1, lead=20, group=count, actions=(action,)), name=name)
    row = Schedule.objects.get(name=f"{name} 0")
    wave = Wave(row.id, REGION, action, lived.fleet.last_due, count)
    return measure(api, Client(str(lived.house.site.simulator_url)), wave)
