"""What people do and see: pollers, a stop as it is told, conflicts, repeated requests, a stop that hangs."""

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from math import floor
from random import Random

from django.db import transaction

from shared import clock
from shared.operations import firing
from shared.operations.models import Operation
from shared.people.models import Workspace
from shared.schedules import services
from shared.schedules.checks import RuleText
from shared.schedules.models import Rule
from shared.schedules.services import Draft
from tests.chaos import builds, figures
from tests.chaos.client import Reply, Visitor, served
from tests.chaos.fleet import REGION, Plan, account_number
from tests.chaos.invariants import Finding
from tests.chaos.run import Lived, Run

POLLERS = PARALLEL = 50
ASKERS, FIRST = 10, 10
# Seconds between two looks: of a region in which nothing happens, and for people who want a fresh answer.
IDLE_LOOK, READERS_AGAIN = 60.0, 3.0
STOPPING_WITHIN, STOPPED_WITHIN = 1.0, 8.0
STUCK_AFTER, STUCK_SLACK = 1200.0, 10.0
SHORTLY = 20.0
ACTIONS = ("start", "stop", "reboot")
SIGHTS = """SELECT server, after, min(extract(epoch FROM at))::float FROM chaos_sight
 WHERE before <> after GROUP BY server, after"""
STUCK = """SELECT extract(epoch FROM cloudevy_now() - state_since)::float,
 extract(epoch FROM stuck_since - state_since)::float FROM fleet_server WHERE instance_id = '{}'"""
# A clock that is set makes ages begin anew, so the server and its operation are made older instead.
AGED = """WITH old AS (UPDATE fleet_server SET state_since = state_since - interval '{seconds} s',
  transition_since = transition_since - interval '{seconds} s' WHERE instance_id = '{instance}' RETURNING id)
 UPDATE operations_operation SET sending_at = sending_at - interval '{seconds} s',
  accepted_at = accepted_at - interval '{seconds} s' FROM old WHERE server_id = old.id AND state = 'accepted'
 RETURNING operations_operation.id"""


def pollers(run: Run) -> list[Finding]:
    """Fifty people watch a fleet in which nothing happens."""
    seconds = 300.0 if run.full else 15.0
    with run.house(Plan(40, 0, accounts=4)) as lived, served(lived.house) as visitor:
        lived.house.staff(workers=2)
        lived.wait_for_clock()
        # The first look at everything is the product's own.
        time.sleep(5.0)
        before, began = describes(lived), time.monotonic()
        watch(lived, visitor, seconds=seconds)
        passed = time.monotonic() - began
        more = {place: count - before.get(place, 0) for place, count in describes(lived).items()}
    asked = more.pop(f"{account_number(0)} {REGION}", 0)
    seldom, often = floor(passed / IDLE_LOOK) + 1, floor(passed / READERS_AGAIN) + 1
    return [
        figures.told("answers to pollers", f"in {passed:.0f} s", len(visitor.replies)),
        figures.none_of("pollers refused", "every poller is answered", visitor.failures()),
        figures.bounded("describes", "of a region while people watch", max(more.values()), most=seldom),
        figures.bounded("describes for askers", "of a region of which people ask afresh", asked, most=often),
        figures.at_least("fresh looks", "which they get", asked, seldom + 1),
    ]


