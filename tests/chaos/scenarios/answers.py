"""EC2 answers badly: errors, silence, broken connections, old news, and what it does not do after all."""

from tests.chaos.fleet import Plan, account_number
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run
from tests.chaos.scenarios.planning import counted

BAD: tuple[dict[str, object], ...] = (
    {"kind": "error_500"},
    {"kind": "error_503"},
    {"kind": "throttle"},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "hang", "seconds": 12},
    {"kind": "hang_after", "seconds": 12},
    {"kind": "truncate"},
    {"kind": "garbage"},
    {"kind": "slow", "seconds": 3},
)
MUTATIONS = ("StartInstances", "StopInstances")
FINAL = """SELECT count(*) FROM operations_operation WHERE state <> 'succeeded'
 AND NOT (state = 'skipped' AND reason IN ('already_in_state', 'superseded'))"""


def bad_answers(run: Run) -> list[Finding]:
    """Each account gets another fault on its requests; in the end everything is done, once."""
    rounds = 20 if run.full else 1
    plan = Plan(len(BAD) * 2, rounds, accounts=len(BAD), group=20, spacing=60)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        for nth, fault in enumerate(BAD):
            for action in MUTATIONS:
                strikes = max(1, rounds // 2)
                lived.house.faults(
                    {**fault, "account": account_number(nth), "action": action, "count": strikes}
                )
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude()
        undone = lived.house.sql(FINAL)[0][0]
    return [*findings, counted("undone", "everything was done in the end", undone)]


def calm(run: Run) -> list[Finding]:
    """Nothing is broken but two starts that EC2 lets fall back; they must not be called a success."""
    plan = Plan(40 if run.full else 12, 3 if run.full else 2, spacing=10, group=4)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        for instance in list(lived.fleet.servers.values())[:2]:
            lived.house.fault("failed_start", instance=instance, count=1)
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude()
        failed = lived.house.sql("SELECT count(*) FROM operations_operation WHERE reason = 'failed_start'")[
            0
        ][0]
    return [*findings, Finding("failed starts", "told as failures", failed, "2", failed == 2)]


def old_news(run: Run) -> list[Finding]:
    """Every look is slow, so that its answer comes after something newer is known."""
    rounds = 20 if run.full else 2
    plan = Plan(12, rounds, accounts=4, group=2, spacing=12, stagger=1.0)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        lived.house.fault("slow", action="DescribeInstanceStatus", seconds=2.5)
        lived.until_last_due(lambda: look_now(lived), more=2.0, pause=0.5)
        lived.house.clear_faults()
        return lived.conclude()


def look_now(lived: Lived) -> None:
    lived.house.sql("UPDATE fleet_region SET wanted_look_at = cloudevy_now()")
