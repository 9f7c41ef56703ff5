"""S13 to S20: what edits, people and other schedules do to a moment.

Times are UTC. Monday is 23 November 2026.
"""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from api.schedules import saving
from scheduler import fire
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, hold, look_now
from scheduler.tests.promises.conftest import Stage, timetable
from shared.errors import RevisionMismatch
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.people.models import User
from shared.schedules.models import Rule, Schedule
from shared.schedules.services import Draft


def change(stage: Stage, schedule: Schedule, *, revision: int | None = None, **wanted: object) -> None:
    saving.change(schedule, Draft(**wanted), revision=revision, now=stage.time.moment)  # type: ignore[arg-type]


def test_s13_an_edit_is_never_retroactive(stage: Stage, server: Server) -> None:
    schedule = stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:01")
    change(stage, schedule, **timetable("stop 0 19 * * *; start 30 19 * * *"))
    stage.settle()
    assert stage.rows() == ["Nightly stop Mon 20:00 schedule_changed"]
    assert Rule.objects.exclude(next_run_at__gt=stage.time.moment).count() == 0


def test_s13_what_was_claimed_before_the_edit_finishes_as_it_was(stage: Stage, server: Server) -> None:
    schedule = stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 20:00")
    stage.turn()
    change(stage, schedule, name="Other", **timetable("mon-fri 08:00-23:00"))
    stage.settle()
    operation = Operation.objects.get()
    assert stage.rows() == ["Nightly stop Mon 20:00 done"]
    assert operation.snapshot["schedule"] == "Nightly"
    assert operation.snapshot["instance"] == server.instance_id


def test_s13_a_new_name_bumps_nothing(stage: Stage, server: Server) -> None:
    schedule = stage.plan("Nightly", "stop 0 20 * * *", server)
    change(stage, schedule, name="Other")
    schedule.refresh_from_db()
    assert schedule.revision == 1


@pytest.mark.parametrize("end", ["disable", "delete"])
def test_s14_disabling_and_deleting_cancel_what_waits_and_keep_the_history(
    stage: Stage, server: Server, end: str
) -> None:
    schedule = stage.plan("Nightly", "stop 0 20,21 * * *", server)
    stage.live("2026-11-23 20:30")
    stage.at("2026-11-23 21:00")
    fire.claim_all(stage.time.moment)
    if end == "delete":
        saving.delete(schedule, revision=None, now=stage.time.moment)
    else:
        change(stage, schedule, enabled=False)
    assert stage.rows() == ["Nightly stop Mon 20:00 done", "Nightly stop Mon 21:00 schedule_changed"]
    stage.at("2026-11-24 22:00")
    stage.settle()
    assert len(stage.rows()) == 2


def test_s15_who_saves_over_a_newer_revision_is_refused(stage: Stage, server: Server) -> None:
    schedule = stage.plan("Nightly", "stop 0 20 * * *", server)
    change(stage, schedule, revision=1, **timetable("stop 0 21 * * *"))
    with pytest.raises(RevisionMismatch):
        change(stage, schedule, revision=1, **timetable("stop 0 22 * * *"))
    assert Rule.objects.get().cron == "0 21 * * *"


def test_s16_at_one_instant_a_start_goes_before_a_stop_and_a_stop_before_a_reboot(
    stage: Stage, new_server: Callable[..., Server]
) -> None:
    one, two, both = (new_server(name) for name in ("one", "two", "both"))
    stage.plan("Reboots", "reboot 0 20 * * *", one, both)
    stage.plan("Stops", "stop 0 20 * * *", one, two, both)
    stage.plan("Stops too", "stop 0 20 * * *", two)
    stage.plan("Starts", "start 0 20 * * *", both)
    stage.live("2026-11-23 21:00")
    assert {server.name: ends_of(server) for server in (one, two, both)} == {
        "one": {"reboot": {"conflict"}, "stop": {"end_seen"}},
        "two": {"stop": {"end_seen", "duplicate"}},
        "both": {"reboot": {"conflict"}, "stop": {"conflict"}, "start": {"already_in_state"}},
    }