def watch(lived: Lived, visitor: Visitor, *, seconds: float) -> None:
    """Lists and statuses ask EC2 nothing; who asks for one server's status of the first account does."""
    servers = sorted(lived.fleet.servers)
    batch = f"servers/statuses?ids={','.join(map(str, servers))}"
    paths = [f"servers/{servers[nth % FIRST]}/status" for nth in range(ASKERS)]
    paths += [batch, "servers?page_size=50"] * ((POLLERS - ASKERS) // 2)
    until = time.monotonic() + seconds

    def poll(path: str) -> None:
        while time.monotonic() < until:
            visitor.get(path)
            time.sleep(4.0)

    with ThreadPoolExecutor(POLLERS) as pool:
        for each in [pool.submit(poll, path) for path in paths]:
            each.result()


def describes(lived: Lived) -> dict[str, int]:
    """Describe requests so far, by account and region."""
    found: dict[str, int] = {}
    for row in lived.house.sim("/stats")["calls"]:
        if row["action"].startswith("Describe"):
            place = f"{row['account']} {row['region']}"
            found[place] = found.get(place, 0) + row["calls"]
    return found


def story(run: Run) -> list[Finding]:
    """A schedule stops servers; when does the database say so?"""
    plan = Plan(20 if run.full else 4, 1, group=1, stagger=3.0, actions=("stop",))
    with run.house(plan, stop=20.0 if run.full else 6.0) as lived:
        lived.house.staff(workers=2)
        lived.schedule()
        lived.until_last_due(lambda: None, more=2.0)
        findings = lived.conclude()
        seen = {(server, state): at for server, state, at in lived.house.sql(SIGHTS)}
        times = {row["instance_id"]: row for row in lived.house.sim("/times")["transitions"]}
    servers = [(server, times[instance]) for server, instance in lived.fleet.servers.items()]
    began = [seen[server, "stopping"] - row["begins_at"] for server, row in servers]
    ended = [seen[server, "stopped"] - row["ends_at"] for server, row in servers]
    return [
        *findings,
        figures.bounded("stopping", "seconds after EC2, p99", worst(began), most=STOPPING_WITHIN),
        figures.bounded("stopped", "seconds after EC2, p99", worst(ended), most=STOPPED_WITHIN),
    ]


def worst(seconds: Sequence[float]) -> float:
    return round(figures.percentile(seconds, 0.99), 2)


def conflicts(run: Run) -> list[Finding]:
    """In this process, without workers: nine pairs of actions at one instant, in many orders."""
    orders = 50 if run.full else 3
    cases = list(product(ACTIONS, ACTIONS, (False, True)))
    wrong: list[str] = []
    with run.house(Plan(len(cases) * orders, 0)) as lived:
        builds.apply(run.build)
        servers = iter(sorted(lived.fleet.servers))
        for first, second, gap in cases:
            mine = [next(servers) for _ in range(orders)]
            wrong += collide((first, second), mine, gap=gap, chance=run.random)
    promise = f"in this process: one winner in each of {len(cases) * orders} orders, the loser has a reason"
    return [figures.none_of("conflicts", promise, wrong)]


def collide(pair: tuple[str, str], servers: Sequence[int], *, gap: bool, chance: Random) -> list[str]:
    """Let both come due on each server; what is not as it must be."""
    winner = min(pair, key=ACTIONS.index)
    now = clock.now()
    for server in servers:
        both = [(pair[0], "UTC", "2027-03-28T01:00"), (pair[1], *twin(gap=gap))]
        for action, zone, at in chance.sample(both, k=2):
            name = f"{pair} {gap} {server} {zone} {chance.random()}"
            draft = Draft(name=name, timezone=zone, rules=[RuleText(action, at=at)], servers=[server])
            services.create(draft, workspace=Workspace.objects.get(), author=None, now=now)
    fire(servers, chance=chance)
    reason = "duplicate" if pair[0] == pair[1] else "conflict"
    return [problem for server in servers if (problem := judged(server, winner, reason))]


def twin(*, gap: bool) -> tuple[str, str]:
    """The same instant as 01:00 UTC; `gap`: as a local time that does not exist and runs right after."""
    return ("Europe/Berlin", "2027-03-28T02:30") if gap else ("UTC", "2027-03-28T01:00")


def fire(servers: Sequence[int], *, chance: Random) -> None:
    with transaction.atomic():
        rules = Rule.objects.select_related("schedule").filter(schedule__targets__server__in=servers)
        ranked = list(rules.order_by("id"))
        chance.shuffle(ranked)
        firing.fired(ranked, now=datetime(2027, 3, 28, 1, 30, tzinfo=UTC) - timedelta(minutes=29))


def judged(server: int, winner: str, reason: str) -> str:
    """What is wrong with the rows of this server; empty when one is to run and the other says why not."""
    rows = sorted(Operation.objects.filter(server=server).values_list("state", "action", "reason", "detail"))
    states = [(state, action, reason) for state, action, reason, _ in rows]
    good = len(rows) == 2 and states[0][:2] == ("requested", winner)
    if good and rows[1][0] == "skipped" and rows[1][2] == reason and rows[1][3]:
        return ""
    return f"server {server}, {winner} should win, the other end as {reason}: {states}"


def repeated(run: Run) -> list[Finding]:
    """Fifty requests at once with one Idempotency-Key are one wish."""
    keys = 20 if run.full else 2
    wrong: list[str] = []
    with run.house(Plan(keys * 2, 0)) as lived, served(lived.house) as visitor:
        if run.build == "no_request_key":
            lived.house.sql("ALTER TABLE operations_request DROP CONSTRAINT request_once")
        ids = sorted(lived.fleet.servers)
        for nth in range(keys):
            wrong += [f"key {nth}: {each}" for each in one_key(visitor, ids[2 * nth : 2 * nth + 2], nth)]
        rows = lived.house.sql("SELECT count(*) FROM operations_operation")[0][0]
    return [
        figures.none_of("repeated requests", f"{PARALLEL} at once, {keys} keys: one answer for all", wrong),
        figures.exactly("operations of repeated requests", "one per server and key", rows, keys),
    ]


def one_key(visitor: Visitor, servers: Sequence[int], nth: int) -> list[str]:
    """Send the same wish from many threads at the same moment, then another one under the same key."""
    barrier, key = threading.Barrier(PARALLEL), f"key-{nth}"

    def ask(_: int) -> Reply:
        barrier.wait()
        return visitor.post("operations", {"servers": [servers[0]], "action": "stop"}, Idempotency_Key=key)

    with ThreadPoolExecutor(PARALLEL) as pool:
        replies = list(pool.map(ask, range(PARALLEL)))
    wrong = [f"status {each.status}: {each.body}" for each in replies if each.status != 202]
    answers = {json.dumps(each.body, sort_keys=True) for each in replies}
    if len(answers) > 1:
        wrong.append(f"{len(answers)} different answers")
    other = visitor.post("operations", {"servers": [servers[1]], "action": "stop"}, Idempotency_Key=key)
    if other.status != 409 or other.body.get("code") != "idempotency_conflict":
        wrong.append(f"another wish under the same key: {other.status}")
    return wrong


def stuck(run: Run) -> list[Finding]:
    """A stop never ends, and is made nearly as old as one that counts as stuck."""
    with run.house(Plan(2, 1, group=2, actions=("stop",))) as lived:
        instance = lived.fleet.servers[min(lived.fleet.servers)]
        lived.house.fault("stuck", instance=instance)
        lived.house.staff(workers=2)
        lived.schedule()
        lived.until_last_due(lambda: None, more=4.0)
        age = lived.house.sql(STUCK.format(instance))[0][0]
        lived.house.sql(AGED.format(instance=instance, seconds=STUCK_AFTER - SHORTLY - age))
        flagged, dated = until_flagged(lived, instance)
        findings = lived.conclude()
        entries = lived.house.sim("/ledger")["entries"]
    forced = [f"request {each['number']}" for each in entries if each["options"]["force"]]
    again = [f"request {each['number']}" for each in entries if instance in each["ids"]][1:]
    return [
        *findings,
        figures.bounded(
            "stuck", f"seconds off {STUCK_AFTER:g} when flagged", abs(flagged - STUCK_AFTER), most=STUCK_SLACK
        ),
        figures.exactly("stuck since", "dated seconds after it began to stop", dated, STUCK_AFTER),
        figures.none_of("forced by itself", "only a person forces a stop", forced + again),
    ]


def until_flagged(lived: Lived, instance: str) -> tuple[float, float]:
    """How long the server had been stopping when it was flagged, and when the flag says it was stuck."""
    deadline = time.monotonic() + 90.0
    while True:
        age, dated = lived.house.sql(STUCK.format(instance))[0]
        if dated is not None or time.monotonic() > deadline:
            return round(age, 1), dated or 0.0
        time.sleep(0.1)
