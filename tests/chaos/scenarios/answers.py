"""EC2 answers badly: errors, silence, broken connections, old news, and what it does not do after all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from tests.chaos import figures, record
from tests.chaos.fleet import Plan, account_number
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

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
# What the promise names, and the faults that do it.
ASKED = {
    "500": ("error_500",),
    "503": ("error_503",),
    "time-outs": ("hang", "hang_after"),
    "resets": ("reset_before", "reset_after"),
}


def bad_answers(run: Run) -> list[Finding]:
    """Each account gets another fault on its requests; in the end everything is done, once."""
    bad = (*BAD, *BAD[:2]) if run.full else BAD
    each, least = (10, 200) if run.full else (2, 1)
    plan = Plan(len(bad) * each, 2 if run.full else 1, accounts=len(bad), group=1 if run.full else 20)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        for nth, fault in enumerate(bad):
            often: dict[str, object] = {"probability": 0.5} if run.full else {"count": 1}
            for action in MUTATIONS:
                lived.house.faults({**fault, **often, "account": account_number(nth), "action": action})
        lived.repeat(
            replace(plan, spacing=60), lambda: None, until=lambda: not rare(lived, least), limit=1500.0
        )
        struck = strikes(lived)
        lived.house.clear_faults()
        findings = lived.conclude()
        both = record.gather(lived.house, lived.fleet)
    told = ", ".join(f"{kind} {struck[kind]}" for kind in sorted(struck))
    missing = [str(fault["kind"]) for fault in BAD if not struck[str(fault["kind"])]]
    return [
        *findings,
        figures.told("bad answers", told, struck.total()),
        figures.none_of("bad answers missing", "every kind of answer was given", missing),
        figures.none_of(
            "bad answers too rare", f"{least} of each: {', '.join(ASKED)}", rare_of(struck, least)
        ),
        figures.undone(both, but=("superseded",)),
    ]


def strikes(lived: Lived) -> Counter[str]:
    """How often each kind of fault has struck so far."""
    struck = Counter[str]()
    for fault in lived.house.sim("/faults")["faults"]:
        struck[fault["kind"]] += fault["struck"]
    return struck


def rare(lived: Lived, least: int) -> list[str]:
    return rare_of(strikes(lived), least)


def rare_of(struck: Mapping[str, int], least: int) -> list[str]:
    counts = {name: sum(struck[kind] for kind in kinds) for name, kinds in ASKED.items()}
    return [f"{name}: {count}" for name, count in counts.items() if count < least]


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
