"""Fire: rules that are due become operations, at their moment and never before.

Reads the coming two seconds without locks, waits for each moment, and only then claims. Claiming, inserting
the operations and moving `next_run_at` on are one transaction; the identity of an occurrence is unique in the
database, so two clocks make one operation.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from scheduler import hands, story
from scheduler.deciding import RUN, Occurrence, Verdict, verdicts
from shared import broker, clock
from shared.fleet.models import Server
from shared.fleet.status import GONE_AFTER
from shared.operations.models import Operation
from shared.operations.reasons import sentence
from shared.operations.states import GRACE, Origin, State
from shared.schedules import ahead
from shared.schedules.models import Hold, Rule, Schedule, Skip, Target
from shared.schedules.recurrence import Moment, first

AHEAD = timedelta(seconds=2)
BATCH = 500
FEW = 4
PLANNED = ["next_run_at", "next_nominal", "next_fold", "following"]


@dataclass(frozen=True, slots=True)
class Due:
    """One moment of one rule on one server that has come."""

    rule: Rule
    server: Server
    moment: Moment


def fire() -> None:
    """Everything due now, and what falls due in the next two seconds, each at its moment."""
    claim_all(clock.now())
    began, now = time.monotonic(), clock.now()
    for moment in coming(now):
        time.sleep(max(0.0, (moment - now).total_seconds() - (time.monotonic() - began)))
        claim_all(max(moment, clock.now()))


def coming(now: datetime) -> list[datetime]:
    """The distinct moments of the next two seconds."""
    due = Rule.objects.filter(next_run_at__gt=now, next_run_at__lte=now + AHEAD)
    moments = due.values_list("next_run_at", flat=True).distinct().order_by("next_run_at")
    return [moment for moment in moments if moment is not None]


def claim_all(now: datetime) -> None:
    while claim(now) == BATCH:
        pass


def claim(now: datetime) -> int:
    """One batch of due rules; the number claimed. Rules that another process holds are left to it."""
    with transaction.atomic():
        one_at_a_time()
        rules = list(
            Rule.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .select_related("schedule")
            .filter(next_run_at__lte=now)
            .order_by("next_run_at", "id")[:BATCH]
        )
        made = record(rules, now=now)
        for rule in rules:
            ahead.advance(rule, now=now)
        Rule.objects.bulk_update(rules, PLANNED)
    follow_up(rules, made)
    return len(rules)


def one_at_a_time() -> None:
    """Rules of one moment are judged together, so one claim runs at a time; others wait for its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cloudevy fire', 0))")


def follow_up(rules: list[Rule], made: list[Operation]) -> None:
    """After the commit: wake the senders, tell the story, and compute moments ahead."""
    waiting = {(each.server.region_id, each.action) for each in made if each.state == State.REQUESTED}
    for region, action in waiting:
        hands.soon(broker.DRAIN_REGION, region=region, action=action)
    for operation in made:
        story.fired(operation)
    refill([rule for rule in rules if rule.cron and len(rule.following) < FEW])


def refill(rules: list[Rule]) -> None:
    """Compute more moments for rules that run low, unless somebody changed the rule meanwhile."""
    for rule in rules:
        if rule.next_run_at is None:
            continue
        before = rule.next_run_at
        more = first(ahead.timing(rule), after=before, count=ahead.COUNT)
        ahead.put(rule, [ahead.stored(rule)[0], *more])
        Rule.objects.filter(id=rule.id, next_run_at=before).update(following=rule.following)


def record(rules: list[Rule], *, now: datetime) -> list[Operation]:
    """One operation for every due moment of every rule on every server, with its verdict."""
    targets = targets_of({rule.schedule_id for rule in rules})
    dues = [
        Due(rule, server, moment)
        for rule in rules
        for moment in ahead.due(rule, now=now)
        for server in targets[rule.schedule_id]
    ]
    facts = Facts([rule.id for rule in rules], {due.server.id for due in dues}, now=now)
    judged = verdicts([facts.occurrence(due) for due in dues], now=now)
    pairs = zip(dues, judged, strict=True)
    return insert([row(due, each, verdict, now=now) for due, (each, verdict) in pairs])


