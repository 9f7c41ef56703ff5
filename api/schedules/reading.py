"""Schedules as people see them: rules in words, the next moment, how the last run ended, in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from api.schedules.preview import week_hours
from shared.operations.models import Operation
from shared.schedules import ahead, walls
from shared.schedules.models import Rule, Schedule, SkipDate
from shared.schedules.windows import WindowText
from shared.schedules.words import Bounds, hours, sentence, told_at, whole


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
        coming = [(rule.next_run_at, rule.id, rule) for rule in self.schedule.rules.all() if rule.next_run_at]
        if not coming:
            return None
        at, _, soonest = min(coming)
        return {
            "action": soonest.action,
            "rule": soonest.id,
            "at": at,
            "local": walls.shown(at, self.timezone),
        }


def base(rows: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """The rows with what `Shown` needs."""
    runs = Operation.objects.filter(schedule=OuterRef("id")).order_by("-due_at", "-id")
    return rows.annotate(last_run_id=Subquery(runs.values("id")[:1])).prefetch_related(
        Prefetch("rules", queryset=Rule.objects.order_by("id")), "targets", "windows", "skip_dates"
    )


def shown(schedules: Sequence[Schedule], *, now: datetime) -> list[Shown]:
    last = {schedule.id: getattr(schedule, "last_run_id", None) or 0 for schedule in schedules}
    runs = {run.id: run for run in Operation.objects.filter(id__in=last.values())}
    return [Shown(schedule, runs.get(last[schedule.id]), now) for schedule in schedules]
