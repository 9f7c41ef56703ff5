"""Whatever the timetables and however long nobody works: one call at most for each server, a row with a
reason for every moment of the last day, and the last word stands if it is in time. The oracle walks minutes.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from scheduler.tests.promises import minutes
from scheduler.tests.promises.conftest import Stage
from scheduler.tests.promises.minutes import DAY, MINUTE, Action, Table, Window
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule
from shared.schedules.windows import DAYS, WindowText

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)
NAMES = "abc"
# Few different times, so that edges meet and hours overlap, and some that are a little off.
HOURS = [hour * 60 for hour in range(0, 24, 3)]
every_day = st.just(tuple(range(7)))
days = every_day | st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found)))
of_day = st.builds(lambda hour, off: hour + off, st.sampled_from(HOURS), st.sampled_from([0, 0, 1, 5, 30]))
window = st.builds(Window, days, of_day, st.sampled_from([10, 60, 175, 180, 360, 540, 1080]))
action = st.builds(Action, st.sampled_from(["start", "stop", "stop", "reboot"]), days, of_day)
grace = st.sampled_from([None, 60, 7200, 86400])
zone = st.sampled_from(sorted(minutes.OFFSETS))
hours = st.builds(
    lambda where, parts, late: Table(where, tuple(parts), (), late),
    zone,
    st.lists(window, min_size=1, max_size=2),
    grace,
)
single = st.builds(
    lambda where, parts, late: Table(where, (), tuple(parts), late),
    zone,
    st.lists(action, min_size=1, max_size=3, unique=True),
    grace,
)
# Somebody comes back so many minutes after one of the moments of a week.
late = st.sampled_from([0, 2, 10, 20, 70, 200])
length = st.sampled_from([5, 20, 90, 240, 540, 1440, 3 * DAY])


def text(window: Window) -> WindowText:
    end = (window.start + window.length) % DAY
    return WindowText(tuple(DAYS[day] for day in window.days), clock(window.start), clock(end))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def cron(action: Action) -> RuleText:
    weekdays = ",".join(str((day + 1) % 7) for day in action.days)
    return RuleText(action.action, cron=f"{action.minute % 60} {action.minute // 60} * * {weekdays}")


def put(stage: Stage, place: int, table: Table, server: Server) -> Schedule:
    """The table as a schedule of the product."""
    what = (
        {"windows": [text(each) for each in table.windows]}
        if table.windows
        else {"rules": [cron(each) for each in table.actions]}
    )
    return stage.draft(NAMES[place], server, timezone=table.zone, grace_seconds=table.grace or 0, **what)


def is_always_on(table: Table) -> bool:
    return bool(table.windows) and all(table.is_on(MONDAY + n * MINUTE) for n in range(7 * DAY))


@given(
    tables=st.lists(hours | single, min_size=1, max_size=3),
    nth=st.integers(0, 1000),
    late=late,
    length=length,
    running=st.booleans(),
    batch=st.sampled_from([1, 2, 500]),
)
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_outage_costs_more_than_one_call_or_leaves_a_moment_without_its_reason(
    stage: Stage,
    apart: Callable[[int], None],
    tables: list[Table],
    nth: int,
    late: int,
    length: int,
    running: bool,
    batch: int,
) -> None:
    assume(not any(is_always_on(each) for each in tables))
    week = list(minutes.moments(tables, FRIDAY, FRIDAY + timedelta(days=7)))
    now = week[nth % len(week)].at + late * MINUTE
    apart(batch)
    with transaction.atomic():
        begin = now - length * MINUTE
        stage.at(f"{begin:%Y-%m-%d %H:%M}")
        server = stage.new_world("running" if running else "stopped")
        for place, each in enumerate(tables):
            put(stage, place, each, server)
        stage.at(f"{now:%Y-%m-%d %H:%M}")
        stage.settle()
        told(stage, server, tables, begin=begin, now=now)
        transaction.set_rollback(True)


def told(stage: Stage, server: Server, tables: list[Table], *, begin: datetime, now: datetime) -> None:
    said = list(minutes.moments(tables, begin, now))
    rows = list(Operation.objects.filter(origin="rule"))
    found = Counter((NAMES.index(str(row.schedule)), row.action, row.due_at) for row in rows)
    expected = Counter((each.table, each.action, each.at) for each in said)
    recent = Counter({key: n for key, n in expected.items() if key[2] > now - timedelta(days=1)})
    assert found <= expected
    assert recent <= found
    assert all(row.reason and row.detail for row in rows)
    assert stage.calls(server) <= 1
    assert sum(row.attempt for row in rows) == stage.calls(server)
    wanted, deciding = minutes.last_word(tables, said, now)
    event(f"wanted {wanted or 'nothing'}")
    for row in rows:
        assert not row.attempt or row.action in (wanted, "reboot")
    if any(now <= tables[each.table].valid_until(each.action, each.at) for each in deciding):
        event("in time")
        assert stage.truth(server) == {"start": "running", "stop": "stopped"}[wanted]
