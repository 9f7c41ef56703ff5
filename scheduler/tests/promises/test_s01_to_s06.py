"""S1 to S6: every moment is decided once, done once, in time, and an outage of any length costs little.

Times are UTC. Monday is 23 November 2026.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import fire, send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, did
from scheduler.tests.conftest import Time
from scheduler.tests.promises.conftest import Stage
from shared.fleet.models import Observation, Server
from shared.operations.models import Call, Operation
from shared.schedules.models import Rule


def test_s1_every_moment_is_decided_exactly_once_whoever_keeps_the_clock(
    stage: Stage, server: Server
) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.plan("Trial", "stop 0 21 * * *", server, mode="observe")
    for moment in ("2026-11-23 20:00", "2026-11-23 21:00"):
        stage.at(moment)
        for _ in range(3):
            fire.claim_all(stage.time.moment)
        Rule.objects.update(next_run_at=stage.time.moment, next_nominal=f"{moment}:00".replace(" ", "T"))
        fire.claim_all(stage.time.moment)
    assert Operation.objects.filter(schedule__name="Nightly", due_at__hour=20).count() == 1
    trial = Operation.objects.get(schedule__name="Trial", due_at__hour=21)
    assert (trial.state, trial.reason, bool(trial.detail)) == ("skipped", "observe_only", True)


def test_s2_a_stop_is_done_once_though_its_answer_was_lost(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:00")
    stage.ec2.silent_after = True
    stage.turn()
    stage.ec2.silent_after = False
    stage.settle()
    assert stage.rows() == ["Nightly stop Mon 20:00 done"]
    assert (stage.calls(server), stage.truth(server)) == (1, "stopped")


def test_s2_a_stop_is_done_though_aws_is_there_only_at_the_end_of_its_grace(
    stage: Stage, server: Server
) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:00")
    stage.ec2.refuse = gateway.Unreachable("No route to host")
    for _ in range(13):
        stage.turn()
        stage.time.forward(60)
    stage.ec2.refuse = None
    stage.settle()
    assert (stage.rows(), stage.truth(server)) == (["Nightly stop Mon 20:00 done"], "stopped")


def test_s2_a_reboot_is_never_asked_for_twice(stage: Stage, server: Server) -> None:
    stage.plan("Weekly", "reboot 0 20 * * *", server)
    stage.at("2026-11-23 20:00")
    stage.ec2.silent_after = True
    stage.turn()
    stage.ec2.silent_after = False
    stage.settle()
    assert stage.calls(server) == 1


def test_s3_what_is_due_at_one_moment_leaves_in_that_moment_with_one_request(
    stage: Stage, new_server: Any
) -> None:
    servers = [new_server(f"s{number}") for number in range(30)]
    for number in range(3):
        stage.plan(f"Nightly {number}", "stop 0 20 * * *", *servers[number::3])
    stage.at("2026-11-23 20:00")
    stage.turn()
    assert [len(ids) for _, ids in stage.ec2.calls] == [30]
    assert Call.objects.get().sent_at == stage.time.moment


MINUTES, HOURS = 60, 3600
OFFICE = "mon-sun 08:00-20:00"


@pytest.mark.parametrize(("more", "reason"), [(0, ""), (1, "too_late")])
@pytest.mark.parametrize(
    ("text", "fields", "grace"),
    [
        ("stop 0 20 * * 1", {}, 15 * MINUTES),
        ("start 0 20 * * 1", {}, 15 * MINUTES),
        ("reboot 0 20 * * 1", {}, 5 * MINUTES),
        ("stop 0 20 * * 1", {"grace_seconds": 60}, 60),
        ("stop 0 20 * * 1", {"grace_seconds": 86400}, 24 * HOURS),
        ("mon 08:00-20:00", {}, 15 * MINUTES),
        ("mon 20:00-08:00", {}, 4 * HOURS),
        ("mon 20:00-21:30", {}, 90 * MINUTES),
        ("mon 20:00-08:00", {"grace_seconds": 7 * HOURS}, 7 * HOURS),
        ("mon 20:00-21:30", {"grace_seconds": 7 * HOURS}, 90 * MINUTES),
    ],
)
def test_s4_grace_is_measured_from_due_to_claim(
    time: Time,
    stage: Stage,
    server: Server,
    text: str,
    fields: dict[str, Any],
    grace: int,
    more: int,
    reason: str,
) -> None:
    stage.at("2026-11-23 19:59")
    stage.plan("Any", text, server, **fields)
    # Only what is due at 20:00.
    Rule.objects.exclude(next_run_at__lte=time.moment + timedelta(minutes=1)).delete()
    time.forward(60 + grace + more)
    fire.claim_all(time.moment)
    assert [each.reason for each in Operation.objects.all()] == [reason]


def test_s5_after_downtime_only_the_latest_start_or_stop_of_a_server_runs(
    stage: Stage, server: Server
) -> None:
    stage.plan("Often", "stop 0 * * * *; start 30 * * * *; reboot 45 * * * *", server, grace_seconds=86400)
    stage.at("2026-11-23 20:05")
    stage.settle()
    rows = stage.rows()
    assert len(rows) == 8 * 3
    assert rows.pop() == "Often stop Mon 20:00 done"
    assert all(row.endswith("superseded") for row in rows)
    assert stage.calls(server) == 1


def test_s5_a_person_who_acted_after_the_due_time_has_the_last_word(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:05")
    ask(server, "start", stage.time)
    stage.at("2026-11-23 20:10")
    stage.settle()
    assert stage.rows() == ["Nightly stop Mon 20:00 superseded_by_manual"]
    assert stage.truth(server) == "running"


def test_s5_so_has_somebody_who_was_seen_to_act_outside_cloudevy(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:05")
    Observation.objects.create(
        workspace=stage.workspace,
        server=server,
        before="stopped",
        after="running",
        asked_at=stage.time.moment,
        cause="outside",
    )
    stage.at("2026-11-23 20:10")
    stage.settle()
    assert stage.rows() == ["Nightly stop Mon 20:00 superseded_by_manual"]


def test_s5_who_acted_before_has_not(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 19:59")
    did(server, "start", stage.time.moment, origin="person")
    stage.at("2026-11-23 20:10")
    stage.settle()
    assert stage.rows() == ["Nightly stop Mon 20:00 done"]


def test_s6_ten_years_of_downtime_cost_no_more_than_two_days(
    stage: Stage, new_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = []
    for moment in ("2026-11-25 12:00", "2036-11-25 12:00"):
        Operation.objects.all().delete()
        Rule.objects.all().delete()
        stage.plan(moment, "stop 0 * * * *; start 30 * * * *", new_server(moment))
        stage.plan(f"{moment} hours", OFFICE, new_server(f"{moment} hours"))
        stage.at(moment)
        with CaptureQueriesContext(connection) as asked:
            fire.claim_all(stage.time.moment)
        cost.append((len(asked), Operation.objects.count()))
    (queries, rows), (later_queries, later_rows) = cost
    assert later_queries <= queries
    assert later_rows <= rows
    assert send.due_groups(stage.time.moment)