def ends_of(server: Server) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in Operation.objects.filter(server=server):
        found.setdefault(row.action, set()).add(row.reason)
    return found


def test_s16_a_stop_within_the_hours_of_another_schedule_does_not_happen(
    stage: Stage, server: Server
) -> None:
    stage.plan("Office", "mon-fri 08:00-20:00", server)
    stage.plan("Late", "mon-fri 18:00-22:00", server)
    stage.live("2026-11-23 23:00")
    assert stage.rows() == [
        "Late start Mon 18:00 there",
        "Office stop Mon 20:00 kept_on",
        "Late stop Mon 22:00 done",
    ]
    assert "'Late'" in Operation.objects.get(reason="kept_on").detail


def test_s17_a_server_does_one_thing_at_a_time(stage: Stage, server: Server) -> None:
    active = {"state": "accepted", "accepted_at": stage.time.moment}
    ask(server, "stop", stage.time, **active)
    with pytest.raises(IntegrityError), transaction.atomic():
        ask(server, "start", stage.time, **active)


def test_s17_what_is_due_waits_for_a_busy_server_and_is_judged_anew(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 19:59:55")
    ask(server, "stop", stage.time)
    stage.turn()
    stage.at("2026-11-23 20:00")
    stage.turn()
    assert Operation.objects.get(origin="rule").state == "requested"
    stage.settle()
    assert (stage.rows(), stage.calls(server)) == (["Nightly stop Mon 20:00 there"], 1)


def test_s18_a_start_by_hand_does_not_keep_the_stop_that_comes_after_it(stage: Stage, server: Server) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 19:59")
    ask(server, "start", stage.time)
    stage.settle()
    stage.live("2026-11-23 21:00")
    assert stage.rows() == ["Nightly stop Mon 20:00 done"]


def test_s18_a_hold_does(stage: Stage, server: Server, alice: User) -> None:
    stage.plan("Nightly", "stop 0 20 * * *", server)
    hold(server, "on", stage.time, seconds=36000, author=alice)
    stage.live("2026-11-23 21:00")
    assert stage.rows() == ["Nightly stop Mon 20:00 held"]
    assert (stage.calls(server), stage.truth(server)) == (0, "running")


def test_s19_what_is_there_already_is_not_asked_for(stage: Stage, new_server: Callable[..., Server]) -> None:
    server = new_server("off", "stopped")
    stage.plan("Nightly", "stop 0 20 * * *", server)
    stage.at("2026-11-23 19:59:51")
    look_now(stage.region)
    stage.live("2026-11-23 20:01")
    assert (stage.rows(), stage.calls(server)) == (["Nightly stop Mon 20:00 there"], 0)


def test_s20_a_schedule_that_is_denied_five_times_is_paused_and_says_why(
    stage: Stage, server: Server
) -> None:
    schedule = stage.plan("Often", "stop 0 * * * *", server)
    stage.ec2.refuse = gateway.Denied(
        "You are not authorized to perform this operation.", code="UnauthorizedOperation"
    )
    stage.live("2026-11-23 23:30")
    schedule.refresh_from_db()
    assert stage.rows() == [f"Often stop Mon {hour}:00 denied" for hour in range(13, 18)]
    assert schedule.pause_reason.startswith("Paused by Cloudevy: its last 5 runs failed: AWS refused: Unauth")
    stage.ec2.refuse = None
    saving.resume(schedule, now=stage.time.moment)
    stage.live("2026-11-24 00:30")
    assert stage.rows()[5:] == ["Often stop Tue 00:00 done"]


def test_s20_throttling_never_pauses(stage: Stage, server: Server) -> None:
    schedule = stage.plan("Often", "stop 0 * * * *", server, grace_seconds=60)
    stage.ec2.refuse = gateway.Throttled("Request limit exceeded.", code="RequestLimitExceeded")
    stage.live("2026-11-23 19:30")
    schedule.refresh_from_db()
    assert {row.split()[-1] for row in stage.rows()} == {"throttled"}
    assert (len(stage.rows()), schedule.paused_at) == (7, None)
