"""Holds on servers whose schedule puts them back: the two never fight."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import fire, send
from scheduler.tests.acting import act, did, hold, look_now, nobody_hears, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Observation, Region, Server
from shared.operations import holding
from shared.operations.asking import Asker
from shared.operations.models import Operation
from shared.people.models import User
from shared.schedules import services
from shared.schedules.holds import Wanted
from shared.schedules.models import Schedule
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

New = Callable[..., Schedule]
Knocks = list[tuple[str, dict[str, object]]]
HOUR = 3600


@pytest.fixture
def enforced(server: Server, alice: User, time: Time) -> Schedule:
    """A schedule that wants the server on from eight to eight, and has started it this morning."""
    windows = [WindowText(DAYS, "08:00", "20:00")]
    draft = Draft(name="Sandbox", timezone="UTC", windows=windows, servers=[server.id], mode="enforce")
    schedule = services.create(draft, workspace=server.workspace, author=None, now=time.moment)
    did(server, "start", time.moment - timedelta(hours=4), schedule=schedule, origin="rule")
    return schedule


def test_keep_off_and_enforce_do_not_fight_and_afterwards_the_schedule_is_in_charge_again(
    enforced: Schedule, server: Server, region: Region, ec2: WorldEc2, time: Time, alice: User
) -> None:
    by = Asker(server.workspace, alice)
    wanted = Wanted("off", time.moment + timedelta(hours=1))
    holding.put(server, wanted, by=by, knock=nobody_hears, now=time.moment)
    send.drain(region.id, "stop")
    for _ in range(4):
        time.forward(60)
        look_now(region)
        fire.act(time.moment)
    server.refresh_from_db()
    assert server.observed_state == "stopped"
    assert [action for action, _ in ec2.calls] == ["stop"]
    assert not Observation.objects.exclude(reaction="").exists()

    act(time, after=HOUR - 240)
    send.drain(region.id, "start")
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.observed_state == "running"
    assert state(Operation.objects.get(origin="hold"))[0] == "succeeded"

    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    ec2.world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    assert Observation.objects.latest("id").reaction == "put_back"


def test_what_others_stop_during_a_keep_off_stays_so_and_is_started_at_its_end(
    enforced: Schedule, server: Server, region: Region, ec2: WorldEc2, time: Time
) -> None:
    hold(server, "off", time, seconds=HOUR)
    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    ec2.world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    assert Observation.objects.latest("id").reaction == "held"
    assert not Operation.objects.filter(origin="enforce").exists()
    act(time, after=HOUR - 60)
    assert Operation.objects.get(origin="hold").action == "start"


@pytest.mark.parametrize(("mode", "made"), [("enforce", ["start"]), ("respect", [])])
def test_what_others_stop_during_a_keep_off_is_put_back_when_that_is_ended_early(
    enforced: Schedule,
    server: Server,
    region: Region,
    ec2: WorldEc2,
    time: Time,
    alice: User,
    mode: str,
    made: list[str],
) -> None:
    """As it would have been without the hold; who respects such changes goes on doing so."""
    Schedule.objects.update(mode=mode)
    hold(server, "off", time, seconds=HOUR)
    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    ec2.world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    holding.release(server, by=alice, knock=nobody_hears, now=time.moment)
    assert list(Operation.objects.filter(origin="hold").values_list("action", flat=True)) == made


def test_a_keep_off_without_any_change_is_ended_early_without_a_trace(
    enforced: Schedule, server: Server, time: Time, alice: User
) -> None:
    hold(server, "off", time, seconds=HOUR)
    time.forward(60)
    holding.release(server, by=alice, knock=nobody_hears, now=time.moment)
    assert not Operation.objects.filter(origin="hold").exists()


def test_what_is_to_be_put_back_when_a_hold_is_put_is_held(
    enforced: Schedule, server: Server, region: Region, ec2: WorldEc2, time: Time
) -> None:
    instance = ec2.world.instance(server.instance_id)
    assert instance is not None
    ec2.world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    hold(server, "off", time, seconds=HOUR)
    send.drain(region.id, "start")
    assert state(Operation.objects.get(origin="enforce")) == ("skipped", "held")
