"""Creating, changing, pausing and ending schedules; keeps every rule's next moments right.

Each function is one transaction. Moments are always strictly later than the caller's `now`. Who changes a
schedule takes its locks first (`locked`), then the moment, and then records what came before that; this
module knows nothing of operations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from shared.errors import Invalid, RevisionMismatch
from shared.fleet.models import Server
from shared.people.models import User, Workspace
from shared.schedules import ahead
from shared.schedules.checks import RuleText, check_rule
from shared.schedules.models import Rule, Schedule, Target

INSTANT = timedelta(microseconds=1)
PLANNED = ["next_run_at", "next_nominal", "next_fold", "following"]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person may say about a schedule; None leaves it as it is. Grace 0 means the default."""

    name: str | None = None
    timezone: str | None = None
    enabled: bool | None = None
    grace_seconds: int | None = None
    mode: str | None = None
    hibernate: bool | None = None
    rules: Sequence[RuleText] | None = None
    servers: Sequence[int] | None = None


# These move moments or what they act on; a new name, grace or mode, or hibernation, does not.
MOVING = frozenset({"timezone", "enabled", "rules", "servers"})


@dataclass
class Change:
    """A schedule under a lock, and which of its parts really changed."""

    schedule: Schedule
    changed: set[str] = field(default_factory=set)

    def set(self, name: str, value: object) -> None:
        if getattr(self.schedule, name) != value:
            setattr(self.schedule, name, value)
            self.changed.add(name)


@transaction.atomic
def create(draft: Draft, *, workspace: Workspace, author: User | None, now: datetime) -> Schedule:
    """A new schedule. Invalid names the value that is wrong."""
    zone = workspace.time_zone if draft.timezone is None else draft.timezone
    schedule = Schedule(workspace=workspace, author=author, timezone=zone)
    schedule.name, schedule.grace_seconds = draft.name or "", draft.grace_seconds or None
    schedule.enabled = draft.enabled is not False
    schedule.mode, schedule.hibernate = draft.mode or Schedule.Mode.RESPECT, draft.hibernate is True
    save_named(schedule)
    put_rules(schedule, draft.rules or (), now=now)
    put_servers(schedule, draft.servers or ())
    plan(schedule, now=now)
    return schedule


@transaction.atomic
def change(schedule: Schedule, draft: Draft, *, revision: int | None, now: datetime) -> Change:
    """Change what the draft names. RevisionMismatch when somebody saved since `revision`."""
    change = Change(locked(schedule))
    check_revision(change.schedule, revision)
    take_over(change, draft)
    if draft.rules is not None and put_rules(change.schedule, draft.rules, now=now):
        change.changed.add("rules")
    if draft.servers is not None and put_servers(change.schedule, draft.servers):
        change.changed.add("servers")
    finish(change, now=now)
    return change


def take_over(change: Change, draft: Draft) -> None:
    """The plain values of the draft."""
    for each in fields(draft):
        value = getattr(draft, each.name)
        if value is None or each.name in ("rules", "servers"):
            continue
        change.set(each.name, value or None if each.name == "grace_seconds" else value)


def finish(change: Change, *, now: datetime) -> None:
    """Save; raise the revision and plan anew when moments move. A new zone may make old rules impossible."""
    schedule = change.schedule
    if change.changed & MOVING:
        schedule.revision += 1
        if "timezone" in change.changed:
            recheck(schedule, now=now)
    save_named(schedule)
    if change.changed & {"timezone", "enabled", "rules"}:
        plan(schedule, now=now)


def recheck(schedule: Schedule, *, now: datetime) -> None:
    """The recurring rules in the schedule's new zone; single moments may have passed and are left alone."""
    for place, rule in enumerate(schedule.rules.exclude(cron="").order_by("id")):
        check_rule(RuleText(rule.action, cron=rule.cron), zone=schedule.timezone, place=place, now=now)


@transaction.atomic
def delete(schedule: Schedule) -> None:
    """End a schedule for good; what it did stays in the history."""
    locked(schedule).delete()


@transaction.atomic
def pause(schedule: Schedule, *, reason: str, until: datetime | None, now: datetime) -> Schedule:
    """Nothing of it happens until `until`, or until somebody resumes it."""
    row = locked(schedule)
    row.paused_at, row.paused_until, row.pause_reason = now, until, reason
    row.save(update_fields=["paused_at", "paused_until", "pause_reason", "updated_at"])
    plan(row, now=now)
    return row


