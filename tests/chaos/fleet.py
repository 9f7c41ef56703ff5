"""The servers of an experiment and what is due on them, written as the product's own rows.

Known to both sides: the simulator's fleet file and the tables. What is due comes back as a list of the
expected occurrences, reckoned by the harness; of the product's it reads only the rules' numbers. Needs Django
to be set up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import clock, vault
from shared.fleet.models import Account, Region, Server
from shared.people.models import Workspace
from shared.schedules import services
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule
from shared.schedules.services import Draft

REGION = "eu-central-1"
KEY = "AKIACHAOS{number:011d}"
SECRET = "SecretOfTheChaosHarness/NotReal/{number:08d}"


@dataclass(frozen=True)
class Plan:
    """So many servers, each with `rounds` occurrences `spacing` seconds apart, from `lead` seconds on.

    Servers come in groups of `group` that share a schedule; groups are `stagger` seconds apart.
    `actions` are taken in turns. `grace` in seconds; None is the product's own.
    """

    servers: int = 12
    rounds: int = 3
    spacing: float = 10.0
    lead: float = 6.0
    group: int = 4
    stagger: float = 1.0
    actions: tuple[str, ...] = ("stop", "start")
    grace: int | None = None
    accounts: int = 1

    @property
    def occurrences(self) -> int:
        return self.servers * self.rounds


@dataclass(frozen=True)
class Expected:
    """One occurrence that must become exactly one row."""

    rule: int
    server: int
    action: str
    due: datetime


@dataclass
class Fleet:
    """What was written: servers by id, and everything that is due."""

    servers: dict[int, str] = field(default_factory=dict)
    regions: list[int] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)

    @property
    def last_due(self) -> datetime:
        return max(each.due for each in self.expected)


def account_number(nth: int) -> str:
    return f"{111100000000 + nth}"


def instance_id(account: int, nth: int) -> str:
    return f"i-0c{account:05x}{nth:010x}"


def per_account(plan: Plan) -> int:
    return -(-plan.servers // plan.accounts)


def simulated(plan: Plan) -> dict[str, Any]:
    """The simulator's fleet file."""
    return {"accounts": [simulated_account(plan, nth) for nth in range(plan.accounts)]}


def simulated_account(plan: Plan, account: int) -> Mapping[str, Any]:
    key = {
        "user": "cloudevy",
        "access_key_id": KEY.format(number=account),
        "secret_access_key": SECRET.format(number=account),
    }
    instances = [
        {
            "id": instance_id(account, nth),
            "region": REGION,
            "name": f"chaos-{account}-{nth}",
            "state": "running",
        }
        for nth in range(per_account(plan))
    ]
    return {"id": account_number(account), "keys": [key], "instances": instances}


def furnish(plan: Plan, *, public_key: str) -> Fleet:
    """Accounts with sealed credentials, their region and servers; nothing is due yet."""
    workspace = Workspace.objects.create(name="chaos", time_zone="UTC")
    fleet = Fleet()
    for nth in range(plan.accounts):
        region = account(workspace, nth, public_key=public_key)
        fleet.regions.append(region.id)
        fleet.servers.update(servers(region, plan, nth))
    return fleet


def account(workspace: Workspace, nth: int, *, public_key: str) -> Region:
    now = clock.now()
    row = Account(
        workspace=workspace, name=f"account {nth}", kind=Account.Kind.KEYS, status=Account.Status.OK
    )
    pair = {"access_key_id": KEY.format(number=nth), "secret_access_key": SECRET.format(number=nth)}
    key = vault.parse_public(public_key)
    row.sealed = vault.seal(json.dumps(pair), key=key, uid=str(row.uid), field="credential")
    row.key_id, row.aws_account_id, row.tested_at = key.id, account_number(nth), now
    row.save()
    return Region.objects.create(
        workspace=workspace, account=row, name=REGION, discovered_at=now, looked_at=now
    )


def servers(region: Region, plan: Plan, account: int) -> dict[int, str]:
    now = clock.now()
    rows = [
        Server(
            workspace_id=region.workspace_id,
            region=region,
            instance_id=instance_id(account, nth),
            name=f"chaos-{account}-{nth}",
            observed_state=Server.Observed.RUNNING,
            observed_at=now,
            checks="ok",
        )
        for nth in range(per_account(plan))
    ]
    return {row.id: row.instance_id for row in Server.objects.bulk_create(rows)}


def schedule(fleet: Fleet, plan: Plan, *, name: str = "group") -> None:
    """The plan's schedules, one per group, from `lead` seconds on; noted in the fleet as expected."""
    now = clock.now()
    begin = (now + timedelta(seconds=plan.lead)).replace(microsecond=0)
    ids, known = sorted(fleet.servers)[: plan.servers], len(fleet.expected)
    for nth, start in enumerate(range(0, len(ids), plan.group)):
        mine = ids[start : start + plan.group]
        offset = timedelta(seconds=int(nth * plan.stagger))
        dues = [begin + offset + timedelta(seconds=int(plan.spacing * each)) for each in range(plan.rounds)]
        actions = [plan.actions[each % len(plan.actions)] for each in range(plan.rounds)]
        moments = list(zip(actions, dues, strict=True))
        rules = [RuleText(action, at=local(due)) for action, due in moments]
        row = create(f"{name} {nth}", rules, mine, grace=plan.grace, now=now)
        numbers = {(rule.action, rule.at): rule.id for rule in row.rules.all()}
        fleet.expected += [
            Expected(numbers[action, local(due)], server, action, due)
            for action, due in moments
            for server in mine
        ]
    if len(fleet.expected) - known != plan.occurrences:
        raise RuntimeError(f"{plan} made {len(fleet.expected) - known} occurrences.")


def some(whole: Fleet, places: Sequence[int]) -> Fleet:
    """Some of its servers; what becomes expected of them is expected of the whole."""
    ids = sorted(whole.servers)
    return replace(whole, servers={ids[nth]: whole.servers[ids[nth]] for nth in places})


def create(
    name: str, rules: Sequence[RuleText], servers: list[int], *, grace: int | None = None, now: datetime
) -> Schedule:
    draft = Draft(name=name, timezone="UTC", rules=rules, servers=servers, grace_seconds=grace)
    return services.create(draft, workspace=Workspace.objects.get(), author=None, now=now)


def local(due: datetime) -> str:
    return due.astimezone(UTC).replace(tzinfo=None).isoformat()
