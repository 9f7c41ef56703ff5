"""EC2 at its worst: odd answers, ids it forgets, a bucket that is nearly empty, and an account that hangs."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.operations.states import GRACE
from tests.chaos import figures, fleet, record
from tests.chaos.evidence import Evidence
from tests.chaos.fleet import Plan, account_number
from tests.chaos.invariants import Finding
from tests.chaos.record import Record
from tests.chaos.run import Lived, Run
from tests.chaos.scenarios.answers import strikes

LOOKS = ("DescribeInstanceStatus", "DescribeInstances")
ODD: tuple[Mapping[str, Any], ...] = (
    {"kind": "error_500"},
    {"kind": "error_503"},
    {"kind": "throttle"},
    {"kind": "reset_before"},
    {"kind": "truncate"},
    {"kind": "garbage"},
    {"kind": "stale", "seconds": 4},
    {"kind": "duplicate_pages"},
    {"kind": "wrong_instance"},
    {"kind": "empty_pages"},
)
NOTICED_WITHIN = 65.0
BATCH = 20
EXTRA_CALLS = 2
REFUSED = "RequestLimitExceeded"
DELAYED_BY = 5.0


def odd_looks(run: Run) -> list[Finding]:
    """Each account answers half of the looks in another wrong way, while its servers are on their way."""
    rounds = 20 if run.full else 2
    plan = Plan(len(ODD) * 2, rounds, accounts=len(ODD), group=4, spacing=20, stagger=1.0)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        for nth, fault in enumerate(ODD):
            for action in LOOKS:
                lived.house.fault(**fault, account=account_number(nth), action=action, probability=0.5)
        lived.until_last_due(lambda: None, more=4.0)
        struck = strikes(lived)
        lived.house.clear_faults()
        findings = lived.conclude()
    idle = [each["kind"] for each in ODD if not struck[str(each["kind"])]]
    return [
        *findings,
        figures.told("odd answers", ", ".join(f"{kind} {n}" for kind, n in struck.items()), struck.total()),
        figures.none_of("odd answers missing", "every kind of answer was given", idle),
    ]


def forgotten(run: Run) -> list[Finding]:
    """EC2 forgets servers for seconds at a time, and one is terminated by somebody else."""
    plan = Plan(12, 20 if run.full else 2, spacing=15, group=3, stagger=2.0)
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        ids = [lived.fleet.servers[each] for each in sorted(lived.fleet.servers)]
        flap = Flap(lived, ids[:6])
        lived.until_last_due(flap.turn)
        lived.settle(flap.turn, limit=20.0)
        lived.house.clear_faults()
        findings = lived.conclude()
        noticed = until_terminated(lived, ids[-1])
        given_up = lived.house.sql("SELECT id FROM operations_operation WHERE reason = 'server_gone'")
        both = record.gather(lived.house, lived.fleet)
        off = lived.house.sql("SELECT id FROM schedules_schedule WHERE NOT enabled")
        gone = lived.house.sql("SELECT instance_id FROM fleet_server WHERE missing_since IS NOT NULL")
    wrong = [f"{each}" for each in (*given_up, *off, *gone)]
    failed = [op for op in both.ops if op.state == "failed"]
    requests = Evidence(both).requests
    hasty = [f"operation {op.id}" for op in failed if len(requests.get(op.id, [])) < 2]
    return [
        *findings,
        figures.told("forgotten", "times that EC2 forgot servers for a moment", flap.times),
        figures.told("failed meanwhile", "EC2 did not know the server twice in a row", len(failed)),
        figures.none_of("failed at once", "an unknown server is asked for twice before it fails", hasty),
        figures.none_of("given up", "forgetting for moments ends nothing", wrong),
        figures.bounded("terminated outside", "seconds until we show it", noticed, most=NOTICED_WITHIN),
    ]


@dataclass
class Flap:
    """Every four seconds EC2 does not know some of these for one to two seconds."""

    lived: Lived
    instances: list[str]
    times: int = 0
    next_at: float = 0.0

    def turn(self) -> None:
        if time.monotonic() < self.next_at:
            return
        self.next_at, self.times = time.monotonic() + 4.0, self.times + 1
        chance: Random = self.lived.run.random
        for instance in chance.sample(self.instances, k=3):
            self.lived.house.fault("not_found", instance=instance, duration=chance.uniform(1.0, 2.0))


def until_terminated(lived: Lived, instance: str) -> float:
    """Seconds until a server that somebody terminates is shown so."""
    lived.house.sim("/outside", {"instance": instance, "action": "terminate"})
    began = time.monotonic()
    while (instance,) not in lived.house.sql(ENDED) and time.monotonic() - began < 2 * NOTICED_WITHIN:
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)


ENDED = """SELECT instance_id FROM fleet_server WHERE observed_state IN ('terminated', 'shutting-down')"""


def throttled(run: Run) -> list[Finding]:
    """Somebody else has left these accounts less than AWS's limits say: one request every two seconds.

    AWS does not tell which bucket was empty, so we go slower in both, and many servers take minutes: what is
    promised is an end inside the grace.
    """
    servers, accounts, group, stagger = (2000, 4, 10, 0.1) if run.full else (45, 3, 3, 0.3)
    plan = Plan(servers, 1, accounts=accounts, group=group, stagger=stagger, actions=("stop",))
    left = [1, 0.5, 1000, 1000]
    overrides = {account_number(nth): {"StopInstances": left} for nth in range(accounts)}
    with run.house(plan, limits={"on": True, "overrides": overrides}) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude(limit=GRACE["stop"].total_seconds())
        both = record.gather(lived.house, lived.fleet)
        waits = lived.house.sql("SELECT count(*), count(DISTINCT detail) FROM operations_step")[0]
    refused = [entry for entry in both.entries if entry.error == REFUSED]
    spared = set(overrides) - {entry.account for entry in refused}
    spread = round(max(pauses(both), default=0.0) - min(pauses(both), default=0.0), 2)
    failed = [f"operation {op.id}: {op.reason}" for op in both.ops if op.state != "succeeded"]
    return [
        *findings,
        figures.told("refused by the bucket", f"of {len(both.entries)} requests", len(refused)),
        figures.none_of("never refused", "every account's bucket was empty at times", sorted(spared)),
        figures.none_of("failed by a throttle", "all are done inside their grace", failed),
        figures.told("jitter", "seconds between the shortest and the longest first back-off", spread),
        figures.told("steps", f"of being put off, {waits[1]} different", waits[0]),
    ]


def pauses(both: Record) -> list[float]:
    """Seconds from the first refusal in each account to its next request."""
    found: dict[str, tuple[float, float]] = {}
    for entry in sorted(both.entries, key=lambda each: each.at):
        first, next_ = found.get(entry.account, (0.0, 0.0))
        if not first and entry.error == REFUSED:
            found[entry.account] = (entry.at, 0.0)
        elif first and not next_:
            found[entry.account] = (first, entry.at)
    return [next_ - first for first, next_ in found.values() if next_]


def bad_ids(run: Run) -> list[Finding]:
    """In every batch of twenty one server has vanished; the other nineteen must not suffer."""
    accounts, groups = (10, 10) if run.full else (3, 1)
    plan = Plan(accounts * groups * BATCH, 1, accounts=accounts, group=BATCH, stagger=3.0, actions=("stop",))
    with run.house(plan) as lived:
        lived.house.staff(workers=2)
        ids = [lived.fleet.servers[each] for each in sorted(lived.fleet.servers)]
        lived.schedule()
        lost = {ids[start + run.random.randrange(BATCH)] for start in range(0, len(ids), BATCH)}
        for instance in lost:
            lived.house.sim("/outside", {"instance": instance, "action": "vanish"})
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude(gone=frozenset(lost))
        both = record.gather(lived.house, lived.fleet)
    return [*findings, *isolated(both, lost)]


def isolated(both: Record, lost: set[str]) -> list[Finding]:
    server_of = {instance: server for server, instance in both.servers.items()}
    bad = {server_of[instance] for instance in lost}
    suffered = [f"operation {op.id}: {op.reason}" for op in both.ops if refused_wrongly(op, bad)]
    ended = [f"operation {op.id}: {op.state}" for op in both.ops if op.server in bad and not honest(op)]
    named = Counter(each for entry in both.entries for each in entry.ids if each in lost)
    often = [f"{each}: {n} requests" for each, n in named.items() if n > 1 + EXTRA_CALLS]
    return [
        figures.none_of("suffered for others", f"the others of {len(lost)} batches succeed", suffered),
        figures.none_of("bad ids", "what EC2 does not know ends failed or as gone", ended),
        figures.none_of("extra requests", f"at most {EXTRA_CALLS} for a bad id", often),
    ]


def refused_wrongly(op: record.Op, bad: set[int]) -> bool:
    return op.server not in bad and op.state != "succeeded"


def honest(op: record.Op) -> bool:
    return op.state == "failed" or op.reason == "server_gone"


def hanging(run: Run) -> list[Finding]:
    """One account answers nothing at all; the other, with as much to do then, must hardly notice."""
    each, spacing = 20, 300.0 if run.full else 30.0
    with run.house(Plan(2 * each, 0, accounts=2)) as lived:
        # One worker: there is no other to help the neighbour out.
        lived.house.staff(workers=1)
        lived.wait_for_clock()
        for nth in range(2):
            mine = fleet.some(lived.fleet, range(nth * each, (nth + 1) * each))
            fleet.schedule(mine, Plan(each, 2, spacing=spacing, group=1), name=f"account {nth}")
        first = min(each.due for each in lived.fleet.expected).timestamp()
        Hang(lived, at=first + spacing - 5.0).watch()
        lived.house.clear_faults()
        findings = lived.conclude()
        both = record.gather(lived.house, lived.fleet)
    calm, hung = p95(both, until=first + spacing - 5.0), p95(both, since=first + spacing - 5.0)
    name = f"seconds by which the other account is later at p95: {calm:.2f}, then {hung:.2f}"
    neighbour = figures.bounded("neighbour", name, round(hung - calm, 2), most=DELAYED_BY)
    return [*findings, figures.undone(both), neighbour]


@dataclass
class Hang:
    """From that moment on the first account hangs; until 20 s after the last was due."""

    lived: Lived
    at: float
    is_on: bool = False

    def watch(self) -> None:
        self.lived.until_last_due(self.turn, more=10.0)

    def turn(self) -> None:
        if not self.is_on and time.time() >= self.at:
            self.lived.house.fault("hang", account=account_number(0))
            self.is_on = True


def p95(both: Record, *, since: float = 0.0, until: float = float("inf")) -> float:
    """Lateness of the second account's operations that were due in this span."""
    ops, late = Evidence(both).ops, figures.lateness(both)
    second = instances_of(both, account_number(1))
    return figures.percentile(
        [
            seconds
            for op, seconds in late.items()
            if since <= ops[op].due < until and both.servers[ops[op].server] in second
        ],
        0.95,
    )


def instances_of(both: Record, account: str) -> set[str]:
    return {each for entry in both.entries if entry.account == account for each in entry.ids}
