"""Giving up: a schedule whose last runs all failed for a reason that does not pass is paused, until a person
has mended that and resumes it.

A run is a moment of the schedule with all its servers. What AWS refuses for now, what takes too long and what
nobody knows the end of never counts. `failed_runs` decides and is pure; the rest reads and pauses.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from scheduler import busy, telling
from shared import clock
from shared.operations import asking
from shared.operations.models import Operation
from shared.operations.opening import opened
from shared.operations.states import Origin, State
from shared.schedules import services
from shared.schedules.models import Schedule

RUNS = 5
# Reasons of failures that come again until somebody changes something at AWS or here.
PERMANENT = frozenset(
    {
        "credential_unusable",
        "denied",
        "instance_not_found",
        "instance_store",
        "one_time_spot",
        "refused",
        "stop_protected",
    }
)
# What was decided not to run says nothing about whether it could have.
SILENT = frozenset({State.SKIPPED.value, State.CANCELLED.value})
# How many different ends of moments are read back at most, to find those that count.
READ_BACK = 60
LONGEST_REASON = 200
End = tuple[datetime, str, str]


def failed_runs(ends: Iterable[End]) -> int:
    """How many of the latest runs, one after the other, failed for good, up to RUNS.

    `ends` are (due_at, state, reason), the latest moment first. A run counts when every end of it failed for
    good. Anything else ends the row: a success, a server that was there already, a failure that passes, an
    end that nobody knows, or something still under way.
    """
    count = 0
    for _, run in groupby(ends, key=itemgetter(0)):
        telling_ends = [(state, reason) for _, state, reason in run if says_something(state, reason)]
        if not all(is_for_good(state, reason) for state, reason in telling_ends):
            break
        count += bool(telling_ends)
        if count == RUNS:
            break
    return count


def says_something(state: str, reason: str) -> bool:
    return state not in SILENT or reason == "already_in_state"


def is_for_good(state: str, reason: str) -> bool:
    return state == State.FAILED and reason in PERMANENT


def give_up() -> None:
    """Pause every schedule that has failed often enough; what somebody holds comes with the next sweep."""
    for schedule in suspects():
        with busy.left_to_others():
            consider(schedule)


def suspects() -> QuerySet[Schedule]:
    """Those of whose latest moment something failed for good: one step into an index for each schedule."""
    failed = Case(When(state=State.FAILED, reason__in=PERMANENT, then=True), default=False)
    runs = Operation.objects.filter(schedule=OuterRef("id"), origin=Origin.RULE).annotate(failed=failed)
    latest = Subquery(runs.order_by("-due_at", "-failed").values("failed")[:1])
    active = Schedule.objects.filter(enabled=True, paused_at=None)
    return active.alias(latest=latest).filter(latest=True).order_by("id")


def consider(schedule: Schedule) -> None:
    """Pause it when it has failed RUNS times since somebody last resumed it; once, whoever sweeps."""
    if not has_failed(schedule):
        return
    with opened(schedule, now=clock.now()) as moment:
        row = Schedule.objects.get(id=schedule.id)
        if not row.enabled or row.paused_at is not None or not has_failed(row):
            return
        reason = words(last_failure(row).detail)
        services.pause(row, reason=reason, until=None, now=moment)
        asking.withdraw(row, now=moment)
    telling.paused(schedule=row.id, name=row.name, reason=reason)


def has_failed(schedule: Schedule) -> bool:
    return failed_runs(ends(schedule)) == RUNS


def ends(schedule: Schedule) -> list[End]:
    """How the latest runs since it was resumed ended; equal ends of a run once."""
    rows = runs_of(schedule).values_list("due_at", "state", "reason").distinct()
    return list(rows.order_by("-due_at", "state", "reason")[:READ_BACK])


def runs_of(schedule: Schedule) -> QuerySet[Operation]:
    rows = Operation.objects.filter(schedule=schedule, origin=Origin.RULE)
    return rows if schedule.resumed_at is None else rows.filter(due_at__gt=schedule.resumed_at)


def last_failure(schedule: Schedule) -> Operation:
    failed = runs_of(schedule).filter(state=State.FAILED, reason__in=PERMANENT)
    return failed.order_by("-due_at", "id")[0]


def words(detail: str) -> str:
    """Who paused it, why, and what to do next, short enough for the reason of a pause."""
    before, after = f"Paused by Cloudevy: its last {RUNS} runs failed: ", " Mend that, then resume."
    room = LONGEST_REASON - len(before) - len(after)
    told = detail if len(detail) <= room else f"{detail[: room - 1].rsplit(' ', 1)[0].rstrip('.,:;')}…"
    return before + told + after
