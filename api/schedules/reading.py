"""Schedules as people see them: rules in words, the next moment, how the last run ended, in a few queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from api.schedules.preview import week_hours
from api.servers.planning import FURTHEST, Span, coming
from shared.operations.models import Operation
from shared.schedules import ahead, walls
from shared.schedules.models import Rule, Schedule, Skip, SkipDate
from shared.schedules.windows import WindowText
from shared.schedules.words import Bounds, hours, sentence, told_at, whole

# A wall clock is at most that far behind UTC.
FARTHEST_BEHIND = timedelta(days=1)
# The servers that skip an occurrence, by its local time and fold.
LeftOut = dict[tuple[str, int], set[int]]


@dataclass(frozen=True)
class RuleShown:
    rule: Rule

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rule, name)

    @property
    def sentence(self) -> str:
        return sentence(action=self.rule.action, cron=self.rule.cron, at=self.rule.at)


@dataclass(frozen=True)
class Shown:
    """A schedule read through `base`, with what is said beside it."""

    schedule: Schedule
    last_run: Operation | None
    now: datetime
    left_out: Mapping[int, LeftOut] = field(default_factory=dict)
    warnings: Sequence[dict[str, str]] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.schedule, name)

    @cached_property
    def rules(self) -> list[RuleShown]:
        """Single actions; the two ends of windows are told as windows."""
        single = [rule for rule in self.schedule.rules.all() if not rule.edge]
        single.sort(key=lambda rule: told_at(action=rule.action, cron=rule.cron, at=rule.at))
        return [RuleShown(rule) for rule in single]

    @cached_property
    def windows(self) -> list[WindowText]:
        return list(ahead.windows_of(self.schedule))

    @property
    def week_hours(self) -> dict[str, float] | None:
        return week_hours(self.windows)

    @property
    def skip_dates(self) -> list[SkipDate]:
        return sorted(self.schedule.skip_dates.all(), key=lambda each: each.day)

    @property
    def servers(self) -> list[int]:
        return [target.server_id for target in self.schedule.targets.all()]

    @property
    def sentence(self) -> str:
        today = self.now.astimezone(walls.shown_in(self.timezone)).date()
        days = [each.day for each in self.skip_dates]
        bounds = Bounds(today, days, self.valid_from, self.valid_to)
        clauses = [hours(self.windows)] if self.windows else [rule.sentence for rule in self.rules]
        return whole(clauses, timezone=self.timezone, bounds=bounds)

    @property
    def paused(self) -> dict[str, object] | None:
        if self.schedule.paused_at is None:
            return None
        return {"until": self.schedule.paused_until, "reason": self.schedule.pause_reason}

    @property
    def next(self) -> dict[str, object] | None:
        """The first occurrence that is not set to be skipped on all its servers."""
        found = [(at, rule.id, rule) for rule in self.schedule.rules.all() if (at := self.runs_at(rule))]
        if not found:
            return None
        at, _, soonest = min(found)
        return {
            "action": soonest.action,
            "rule": soonest.id,
            "at": at,
            "local": walls.shown(at, self.timezone),
        }

    def runs_at(self, rule: Rule) -> datetime | None:
        soonest, left_out, servers = rule.next_run_at, self.left_out.get(rule.id), set(self.servers)
        if soonest is None or left_out is None or not servers:
            return soonest
        span = Span(soonest, soonest + FURTHEST, self.now)
        every = (
            each for each in coming(rule, span) if servers - left_out.get((each.nominal, each.fold), set())
        )
        return next((each.at for each in every), None)


def base(rows: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """The rows with what `Shown` needs."""
    runs = Operation.objects.filter(schedule=OuterRef("id")).order_by("-due_at", "-id")
    return rows.annotate(last_run_id=Subquery(runs.values("id")[:1])).prefetch_related(
        Prefetch("rules", queryset=Rule.objects.order_by("id")), "targets", "windows", "skip_dates"
    )


def shown(schedules: Sequence[Schedule], *, now: datetime) -> list[Shown]:
    last = {schedule.id: getattr(schedule, "last_run_id", None) or 0 for schedule in schedules}
    runs = {run.id: run for run in Operation.objects.filter(id__in=last.values())}
    left_out = skipped(schedules, now=now)
    return [Shown(schedule, runs.get(last[schedule.id]), now, left_out) for schedule in schedules]


def skipped(schedules: Sequence[Schedule], *, now: datetime) -> dict[int, LeftOut]:
    """By rule: the coming occurrences that somebody skips, and on which servers."""
    rows = Skip.objects.filter(rule__schedule__in=schedules, nominal__gte=f"{now - FARTHEST_BEHIND:%Y-%m-%d}")
    found: defaultdict[int, LeftOut] = defaultdict(dict)
    for rule, server, nominal, fold in rows.values_list("rule_id", "server_id", "nominal", "fold"):
        found[rule].setdefault((nominal, fold), set()).add(server)
    return dict(found)
