"""Servers join and leave schedules by their tags, as discovery finds them, and a line tells of each."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from api.accounts import saving as accounts
from api.schedules import saving
from scheduler import discover, fire, joining
from scheduler.ec2 import gateway
from scheduler.tests.conftest import ACCOUNT, REGION, Time, WorldEc2
from scheduler.tests.test_edits import in_threads
from scheduler.tests.test_story import Reader, log
from shared import clock
from shared.fleet.models import Account, Region, Server
from shared.operations.models import Operation
from shared.people.models import Workspace
from shared.schedules import ahead, services, targets
from shared.schedules.models import Rule, Schedule, Target
from shared.schedules.services import Draft
from simulator.instances import Instance, View
from simulator.world import World

__all__ = ["log"]
New = Callable[..., Schedule]
Put = Callable[..., Instance]


@pytest.fixture
def put(world: World) -> Put:
    """An instance in the world, with these tags from now on."""

    def make(name: str, **tags: str) -> Instance:
        instance = Instance(f"i-{name}", ACCOUNT, REGION, f"{REGION}a", tags={"Name": name} | tags)
        instance.timeline = [(0.0, View("running", 0.0, checks="ok"))]
        world.add(instance)
        return instance

    return make


def again(region: Region, time: Time) -> None:
    time.forward(301)
    discover.discover_region(region.id)


def members(schedule: Schedule) -> list[str]:
    return sorted(schedule.targets.values_list("server__name", flat=True))


def lines(log: Reader) -> list[str]:
    """What was told of joining and leaving since the last time."""
    found = [line for line in log.lines if line.startswith(("➕", "➖"))]
    log.lines.clear()
    return found


def test_a_new_server_joins_the_schedules_that_mean_it_and_nothing_is_done_to_it(
    old: Region, put: Put, new_schedule: New, log: Reader
) -> None:
    nightly = new_schedule(
        "stop", cron="30 18 * * *", name="Nightly Shutdown", tag_query="team=qa\nAND env!=prod"
    )
    new_schedule("stop", cron="30 18 * * *", tag_query="team=ops")
    put("web-7", team="qa")
    put("db", team="qa", env="prod")
    discover.discover_region(old.id)
    assert members(nightly) == ["web-7"]
    assert Target.objects.count() == 1
    server = Server.objects.get(name="web-7")
    assert lines(log) == [
        f"➕ web-7 (ID: {server.id}) joined schedule Nightly Shutdown (ID: {nightly.id}): "
        "its tags match team=qa AND env!=prod"
    ]
    assert not Operation.objects.exists()
    nightly.refresh_from_db()
    assert nightly.revision == 1


def test_changed_tags_move_a_server_and_nothing_is_told_when_nothing_changed(
    old: Region, put: Put, new_schedule: New, time: Time, log: Reader
) -> None:
    nightly = new_schedule("stop", cron="30 18 * * *", name="Nightly", tag_query="team=qa")
    instance = put("web-7", team="qa")
    discover.discover_region(old.id)
    assert len(lines(log)) == 1
    again(old, time)
    assert lines(log) == []
    instance.tags["team"] = "ops"
    again(old, time)
    server = Server.objects.get()
    assert lines(log) == [
        f"➖ web-7 (ID: {server.id}) left schedule Nightly (ID: {nightly.id}): "
        "its tags no longer match team=qa"
    ]
    assert members(nightly) == []


def test_a_server_that_leaves_the_list_leaves_its_schedules_and_comes_back_with_it(
    old: Region, put: Put, world: World, new_schedule: New, time: Time, log: Reader
) -> None:
    nightly = new_schedule("stop", cron="30 18 * * *", name="Nightly", tag_query="team=qa")
    instance = put("web-7", team="qa")
    discover.discover_region(old.id)
    world.remove(instance)
    again(old, time)
    assert members(nightly) == ["web-7"]
    lines(log)
    time.forward(timedelta(days=7).total_seconds())
    again(old, time)
    assert members(nightly) == []
    [line] = lines(log)
    assert line.endswith(f"left schedule Nightly (ID: {nightly.id}): EC2 no longer shows it")
    world.add(instance)
    again(old, time)
    assert members(nightly) == ["web-7"]


def test_what_somebody_broke_is_mended_by_the_next_discovery(
    old: Region, put: Put, new_schedule: New, time: Time
) -> None:
    nightly = new_schedule("stop", cron="30 18 * * *", tag_query="team=qa")
    put("web-7", team="qa")
    discover.discover_region(old.id)
    Target.objects.all().delete()
    again(old, time)
    assert members(nightly) == ["web-7"]


def test_a_region_that_cannot_be_read_makes_nobody_leave(
    old: Region, put: Put, ec2: WorldEc2, new_schedule: New, time: Time
) -> None:
    nightly = new_schedule("stop", cron="30 18 * * *", tag_query="team=qa")
    put("web-7", team="qa")
    discover.discover_region(old.id)
    ec2.refuse = gateway.Denied("You may not.")
    again(old, time)
    assert members(nightly) == ["web-7"]


def test_many_that_join_at_once_are_told_in_one_line(
    old: Region, put: Put, world: World, new_schedule: New, time: Time, log: Reader
) -> None:
    nightly = new_schedule("stop", cron="30 18 * * *", name="Nightly", tag_query="team=qa")
    instances = [put(f"web-{number}", team="qa") for number in range(joining.MANY + 1)]
    discover.discover_region(old.id)
    assert lines(log) == [
        f"➕ 21 servers joined schedule Nightly (ID: {nightly.id}): their tags match team=qa"
    ]
    for instance in instances:
        instance.tags.clear()
    again(old, time)
    assert lines(log) == [
        f"➖ 21 servers left schedule Nightly (ID: {nightly.id}): they no longer match team=qa"
    ]


def rows() -> list[tuple[str, str, str]]:
    """Every operation as (server, state, reason)."""
    found = Operation.objects.order_by("due_at", "id")
    return list(found.values_list("server__name", "state", "reason"))


def test_what_was_due_before_belongs_to_the_servers_of_then(
    old: Region, put: Put, new_schedule: New, time: Time
) -> None:
    """The clock was late: who left meanwhile still has its row, and who joined has none."""
    leaving, _ = put("leaving", team="qa"), new_schedule("stop", cron="0 13 * * *", tag_query="team=qa")
    discover.discover_region(old.id)
    time.forward(3600 - 301)
    leaving.tags["team"] = "ops"
    put("late", team="qa")
    again(old, time)
    assert rows() == [("leaving", "requested", "")]
    fire.claim_all(time.moment)
    assert rows() == [("leaving", "requested", "")]
    time.forward(86400)
    fire.claim_all(time.moment)
    assert rows()[1:] == [("late", "requested", "")]


def test_a_schedule_that_somebody_holds_for_long_is_left_to_the_next_discovery(
    transactional_db: None,
) -> None:
    nightly, region = on_the_real_clock()

    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        joining.join(region)

    Target.objects.all().delete()
    with transaction.atomic():
        services.locked(nightly)
        assert in_threads(impatient) == []
        assert not Target.objects.exists()
    joining.join(region)
    assert Target.objects.count() == 20


def on_the_real_clock() -> tuple[Schedule, Region]:
    """A schedule whose query means 20 servers, and which is due already; and their region."""
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    schedule = Schedule.objects.create(
        workspace=workspace, name="Nightly", timezone="UTC", tag_query="team=qa"
    )
    for number in range(20):
        Server.objects.create(
            workspace=workspace, region=region, instance_id=f"i-{number:017x}", tags={"team": "qa"}
        )
    for action in ("stop", "start"):
        rule = Rule(workspace=workspace, schedule=schedule, action=action, cron="*/5 * * * *")
        ahead.plan(rule, after=clock.now() - timedelta(minutes=12))
        rule.save()
    targets.follow(schedule)
    return schedule, region


def test_clocks_edits_joins_and_deletions_at_once_never_wait_for_each_other_in_a_circle(
    transactional_db: None,
) -> None:
    nightly, region = on_the_real_clock()

    def fired() -> None:
        fire.claim_all(clock.now())

    def edit() -> None:
        saving.change(
            nightly, Draft(enabled=True, name=f"Night {clock.now()}"), revision=None, now=clock.now()
        )

    for team in ("ops", "qa", "ops", "qa"):
        doomed = account_of(region.workspace)
        Server.objects.filter(region=region).update(tags={"team": team})
        joins = [partial(joining.join, each) for each in (region, *doomed.regions.all())]
        assert in_threads(fired, fired, edit, *joins, partial(accounts.delete, doomed)) == []
        assert Target.objects.count() == (20 if team == "qa" else 0)


def account_of(workspace: Workspace) -> Account:
    """Another account with 40 servers that the query means."""
    account = Account.objects.create(workspace=workspace, name="doomed")
    for name in ("us-east-1", "us-west-2"):
        region = Region.objects.create(workspace=workspace, account=account, name=name)
        for number in range(20):
            Server.objects.create(
                workspace=workspace, region=region, instance_id=f"i-{number}", tags={"team": "qa"}
            )
    return account
