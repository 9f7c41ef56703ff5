"""The parts of a schedule that are rows of their own: rules, windows, dates to skip, and servers.

Each `put` makes them those wanted inside the caller's transaction and says whether anything changed; what
stays keeps its id. It plans nothing: `services` does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from shared.errors import Invalid
from shared.fleet.models import Server
from shared.people.models import Workspace
from shared.schedules import ahead, quotas, tagging, targets, windows
from shared.schedules.checks import RuleText, check_rule
from shared.schedules.models import Action, Rule, Schedule, SkipDate, Target, Window
from shared.schedules.windows import DAYS, WindowText

Key = tuple[str, str, str, bool]
EDGES: list[Key] = [(Action.START.value, "", "", True), (Action.STOP.value, "", "", True)]


@dataclass(frozen=True, slots=True)
class SkipDay:
    """A local date on which nothing begins, and why."""

    day: date
    note: str = ""


def put_rules(schedule: Schedule, wanted: Sequence[RuleText], *, now: datetime) -> bool:
    """Single actions, instead of windows if there were any. InvalidRule names the one that is wrong."""
    have = keys(schedule)
    for place, text in enumerate(wanted):
        if (text.action, text.cron, text.at, False) not in have:
            check_rule(text, zone=schedule.timezone, place=place, now=now)
    schedule.windows.all().delete()
    return replace_rules(schedule, [(text.action, text.cron, text.at, False) for text in wanted])


def put_windows(schedule: Schedule, wanted: Sequence[WindowText]) -> bool:
    """Hours to be on, instead of single actions if there were any. InvalidRule names what is wrong."""
    windows.check(wanted)
    canonical = [WindowText(in_order(each.days), each.start, each.to) for each in wanted]
    moved = canonical != list(ahead.windows_of(schedule))
    if moved:
        schedule.windows.all().delete()
        Window.objects.bulk_create(row(schedule, each) for each in canonical)
    return replace_rules(schedule, EDGES) or moved


def in_order(days: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(days, key=DAYS.index))


def row(schedule: Schedule, window: WindowText) -> Window:
    return Window(
        workspace=schedule.workspace,
        schedule=schedule,
        days=list(window.days),
        start=time.fromisoformat(window.start),
        end=time.fromisoformat(window.to),
    )


def keys(schedule: Schedule) -> dict[Key, Rule]:
    """The rules by what they say."""
    return {(rule.action, rule.cron, rule.at, rule.edge): rule for rule in schedule.rules.all()}


def replace_rules(schedule: Schedule, wanted: Sequence[Key]) -> bool:
    have, want = keys(schedule), dict.fromkeys(wanted)
    gone = [rule.id for key, rule in have.items() if key not in want]
    Rule.objects.filter(id__in=gone).delete()
    fresh = [
        Rule(workspace=schedule.workspace, schedule=schedule, action=action, cron=cron, at=at, edge=edge)
        for action, cron, at, edge in want
        if (action, cron, at, edge) not in have
    ]
    Rule.objects.bulk_create(fresh)
    return bool(gone or fresh)


def put_skip_dates(schedule: Schedule, wanted: Sequence[SkipDay]) -> bool:
    """The dates to skip. A new note alone moves nothing and is saved all the same."""
    have = {each.day: each for each in schedule.skip_dates.all()}
    want = {each.day: each.note for each in wanted}
    schedule.skip_dates.exclude(day__in=want).delete()
    fresh = [
        SkipDate(workspace=schedule.workspace, schedule=schedule, day=day, note=note)
        for day, note in want.items()
    ]
    SkipDate.objects.bulk_create(
        fresh, update_conflicts=True, unique_fields=["schedule", "day"], update_fields=["note"]
    )
    return have.keys() != want.keys()


def put_query(schedule: Schedule, query: str) -> bool:
    """Servers by their tags, instead of picked ones; an empty query leaves the servers it had as picked."""
    if query == schedule.tag_query:
        return False
    if query:
        tagging.parse(query)
    schedule.tag_query = query
    schedule.save(update_fields=["tag_query", "updated_at"])
    if query:
        came = targets.follow(schedule).came
        quotas.check_servers([each.id for each in came])
    return True


def put_servers(schedule: Schedule, wanted: Sequence[int]) -> bool:
    """Picked servers, instead of a tag query if there was one."""
    had_query, schedule.tag_query = schedule.tag_query, ""
    schedule.save(update_fields=["tag_query", "updated_at"])
    have = set(schedule.targets.values_list("server_id", flat=True))
    check_servers(schedule.workspace, [each for each in wanted if each not in have], wanted=wanted)
    schedule.targets.exclude(server_id__in=wanted).delete()
    fresh = [
        Target(workspace=schedule.workspace, schedule=schedule, server_id=each)
        for each in wanted
        if each not in have
    ]
    Target.objects.bulk_create(fresh)
    quotas.check_servers([each.server_id for each in fresh])
    return bool(had_query) or have != set(wanted)


def check_servers(workspace: Workspace, ids: Iterable[int], *, wanted: Sequence[int]) -> None:
    """Invalid for an id that is no server of this workspace; another tenant's server is just as unknown."""
    asked = set(ids)
    known = set(Server.objects.filter(workspace=workspace, id__in=asked).values_list("id", flat=True))
    for place, each in enumerate(wanted):
        if each in asked - known:
            raise Invalid(f"There is no server {each}.", code="unknown_server", field=f"servers/{place}")