def insert(rows: list[Operation]) -> list[Operation]:
    """Insert what is not there yet; the rows that really were inserted, in the order given."""
    Operation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    keys = {(each.rule_id, each.revision, each.nominal, each.fold, each.server_id) for each in rows}
    stored = Operation.objects.select_related("server__region", "schedule").filter(
        rule__in={each.rule_id for each in rows}, requested_at__in={each.requested_at for each in rows}
    )
    return [
        each
        for each in stored
        if (each.rule_id, each.revision, each.nominal, each.fold, each.server_id) in keys
    ]


def targets_of(schedule_ids: Iterable[int]) -> dict[int, list[Server]]:
    found: dict[int, list[Server]] = defaultdict(list)
    rows = (
        Target.objects.filter(schedule__in=list(schedule_ids)).select_related("server__region").order_by("id")
    )
    for target in rows:
        found[target.schedule_id].append(target.server)
    return found


class Facts:
    """What speaks against running, read once for a whole batch."""

    def __init__(self, rules: list[int], servers: set[int], *, now: datetime) -> None:
        holds = Hold.objects.filter(server__in=servers, ended_at=None, until__gt=now).select_related("author")
        self.now = now
        self.holds = {hold.server_id: words(hold) for hold in holds}
        skips = Skip.objects.filter(rule__in=rules, server__in=servers)
        self.skips = set(skips.values_list("rule_id", "server_id", "nominal", "fold"))

    def occurrence(self, due: Due) -> Occurrence:
        """The due moment with everything that may speak against it."""
        rule, server, moment = due.rule, due.server, due.moment
        return Occurrence(
            rule=rule.id,
            server=server.id,
            action=rule.action,
            due_at=moment.at,
            grace_until=moment.at + grace(rule.schedule, rule.action),
            protected=server.protected,
            gone=is_gone(server, now=self.now),
            region_enabled=server.region.enabled,
            skipped=(rule.id, server.id, moment.nominal, moment.fold) in self.skips,
            observe=rule.schedule.mode == Schedule.Mode.OBSERVE,
            hold=self.holds.get(server.id),
        )


def words(hold: Hold) -> dict[str, str]:
    return {
        "want": hold.want,
        "until": f"{hold.until:%Y-%m-%d %H:%M} UTC",
        "author": str(hold.author or "somebody"),
    }


def is_gone(server: Server, *, now: datetime) -> bool:
    if server.observed_state in (Server.Observed.TERMINATED, Server.Observed.SHUTTING_DOWN):
        return True
    return server.missing_since is not None and now - server.missing_since >= GONE_AFTER


def grace(schedule: Schedule, action: str) -> timedelta:
    return GRACE[action] if schedule.grace_seconds is None else timedelta(seconds=schedule.grace_seconds)


def row(due: Due, each: Occurrence, verdict: Verdict, *, now: datetime) -> Operation:
    """The operation of one due moment, to be sent or already skipped."""
    rule, server, runs = due.rule, due.server, verdict is RUN
    return Operation(
        workspace_id=rule.workspace_id,
        server=server,
        action=rule.action,
        origin=Origin.RULE.value,
        schedule=rule.schedule,
        rule=rule,
        revision=rule.schedule.revision,
        nominal=due.moment.nominal,
        fold=due.moment.fold,
        due_at=each.due_at,
        grace_until=each.grace_until,
        not_before=each.due_at,
        state=(State.REQUESTED if runs else State.SKIPPED).value,
        reason=verdict.reason,
        detail="" if runs else sentence(verdict.reason, **verdict.words),
        snapshot={
            "schedule": rule.schedule.name,
            "instance": server.instance_id,
            "region": server.region.name,
        },
        requested_at=now,
        finished_at=None if runs else now,
    )
