"""An outage that meets a hold, a date skipped once, or a rule of every five minutes.

Times are UTC. Monday is 23 November 2026.
"""

from collections.abc import Callable

import pytest

from scheduler.tests.acting import hold
from scheduler.tests.promises.conftest import Stage
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules.models import Rule, Schedule, Skip

OFFICE = ("Office", "mon-fri 08:00-20:00")


def test_a_hold_that_goes_on_keeps_the_server_through_an_outage(stage: Stage, server: Server) -> None:
    stage.plan(*OFFICE, server)
    hold(server, "on", stage.time, seconds=2 * 86400)
    stage.at("2026-11-24 20:10")
    stage.settle()
    assert stage.rows()[-1] == "Office stop Tue 20:00 held"
    assert (stage.calls(server), stage.truth(server)) == (0, "running")


@pytest.mark.parametrize(
    ("back", "rows", "calls", "end"),
    [
        ("2026-11-23 22:10", ["Office stop Mon 20:00 held"], 1, "stopped"),
        ("2026-11-23 23:00", ["Office stop Mon 20:00 held"], 0, "running"),
        (
            "2026-11-24 08:10",
            ["Office stop Mon 20:00 held", "Office start Tue 08:00 there"],
            1,
            "running",
        ),
    ],
    ids=["in time", "too late", "overtaken"],
)
def test_what_a_hold_ends_with_is_applied_once_after_an_outage(
    stage: Stage, server: Server, back: str, rows: list[str], calls: int, end: str
) -> None:
    stage.plan(*OFFICE, server)
    stage.at("2026-11-23 19:00")
    hold(server, "on", stage.time, seconds=3 * 3600)
    stage.at(back)
    stage.settle()
    assert stage.rows() == rows
    assert (stage.calls(server), stage.truth(server)) == (calls, end)
    assert Operation.objects.filter(origin="hold").count() == 1


def test_a_moment_that_was_skipped_leaves_the_last_word_to_the_one_before(
    stage: Stage, new_server: Callable[..., Server]
) -> None:
    server, other = new_server("a"), new_server("b")
    schedule = stage.plan("Daily", "stop 0 20 * * *; start 5 20 * * *", server, other, grace_seconds=900)
    skip(schedule.rules.get(action="start"), server, "2026-11-23T20:05:00")
    stage.at("2026-11-23 20:10")
    stage.settle()
    assert sorted(stage.rows()) == [
        "Daily start Mon 20:05 skipped_once",
        "Daily start Mon 20:05 there",
        "Daily stop Mon 20:00 done",
        "Daily stop Mon 20:00 superseded",
    ]
    assert (stage.truth(server), stage.truth(other)) == ("stopped", "running")


def skip(rule: Rule, server: Server, nominal: str) -> None:
    Skip.objects.create(workspace=server.workspace, rule=rule, server=server, nominal=nominal)


def test_of_a_day_of_moments_every_five_minutes_each_has_its_row(
    stage: Stage, new_schedule: Callable[..., Schedule], server: Server
) -> None:
    new_schedule("stop", server, cron="*/5 * * * *", name="Often")
    stage.at("2026-11-24 18:02")
    stage.settle()
    first, *last_day = stage.rows()
    assert first == "Often stop Mon 12:05 too_late"
    assert len(last_day) == 24 * 12
    assert last_day[0] == "Often stop Mon 18:05 too_late"
    assert (stage.calls(server), stage.truth(server)) == (1, "stopped")