@transaction.atomic
def resume(schedule: Schedule, *, now: datetime) -> Schedule:
    """It goes on with its first moment after now; what fell into the pause does not happen."""
    row = locked(schedule)
    row.paused_at, row.paused_until, row.pause_reason = None, None, ""
    row.save(update_fields=["paused_at", "paused_until", "pause_reason", "updated_at"])
    plan(row, now=now)
    return row


def resume_due(*, now: datetime) -> int:
    """Resume every schedule whose pause has ended; the number. Rows that another holds are left to it.

    A moment at the very end of a pause counts, and so do those since, however late this is noticed: nobody
    can have changed the schedule in between without having recorded them.
    """
    with transaction.atomic():
        ended = Schedule.objects.filter(paused_until__lte=now)
        rows = list(ended.select_for_update(skip_locked=True, no_key=True).order_by("id")[:100])
        for row in rows:
            resume(row, now=(row.paused_until or now) - INSTANT)
    return len(rows)


def locked(schedule: Schedule) -> Schedule:
    """The row and its rules, locked: the clock cannot fire them meanwhile."""
    row = Schedule.objects.select_for_update(no_key=True).get(id=schedule.id)
    list(Rule.objects.select_for_update(no_key=True).filter(schedule=row).order_by("id"))
    return row


def check_revision(schedule: Schedule, revision: int | None) -> None:
    """RevisionMismatch when somebody saved since `revision`; None means whatever it is."""
    if revision is not None and schedule.revision != revision:
        message = (
            f"This schedule is at revision {schedule.revision} now. Load it again and repeat your change."
        )
        raise RevisionMismatch(message, revision=schedule.revision)


def save_named(schedule: Schedule) -> None:
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        message = f"There is a schedule named '{schedule.name}' already. Choose another name."
        raise Invalid(message, code="taken", field="name") from error


def put_rules(schedule: Schedule, wanted: Sequence[RuleText], *, now: datetime) -> bool:
    """Make the rules those wanted; whether anything changed. A rule that stays keeps its id."""
    have = {(rule.action, rule.cron, rule.at): rule for rule in schedule.rules.all()}
    want = {(text.action, text.cron, text.at) for text in wanted}
    for place, text in enumerate(wanted):
        if (text.action, text.cron, text.at) not in have:
            check_rule(text, zone=schedule.timezone, place=place, now=now)
    gone = [rule.id for key, rule in have.items() if key not in want]
    Rule.objects.filter(id__in=gone).delete()
    fresh = [
        Rule(workspace=schedule.workspace, schedule=schedule, action=action, cron=cron, at=at)
        for action, cron, at in dict.fromkeys((text.action, text.cron, text.at) for text in wanted)
        if (action, cron, at) not in have
    ]
    Rule.objects.bulk_create(fresh)
    return bool(gone or fresh)


def put_servers(schedule: Schedule, wanted: Sequence[int]) -> bool:
    """Make the targets those wanted; whether anything changed."""
    have = set(schedule.targets.values_list("server_id", flat=True))
    check_servers(schedule.workspace, [each for each in wanted if each not in have], wanted=wanted)
    schedule.targets.exclude(server_id__in=wanted).delete()
    fresh = [
        Target(workspace=schedule.workspace, schedule=schedule, server_id=each)
        for each in wanted
        if each not in have
    ]
    Target.objects.bulk_create(fresh)
    return have != set(wanted)


def check_servers(workspace: Workspace, ids: Iterable[int], *, wanted: Sequence[int]) -> None:
    """Invalid for an id that is no server of this workspace; another tenant's server is just as unknown."""
    asked = set(ids)
    known = set(Server.objects.filter(workspace=workspace, id__in=asked).values_list("id", flat=True))
    for place, each in enumerate(wanted):
        if each in asked - known:
            raise Invalid(f"There is no server {each}.", code="unknown_server", field=f"servers/{place}")


def plan(schedule: Schedule, *, now: datetime) -> None:
    """Every rule's coming moments, strictly after now; none while it is paused or switched off."""
    rules = list(schedule.rules.select_related("schedule").order_by("id"))
    for rule in rules:
        rule.schedule = schedule
        if schedule.enabled and schedule.paused_at is None:
            ahead.plan(rule, after=now)
        else:
            ahead.clear(rule)
    Rule.objects.bulk_update(rules, PLANNED)
