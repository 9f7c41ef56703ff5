"""Schedules as people see them: rules in words, the next moment, how the last run ended, in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from shared.operations.models import Operation
from shared.schedules.models import Rule, Schedule
from shared.schedules.words import sentence, whole


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
    warnings: Sequence[dict[str, str]] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.schedule, name)

    @cached_property
    def rules(self) -> list[RuleShown]:
        return [RuleShown(rule) for rule in self.schedule.rules.all()]

    @property
    def servers(self) -> list[int]:
        return [target.server_id for target in self.schedule.targets.all()]

    @property
    def sentence(self) -> str:
        return whole([rule.sentence for rule in self.rules], timezone=self.schedule.timezone)

    @property
    def paused(self) -> dict[str, object] | None:
        if self.schedule.paused_at is None:
            return None
        return {"until": self.schedule.paused_until, "reason": self.schedule.pause_reason}

    @property
    def next(self) -> dict[str, object] | None:
        coming = [rule for rule in self.schedule.rules.all() if rule.next_run_at]
        if not coming:
            return None
        soonest = min(coming, key=lambda rule: (rule.next_run_at, rule.id))
        return {
            "action": soonest.action,
            "at": soonest.next_run_at,
            "local": local(soonest.next_run_at, self.timezone),
        }


def local(at: datetime | None, zone: str) -> str:
    """An instant on the wall clock of `zone`, with its offset."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds") if at else ""


def base(rows: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """The rows with what `Shown` needs."""
    runs = Operation.objects.filter(schedule=OuterRef("id")).order_by("-due_at", "-id")
    return rows.annotate(last_run_id=Subquery(runs.values("id")[:1])).prefetch_related(
        Prefetch("rules", queryset=Rule.objects.order_by("id")), "targets"
    )


def shown(schedules: Sequence[Schedule]) -> list[Shown]:
    last = {schedule.id: getattr(schedule, "last_run_id", None) or 0 for schedule in schedules}
    runs = {run.id: run for run in Operation.objects.filter(id__in=last.values())}
    return [Shown(schedule, runs.get(last[schedule.id])) for schedule in schedules]
