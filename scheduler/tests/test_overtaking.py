"""What still waits is not sent once somebody has decided otherwise; whoever decided is named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import fire, send
from scheduler.tests.acting import ask, did, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Operation
from shared.people.models import User
from shared.schedules.models import Schedule

New = Callable[..., Schedule]
NIGHT = "2026-11-23T12:00:05"


@pytest.fixture
def late(time: Time, server: Server, new_schedule: New) -> Callable[..., Operation]:
    """What came due at 12:00:05, and is claimed five minutes later: nobody has kept the clock meanwhile."""

    def make(action: str = "stop", **fields: Any) -> Operation:
        Server.objects.update(observed_state="running" if action == "stop" else "stopped")
        schedule = new_schedule(action, server, at=NIGHT, **fields)
        time.forward(300)
        fire.claim_all(time.moment)
        return schedule.operations.get()

    return make


def drained(operation: Operation) -> tuple[str, str]:
    """How it is after the next attempt to send it."""
    send.drain(operation.server.region_id, operation.action)
    return state(operation)


def seen(server: Server, time: Time, after: str, *, ago: float = 0.0, **fields: Any) -> Observation:
    """A change from outside, seen so many seconds ago."""
    return Observation.objects.create(
        workspace=server.workspace,
        server=server,
        before="stopped" if after in ("pending", "running") else "running",
        after=after,
        asked_at=time.moment - timedelta(seconds=ago),
        cause=fields.pop("cause", "outside"),
        **fields,
    )


def test_what_a_person_asked_for_since_wins_and_the_row_names_that_person(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation], alice: User
) -> None:
    operation = late()
    ask(server, "start", time, author=alice)
    assert drained(operation) == ("skipped", "superseded_by_manual")
    assert operation.detail.startswith("After its time Alice decided otherwise, so the server was left")
    assert ec2.calls == []


def test_so_does_what_a_token_asked_for(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation], alice: User
) -> None:
    operation = late()
    Operation.objects.filter(id=ask(server, "start", time, author=alice).id).update(origin="token")
    assert drained(operation) == ("skipped", "superseded_by_manual")
    assert "a token of Alice" in operation.detail


def test_what_a_person_asked_for_before_its_time_does_not(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    did(server, "start", time.moment, origin="person")
    assert drained(late()) == ("accepted", "")


@pytest.mark.parametrize(("ending", "reason"), [("failed", "denied"), ("skipped", "too_late")])
def test_a_later_word_that_says_something_else_counts_though_nothing_came_of_it(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation], ending: str, reason: str
) -> None:
    operation = late()
    did(server, "start", time.moment, state=ending, reason=reason)
    assert drained(operation) == ("skipped", "superseded")


def test_a_later_word_that_says_the_same_counts_only_when_something_came_of_it(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late()
    did(server, "stop", time.moment, state="skipped", reason="too_late")
    assert drained(operation) == ("accepted", "")


@pytest.fixture
def apart(
    time: Time, server: Server, new_schedule: New, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], Operation]:
    """Two schedules, of one moment and judged apart; the operation of the second."""

    def make(first: str, second: str) -> Operation:
        monkeypatch.setattr(fire, "BATCH", 1)
        new_schedule(first, server, at=NIGHT, name="First")
        schedule = new_schedule(second, server, at=NIGHT, name="Second")
        time.forward(5)
        fire.claim_all(time.moment)
        return schedule.operations.get()

    return make


@pytest.mark.parametrize("action", ["stop", "reboot"])
def test_of_one_instant_the_better_goes_first_though_they_were_judged_apart(
    ec2: WorldEc2, apart: Callable[[str, str], Operation], action: str
) -> None:
    operation = apart("start", action)
    assert drained(operation) == ("skipped", "conflict")
    assert operation.detail == (f"At the same moment 'First' asks for a start, and start wins over {action}.")


def test_of_one_instant_the_same_is_done_once_though_they_were_judged_apart(
    time: Time, region: Region, ec2: WorldEc2, apart: Callable[[str, str], Operation]
) -> None:
    operation = apart("stop", "stop")
    assert drained(operation) == ("requested", "")
    time.forward(15)
    look_now(region)
    assert drained(operation) == ("skipped", "duplicate")
    assert "'First' asks for the same stop" in operation.detail
    assert len(ec2.calls) == 1


@pytest.mark.parametrize(("comes", "end"), [(300, ("skipped", "superseded")), (5, ("accepted", ""))])
def test_a_reboot_is_dropped_with_a_start_that_was_missed_with_it_and_not_with_one_before(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    new_schedule: New,
    monkeypatch: pytest.MonkeyPatch,
    comes: float,
    end: tuple[str, str],
) -> None:
    monkeypatch.setattr(fire, "BATCH", 1)
    start = new_schedule("start", server, at=NIGHT)
    reboot = new_schedule("reboot", server, at="2026-11-23T12:02:00")
    time.forward(comes)
    fire.claim_all(time.moment)
    drained(start.operations.get())
    time.forward(max(10, 120 - comes))
    fire.claim_all(time.moment)
    look_now(region)
    assert drained(reboot.operations.get()) == end


@pytest.mark.parametrize("after", ["running", "pending"])
def test_who_started_a_server_outside_after_its_stop_was_due_keeps_it(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation], after: str
) -> None:
    operation = late()
    seen(server, time, after)
    assert drained(operation) == ("skipped", "superseded_by_manual")
    assert "somebody outside Cloudevy decided otherwise" in operation.detail


def test_who_started_it_before_does_not(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late()
    seen(server, time, "running", ago=299)
    assert drained(operation) == ("accepted", "")


@pytest.mark.parametrize(
    "fields",
    [{"actor": "aws"}, {"actor": "spot"}, {"cause": "ours"}, {"cause": "unknown"}, {"after": "stopped"}],
)
def test_what_nobody_else_did_or_what_says_the_same_does_not(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation], fields: dict[str, str]
) -> None:
    operation = late()
    seen(server, time, **{"after": "running", **fields})  # type: ignore[arg-type]
    assert drained(operation) == ("accepted", "")


def test_what_has_been_undone_since_does_not(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late()
    seen(server, time, "running", ago=60)
    seen(server, time, "stopping", ago=30)
    assert drained(operation) == ("accepted", "")


def test_a_schedule_that_enforces_does_not_heed_what_others_do(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late(mode=Schedule.Mode.ENFORCE)
    seen(server, time, "running")
    assert drained(operation) == ("accepted", "")


def test_a_stop_seen_first_after_an_outage_does_not_keep_a_server_off_that_is_due_to_be_on(
    time: Time, region: Region, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late("start")
    seen(server, time, "stopped")
    assert drained(operation)[1] != "superseded_by_manual"


def test_one_that_was_stopped_again_while_its_start_waited_stays_off(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    operation = late("start")
    time.forward(90)
    seen(server, time, "stopped")
    assert drained(operation) == ("skipped", "superseded_by_manual")


def test_what_may_be_an_operation_of_ours_that_came_late_is_nobody_elses_word(
    time: Time, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    did(server, "stop", time.moment, state="unknown")
    operation = late("start")
    time.forward(90)
    seen(server, time, "stopped")
    assert drained(operation)[1] != "superseded_by_manual"


def test_what_is_on_time_costs_no_question_about_others(
    time: Time, region: Region, server: Server, ec2: WorldEc2, new_schedule: New
) -> None:
    new_schedule("stop", server, at=NIGHT)
    time.forward(5)
    fire.claim_all(time.moment)
    with CaptureQueriesContext(connection) as asked:
        send.claim(region, "stop")
    assert not [each for each in asked if "fleet_observation" in each["sql"]]


def test_a_look_that_sees_the_change_is_enough(
    time: Time, region: Region, server: Server, ec2: WorldEc2, late: Callable[..., Operation]
) -> None:
    """From the change in EC2 to the reason of the row, through the look that sees it."""
    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    operation = late()
    Server.objects.update(observed_state="stopped")
    look_now(region)
    assert drained(operation) == ("skipped", "superseded_by_manual")
