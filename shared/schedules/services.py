"""Creating, changing, pausing and ending schedules; keeps every rule's next moments right.

Each function is one transaction. Moments are always strictly later than the caller's `now`. Who changes a
schedule takes its locks first (`locked`), then the moment, and then records what came before that; this
module knows nothing of operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects

from shared.errors import Invalid, RevisionMismatch
from shared.people.models import User, Workspace
from shared.schedules import ahead, parts, quotas
from shared.schedules.checks import RuleText, check_dates, check_rule
from shared.schedules.models import Rule, Schedule
from shared.schedules.parts import SkipDay
from shared.schedules.windows import WindowText

INSTANT = timedelta(microseconds=1)
PLANNED = ["next_run_at", "next_nominal", "next_fold", "next_until", "following"]


# A date that nobody spoke of; None takes the date away.
UNSAID = date.min
DATES = ("valid_from", "valid_to")
PLAIN = ("name", "timezone", "enabled", "grace_seconds", "mode", "hibernate", *DATES)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person may say about a schedule; UNSAID leaves a date, and None everything else, as it is.

    Grace 0 means the default. Windows take the place of rules and rules that of windows, as do picked servers
    and a tag query.
    """

    name: str | None = None
    timezone: str | None = None
    enabled: bool | None = None
    grace_seconds: int | None = None
    mode: str | None = None
    hibernate: bool | None = None
    rules: Sequence[RuleText] | None = None
    windows: Sequence[WindowText] | None = None
    skip_dates: Sequence[SkipDay] | None = None
    valid_from: date | None = UNSAID
    valid_to: date | None = UNSAID
    servers: Sequence[int] | None = None
    tag_query: str | None = None

    def said(self, name: str) -> bool:
        """Whether this one is to be changed."""
        return getattr(self, name) is not (UNSAID if name in DATES else None)


# These move moments, and with `servers` and `tag_query` what they act on; a new name, grace or mode, or
# hibernation, does not.
PLANNING = frozenset({"timezone", "enabled", "rules", "skip_dates", *DATES})
MOVING = PLANNING | {"servers", "tag_query"}


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
    quotas.check_workspace(workspace)
    change = Change(Schedule(workspace=workspace, author=author, timezone=workspace.time_zone))
    take_over(change, draft, now=now)
    save_named(change.schedule)
    take_parts(change, draft, now=now)
    plan(change.schedule, now=now)
    return change.schedule


@transaction.atomic
def change(schedule: Schedule, draft: Draft, *, revision: int | None, now: datetime) -> Change:
    """Change what the draft names. RevisionMismatch when somebody saved since `revision`."""
    change = Change(locked(schedule))
    check_revision(change.schedule, revision)
    take_over(change, draft, now=now)
    take_parts(change, draft, now=now)
    finish(change, now=now)
    return change


def take_over(change: Change, draft: Draft, *, now: datetime) -> None:
    """The plain values of the draft."""
    for name in PLAIN:
        if draft.said(name):
            value = getattr(draft, name)
            change.set(name, value or None if name == "grace_seconds" else value)
    if change.changed & {"timezone", *DATES}:
        check_dates(change.schedule.timezone, change.schedule.valid_from, change.schedule.valid_to, now=now)


def take_parts(change: Change, draft: Draft, *, now: datetime) -> None:
    """The rows that hang on a saved schedule: its timetable, its dates and its servers."""
    schedule, picked = change.schedule, None if draft.tag_query else draft.servers
    for name, put in (
        ("skip_dates", draft.skip_dates is not None and parts.put_skip_dates(schedule, draft.skip_dates)),
        ("rules", bool(draft.windows) and parts.put_windows(schedule, draft.windows or ())),
        ("rules", bool(draft.rules) and parts.put_rules(schedule, draft.rules or (), now=now)),
        ("tag_query", draft.tag_query is not None and parts.put_query(schedule, draft.tag_query)),
        ("servers", picked is not None and parts.put_servers(schedule, picked)),
    ):
        if put:
            change.changed.add(name)


def finish(change: Change, *, now: datetime) -> None:
    """Save; raise the revision and plan anew when moments move. A new zone may make old rules impossible."""
    schedule = change.schedule
    if change.changed & MOVING:
        schedule.revision += 1
        if "timezone" in change.changed:
            recheck(schedule, now=now)
    save_named(schedule)
    if change.changed & PLANNING:
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
    row.paused_at, row.paused_until, row.pause_reason, row.resumed_at = None, None, "", now
    row.save(update_fields=["paused_at", "paused_until", "pause_reason", "resumed_at", "updated_at"])
    plan(row, now=now)
    return row


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


def plan(schedule: Schedule, *, now: datetime) -> None:
    """Every rule's coming moments, strictly after now; none while it is paused or switched off."""
    prefetch_related_objects([schedule], "windows", "skip_dates")
    rules = list(schedule.rules.order_by("id"))
    for rule in rules:
        rule.schedule = schedule
        if schedule.enabled and schedule.paused_at is None:
            ahead.plan(rule, after=now)
        else:
            ahead.clear(rule)
    Rule.objects.bulk_update(rules, PLANNED)
