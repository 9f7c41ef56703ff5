"""Drift: what schedules do when somebody else changes their servers, seen through looks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from scheduler import look, send
from scheduler.observe import Sight
from scheduler.tests.acting import did, look_now
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.tests.test_edits import in_threads
from shared import broker, clock
from shared.fleet.models import Account, Observation, Region, Server
from shared.operations.models import Operation
from shared.people.models import Workspace
from shared.schedules.models import Hold, Schedule, Target

New = Callable[..., Schedule]
Knocks = list[tuple[str, dict[str, object]]]


@pytest.fixture
def off(new_server: Callable[..., Server]) -> Server:
    return new_server("night", "stopped")


@pytest.fixture
def stopped_by(off: Server, new_schedule: New, time: Time) -> Callable[..., Schedule]:
    """A schedule that stopped the server a while ago."""

    def make(**fields: Any) -> Schedule:
        schedule = new_schedule("stop", off, cron="0 18 * * *", **fields)
        did(off, "stop", time.moment, schedule=schedule, origin="rule")
        time.forward(600)
        return schedule

    return make


@pytest.fixture
def drifts(
    region: Region, time: Time, django_capture_on_commit_callbacks: Callable[..., Any]
) -> Callable[..., Observation]:
    """A look that finds the server in another state, with all that follows its commit."""

    def find(server: Server, state: str = "running") -> Observation:
        sights = [Sight(server.instance_id, state, "", time.moment)]
        with django_capture_on_commit_callbacks(execute=True):
            look.write_down(region, look.Glance(sights, frozenset(), full=False, asked_at=time.moment))
        return Observation.objects.filter(server=server).latest("id")

    return find


def test_an_enforcing_schedule_puts_the_server_back_at_once(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    time: Time,
    knocks: Knocks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    schedule = stopped_by(mode="enforce", name="Nights")
    change = drifts(off)
    operation = Operation.objects.get(origin="enforce")
    assert (change.reaction, change.schedule, change.operation) == ("put_back", schedule.id, operation.id)
    assert (operation.action, operation.state, operation.schedule) == ("stop", "requested", schedule)
    assert (operation.due_at, operation.grace_until - operation.due_at) == (
        time.moment,
        timedelta(minutes=15),
    )
    assert (broker.DRAIN_REGION, {"region": off.region_id, "action": "stop"}) in knocks
    assert f'against schedule "Nights", which enforces: stopping it again (operation {operation.id})' in (
        caplog.text
    )


def test_who_starts_it_right_after_the_schedule_stopped_it_is_answered_too(
    off: Server, new_schedule: New, drifts: Callable[..., Observation], time: Time
) -> None:
    schedule = new_schedule("stop", off, cron="0 18 * * *", mode="enforce")
    did(off, "stop", time.moment, schedule=schedule, origin="rule")
    time.forward(5)
    assert drifts(off).reaction == ""
    time.forward(11)
    assert drifts(off).reaction == "put_back"


def test_what_is_put_back_is_stopped_at_ec2_and_that_is_no_drift_again(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    time: Time,
    region: Region,
    ec2: WorldEc2,
) -> None:
    stopped_by(mode="enforce")
    instance = ec2.world.instance(off.instance_id)
    assert instance is not None
    ec2.world.outside(instance, "start")
    time.forward(60)
    look_now(region)
    send.drain(region.id, "stop")
    time.forward(60)
    look_now(region)
    off.refresh_from_db()
    operation = Operation.objects.get(origin="enforce")
    assert (off.observed_state, operation.state) == ("stopped", "succeeded")
    assert [row.reaction for row in Observation.objects.order_by("id")] == ["put_back", "", ""]


@pytest.mark.parametrize(
    ("mode", "reaction", "line"),
    [("respect", "respected", ""), ("alert", "alerted", "🔔"), ("observe", "", "")],
)
def test_other_schedules_leave_the_server_and_say_what_they_are_meant_to_say(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    caplog: pytest.LogCaptureFixture,
    mode: str,
    reaction: str,
    line: str,
) -> None:
    stopped_by(mode=mode)
    assert drifts(off).reaction == reaction
    assert not Operation.objects.filter(origin="enforce").exists()
    assert ("🔔" in caplog.text) == bool(line)


def test_the_same_answer_twice_makes_one_operation(
    stopped_by: Callable[..., Schedule], off: Server, drifts: Callable[..., Observation], time: Time
) -> None:
    stopped_by(mode="enforce")
    drifts(off)
    time.forward(1)
    drifts(off)
    assert Operation.objects.filter(origin="enforce").count() == 1


def test_what_a_person_did_since_is_not_put_back(
    stopped_by: Callable[..., Schedule], off: Server, drifts: Callable[..., Observation], time: Time
) -> None:
    stopped_by(mode="enforce")
    did(off, "start", time.moment, origin="person")
    time.forward(600)
    drifts(off, "running")
    time.forward(60)
    assert drifts(off, "stopped").reaction == ""
    assert drifts(off, "stopped").schedule is None


@pytest.mark.parametrize(
    ("ahead", "found"), [(0, {"state": "skipped", "reason": "already_in_state"}), (86400, {})]
)
def test_what_found_it_stopped_already_or_is_dated_ahead_by_a_wrong_clock_has_decided_nothing(
    stopped_by: New, off: Server, drifts: Callable[..., Observation], time: Time, ahead: int, found: Any
) -> None:
    stopped_by(mode="alert")
    did(off, "start", time.moment + timedelta(seconds=ahead), origin="person", **found)
    time.forward(600)
    assert drifts(off).reaction == "alerted"


@pytest.mark.parametrize("change", ["disabled", "paused", "not its server"])
def test_a_schedule_that_does_not_act_on_the_server_any_more_has_no_say(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    time: Time,
    change: str,
) -> None:
    schedule = stopped_by(mode="enforce")
    if change == "disabled":
        Schedule.objects.filter(id=schedule.id).update(enabled=False)
    elif change == "paused":
        Schedule.objects.filter(id=schedule.id).update(paused_at=time.moment)
    else:
        Target.objects.all().delete()
    assert drifts(off).reaction == ""


def test_a_hold_that_wants_it_on_keeps_it(
    stopped_by: Callable[..., Schedule], off: Server, drifts: Callable[..., Observation], time: Time
) -> None:
    stopped_by(mode="enforce")
    until = time.moment + timedelta(hours=1)
    Hold.objects.create(workspace=off.workspace, server=off, want="on", until=until, created_at=time.moment)
    assert drifts(off).reaction == "held"


@pytest.mark.parametrize("fields", [{"protected": True}, {"flags": {"asg": "web"}}])
def test_protected_and_restricted_servers_are_never_put_back(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    fields: dict[str, Any],
) -> None:
    stopped_by(mode="enforce")
    Server.objects.filter(id=off.id).update(**fields)
    assert drifts(off).reaction == "spared"
    assert not Operation.objects.filter(origin="enforce").exists()


def test_after_three_times_in_an_hour_it_is_given_up_and_later_tried_again(
    stopped_by: Callable[..., Schedule],
    off: Server,
    drifts: Callable[..., Observation],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stopped_by(mode="enforce")

    def flap() -> str:
        reaction = drifts(off, "running").reaction
        Operation.objects.filter(origin="enforce", state="requested").update(
            state="succeeded", sending_at=time.moment, accepted_at=time.moment, finished_at=time.moment
        )
        time.forward(60)
        drifts(off, "stopped")
        time.forward(60)
        return reaction

    assert [flap() for _ in range(4)] == ["put_back", "put_back", "put_back", "given_up"]
    assert "It is left alone now" in caplog.text
    time.forward(3600)
    assert flap() == "put_back"


def test_a_stop_that_hibernates_hibernates_again(
    stopped_by: Callable[..., Schedule], off: Server, drifts: Callable[..., Observation]
) -> None:
    stopped_by(mode="enforce", hibernate=True)
    Server.objects.filter(id=off.id).update(flags={"hibernation": True})
    drifts(off)
    assert Operation.objects.get(origin="enforce").options == {"hibernate": True}


def test_nothing_is_decided_while_the_server_is_on_its_way(
    stopped_by: Callable[..., Schedule], off: Server, drifts: Callable[..., Observation]
) -> None:
    stopped_by(mode="enforce")
    assert drifts(off, "pending").reaction == ""
    assert drifts(off, "running").reaction == "put_back"


def test_facts_are_read_for_all_changes_at_once(
    region: Region,
    new_server: Callable[..., Server],
    new_schedule: New,
    time: Time,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    crowd = [new_server(f"s{number}", "stopped") for number in range(30)]
    schedule = new_schedule("stop", *crowd, cron="0 18 * * *", mode="enforce")
    for server in crowd:
        did(server, "stop", time.moment, schedule=schedule, origin="rule")
    time.forward(600)
    sights = [Sight(server.instance_id, "running", "", time.moment) for server in crowd]
    glance = look.Glance(sights, frozenset(), full=True, asked_at=time.moment)
    with django_assert_max_num_queries(30):
        look.write_down(region, glance)
    assert Operation.objects.filter(origin="enforce").count() == 30


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_answer_make_one_change_and_one_operation() -> None:
    """On the real clock and the real locks, five times. Who waits too long for a lock leaves it alone."""
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    for number in range(5):
        server = Server.objects.create(
            workspace=workspace, region=region, instance_id=f"i-{number}", observed_state="stopped"
        )
        schedule = Schedule.objects.create(
            workspace=workspace, name=f"s{number}", timezone="UTC", mode="enforce"
        )
        Target.objects.create(workspace=workspace, schedule=schedule, server=server)
        now = clock.now()
        did(server, "stop", now - timedelta(hours=1), schedule=schedule, origin="rule")
        glance = look.Glance([Sight(server.instance_id, "running", "", now)], frozenset(), False, now)
        faults = in_threads(*[lambda glance=glance: look.write_down(region, glance)] * 3)
        assert all(isinstance(fault, OperationalError) for fault in faults)
        assert Observation.objects.filter(server=server).count() == 1
        assert Operation.objects.filter(server=server, origin="enforce").count() == 1
