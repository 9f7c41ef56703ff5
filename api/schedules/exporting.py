"""The schedules of a workspace as a document says them."""

from collections.abc import Sequence

from api.schedules.documents import Written, dump, rules_in_order, windows_in_order
from shared.people.models import Workspace
from shared.schedules import ahead
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule

PARTS = ("rules", "windows", "skip_dates", "targets__server")


def export(workspace: Workspace) -> str:
    """All schedules of the workspace as one YAML text."""
    return dump(map(written, rows(workspace)))


def rows(workspace: Workspace) -> Sequence[Schedule]:
    """The workspace's schedules with everything that `written` reads."""
    return list(Schedule.objects.filter(workspace=workspace).prefetch_related(*PARTS).order_by("name"))


def written(schedule: Schedule) -> Written:
    """One schedule. A pause is no part of a timetable, so it is not told."""
    picked = [] if schedule.tag_query else [target.server for target in schedule.targets.all()]
    single = [rule for rule in schedule.rules.all() if not rule.edge]
    return Written(
        name=schedule.name,
        timezone=schedule.timezone,
        enabled=schedule.enabled,
        mode=schedule.mode,
        windows=windows_in_order(ahead.windows_of(schedule)),
        rules=rules_in_order(RuleText(rule.action, rule.cron, rule.at) for rule in single),
        skip_dates=tuple(sorted((each.day, each.note) for each in schedule.skip_dates.all())),
        valid_from=schedule.valid_from,
        valid_to=schedule.valid_to,
        grace_seconds=schedule.grace_seconds,
        hibernate=schedule.hibernate,
        tag_query=schedule.tag_query,
        servers=tuple(sorted({server.instance_id for server in picked})),
    )
