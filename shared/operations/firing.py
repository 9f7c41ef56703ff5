"""Firing: due moments of rules become operations, each with its verdict, and the rules move on.

What the clock does at a moment, and what an edit does for the moments that came before it: so an edit during
an outage of the scheduler makes nothing vanish and nothing run that the old timetable did not say. Call it
inside a transaction that holds the rules' locks. It sends nothing and knows no clock.

Locks are always taken in this order: schedule, rules by id, operations. The clock skips rules that somebody
holds, so it waits for nobody here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from shared.fleet import fitness
from shared.fleet.models import Server
from shared.fleet.status import is_missing
from shared.operations.models import Operation
from shared.operations.reasons import sentence
from shared.operations.states import ACTIVE, GRACE, OPENING, Origin, State
from shared.operations.verdicts import RUN, Occurrence, Verdict, verdicts
from shared.schedules import ahead, holds, services
from shared.schedules.holds import Kept
from shared.schedules.models import Action, Rule, Schedule, Skip, Target
from shared.schedules.recurrence import Moment
from shared.schedules.services import INSTANT, PLANNED
from shared.schedules.wanting import Wants

BATCH = 500
IDENTITY = ("rule_id", "revision", "nominal", "fold", "server_id")


@dataclass(frozen=True, slots=True)
class Due:
    """One moment of one rule on one server that has come."""

    rule: Rule
    server: Server
    moment: Moment


def catch_up(schedule: Schedule, *, now: datetime) -> list[Operation]:
    """Bring a locked schedule to `now` as the clock would have: a pause that is over ends, what is due is
    recorded for the servers it has now, and the rules stand at their first moment after `now`."""
    if schedule.paused_until is not None and schedule.paused_until <= now:
        services.resume(schedule, now=schedule.paused_until - INSTANT)
    due = schedule.rules.select_related("schedule").filter(next_run_at__lte=now)
    return fired(list(due.order_by("id")), now=now)


def hold_still(*schedules: Schedule) -> None:
    """Lock what is under way in the order in which looks lock it, before rows it refers to are deleted."""
    active = Operation.objects.filter(schedule__in=schedules, state__in=[state.value for state in ACTIVE])
    list(active.select_for_update(no_key=True, of=("self",)).order_by("server_id").values_list("id"))


def fired(rules: Sequence[Rule], *, now: datetime) -> list[Operation]:
    """Record everything due of these locked rules and move them on; the operations made."""
    made = record(rules, now=now)
    for rule in rules:
        ahead.advance(rule, now=now)
    Rule.objects.bulk_update(rules, PLANNED)
    return made


def record(rules: Sequence[Rule], *, now: datetime) -> list[Operation]:
    """One operation for every due moment of every rule on every server, with its verdict."""
    targets = targets_of({rule.schedule_id for rule in rules})
    dues = not_yet_recorded(
        [
            Due(rule, server, moment)
            for rule in rules
            for moment in ahead.due(rule, now=now)
            for server in targets[rule.schedule_id]
        ]
    )
    oldest = min((due.moment.at for due in dues), default=now)
    facts = Facts([rule.id for rule in rules], {due.server.id for due in dues}, since=oldest)
    judged = verdicts([facts.occurrence(due, now=now) for due in dues], now=now)
    pairs = zip(dues, judged, strict=True)
    return insert([row(due, each, verdict, now=now) for due, (each, verdict) in pairs])


def not_yet_recorded(dues: list[Due]) -> list[Due]:
    """Without the moments that have their row under an older revision: the clock was set back since."""
    rows = Operation.objects.filter(
        server__in={due.server.id for due in dues},
        due_at__in={due.moment.at for due in dues},
        rule__in={due.rule.id for due in dues},
    )
    known = set(rows.values_list("rule_id", "server_id", "due_at"))
    return [due for due in dues if (due.rule.id, due.server.id, due.moment.at) not in known]


def insert(rows: list[Operation]) -> list[Operation]:
    """Insert what is not there yet; the rows that really were inserted, in the order given."""
    Operation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    stored = Operation.objects.filter(
        server__in={each.server_id for each in rows},
        due_at__in={each.due_at for each in rows},
        rule__in={each.rule_id for each in rows},
        requested_at__in={each.requested_at for each in rows},
    )
    ids = {tuple(key): made for made, *key in stored.values_list("id", *IDENTITY)}
    for each in rows:
        each.id = ids.get(tuple(getattr(each, name) for name in IDENTITY))
    return [each for each in rows if each.id is not None]


def targets_of(schedule_ids: Iterable[int]) -> dict[int, list[Server]]:
    found: dict[int, list[Server]] = defaultdict(list)
    rows = (
        Target.objects.filter(schedule__in=list(schedule_ids)).select_related("server__region").order_by("id")
    )
    for target in rows:
        found[target.schedule_id].append(target.server)
    return found


class Facts:
    """What speaks against running, read once for a whole batch; `wants` only where a stop asks for it.

    A moment is judged by the hold that counted then, which may have ended since; the oldest is `since`.
    """

    def __init__(self, rules: list[int], servers: set[int], *, since: datetime) -> None:
        self.servers = servers
        self.holds = Kept(servers, since=since)
        skips = Skip.objects.filter(rule__in=rules, server__in=servers)
        self.skips = set(skips.values_list("rule_id", "server_id", "nominal", "fold"))

    def occurrence(self, due: Due, *, now: datetime) -> Occurrence:
        """The due moment with everything that may speak against it when it is judged then."""
        rule, server, moment = due.rule, due.server, due.moment
        hold = self.holds.at(server.id, moment.at)
        return Occurrence(
            rule=rule.id,
            server=server.id,
            action=rule.action,
            due_at=moment.at,
            grace_until=grace_until(due),
            protected=server.protected,
            gone=is_gone(server, now=now),
            region_enabled=server.region.enabled,
            skipped=(rule.id, server.id, moment.nominal, moment.fold) in self.skips,
            observe=rule.schedule.mode == Schedule.Mode.OBSERVE,
            hold=holds.words(hold) if hold else None,
            unfit=unfit(rule.action, server),
            kept_on=self.kept_on(due, now=now),
            schedule=rule.schedule.name,
        )

    @cached_property
    def wants(self) -> Wants:
        return Wants(self.servers)

    def kept_on(self, due: Due, *, now: datetime) -> str:
        """Only a stop can be: the name of the schedule whose hours go on now. Those that were over before it
        was judged keep nothing on, or the server would stay on for good when their own stop was missed."""
        if due.rule.action != Action.STOP:
            return ""
        at = max(now, due.moment.at)
        keeper = self.wants.kept_on(due.server.id, at=at, but=due.rule.schedule_id)
        return keeper.name if keeper else ""


def is_gone(server: Server, *, now: datetime) -> bool:
    """Whether EC2 no longer has it, as far as can be told."""
    if server.left_at is not None:
        return True
    if server.observed_state in (Server.Observed.TERMINATED, Server.Observed.SHUTTING_DOWN):
        return True
    return is_missing(missing_since=server.missing_since, looked_at=server.region.looked_at or now)


def unfit(action: str, server: Server) -> Verdict:
    """Why EC2 never does this with such an instance; RUN when it does."""
    found = fitness.against(action, flags=server.flags)
    return Verdict(found.code, {"lifecycle": found.lifecycle}) if found else RUN


def grace_until(due: Due) -> datetime:
    """How long it may still be sent. A start that opens hours is of use until they end, at most 4 hours
    late, unless its schedule says how late; after their end it never is."""
    schedule, action, moment = due.rule.schedule, due.rule.action, due.moment
    if schedule.grace_seconds is not None:
        until = moment.at + timedelta(seconds=schedule.grace_seconds)
    else:
        until = moment.at + (GRACE[action] if moment.until is None else OPENING)
    return until if moment.until is None else min(until, moment.until)


def options(due: Due) -> dict[str, object]:
    """How it is to be done: a schedule's stops may hibernate the servers that can."""
    hibernates = due.rule.action == "stop" and due.rule.schedule.hibernate
    return {"hibernate": True} if hibernates and due.server.flags.get("hibernation") else {}


def row(due: Due, each: Occurrence, verdict: Verdict, *, now: datetime) -> Operation:
    """The operation of one due moment, to be sent or already skipped."""
    rule, server, runs = due.rule, due.server, verdict is RUN
    return Operation(
        workspace_id=rule.workspace_id,
        server=server,
        action=rule.action,
        options=options(due),
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
