"""Targets of a tag query: rows that follow the tags, whoever changes what at once."""

import random
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import DjangoAssertNumQueries

from shared import clock
from shared.fleet.models import Account, Region, Server
from shared.people.models import Workspace
from shared.schedules import services, targets
from shared.schedules.models import Schedule, Target
from shared.schedules.tagging import parse

pytestmark = pytest.mark.django_db


def new_region(workspace: str = "default", name: str = "eu-central-1") -> Region:
    owner, _ = Workspace.objects.get_or_create(name=workspace)
    account, _ = Account.objects.get_or_create(workspace=owner, name="dev")
    return Region.objects.create(workspace=owner, account=account, name=name)


def new_server(region: Region, name: str, **tags: str) -> Server:
    return Server.objects.create(
        workspace=region.workspace, region=region, instance_id=f"i-{name}", name=name, tags=tags
    )


def new_schedule(region: Region, query: str, *picked: Server) -> Schedule:
    number = Schedule.objects.count()
    schedule = Schedule.objects.create(
        workspace=region.workspace, name=f"Nightly {number}", timezone="UTC", tag_query=query
    )
    for server in picked:
        Target.objects.create(workspace=region.workspace, schedule=schedule, server=server)
    return schedule


def members(schedule: Schedule) -> list[str]:
    return sorted(schedule.targets.values_list("server__name", flat=True))


def rejoin(region: Region, **more: Callable[[Schedule], None]) -> list[targets.Joined]:
    servers = Server.objects.filter(region=region)
    return targets.rejoin(servers, workspace=region.workspace_id, **more)


def told(found: list[targets.Joined]) -> list[tuple[str, list[str], list[str]]]:
    return [
        (str(each.schedule), [str(row) for row in each.came], [str(row) for row in each.left])
        for each in found
    ]


@pytest.fixture
def region(db: None) -> Region:
    return new_region()


@pytest.fixture
def web(region: Region) -> Server:
    return new_server(region, "web", team="qa")


def test_a_schedule_follows_its_query_and_nothing_else(region: Region, web: Server) -> None:
    ops, gone = new_server(region, "ops", team="ops"), new_server(region, "gone", team="qa")
    Server.objects.filter(id=gone.id).update(left_at=clock.now())
    new_server(new_region("elsewhere"), "far", team="qa")
    new_server(new_region(name="us-east-1"), "db", team="qa")
    schedule = new_schedule(region, "team=qa", ops, gone)
    found = targets.follow(schedule)
    assert members(schedule) == ["db", "web"]
    assert told([found]) == [("Nightly 0", ["web", "db"], ["ops", "gone"])]
    assert found.changed
    assert not targets.follow(schedule).changed


def test_following_takes_the_query_in_hand_although_it_is_not_saved_yet(region: Region, web: Server) -> None:
    schedule = new_schedule(region, "team=ops")
    schedule.tag_query = "team=qa"
    targets.follow(schedule)
    assert members(schedule) == ["web"]


def test_servers_join_and_leave_by_their_tags(region: Region, web: Server) -> None:
    schedule, other = new_schedule(region, "team=qa"), new_schedule(region, "NOT team=qa")
    assert told(rejoin(region)) == [("Nightly 0", ["web"], [])]
    assert rejoin(region) == []
    Server.objects.update(tags={"team": "ops"})
    assert told(rejoin(region)) == [("Nightly 0", [], ["web"]), ("Nightly 1", ["web"], [])]
    assert (members(schedule), members(other)) == ([], ["web"])
    assert set(Schedule.objects.values_list("revision", flat=True)) == {1}


def test_a_server_that_left_the_list_leaves_and_joins_again_when_it_is_back(
    region: Region, web: Server
) -> None:
    schedule = new_schedule(region, "team=qa", web)
    Server.objects.update(left_at=clock.now())
    assert told(rejoin(region)) == [("Nightly 0", [], ["web"])]
    Server.objects.update(left_at=None)
    rejoin(region)
    assert members(schedule) == ["web"]


def test_picked_servers_other_regions_and_other_workspaces_are_left_alone(
    region: Region, web: Server
) -> None:
    far, away = new_region("elsewhere"), new_region(name="us-east-1")
    db = new_server(away, "db", team="ops")
    picked = new_schedule(region, "", db)
    stale = new_schedule(region, "team=qa", db)
    foreign = new_schedule(far, "team=qa")
    assert told(rejoin(region)) == [("Nightly 1", ["web"], [])]
    assert (members(picked), members(stale), members(foreign)) == (["db"], ["db", "web"], [])


def test_what_has_to_come_first_comes_before_the_targets_change(region: Region, web: Server) -> None:
    changing, _ = new_schedule(region, "team=qa"), new_schedule(region, "team=none")
    seen: list[tuple[int, list[str]]] = []
    rejoin(region, before=lambda schedule: seen.append((schedule.id, members(schedule))))
    assert seen == [(changing.id, [])]


def test_many_schedules_and_servers_take_few_queries(
    region: Region, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        new_server(region, f"web-{number}", team="qa", number=str(number))
    for number in range(10):
        new_schedule(region, f"team=qa AND number!={number}")
    # A savepoint around, the schedules' locks, their targets, the servers; and one insert.
    with django_assert_num_queries(6):
        rejoin(region)
    assert Target.objects.count() == 190
    with django_assert_num_queries(5):
        assert rejoin(region) == []


def test_the_matching_servers_are_told_by_name(region: Region, web: Server) -> None:
    new_server(region, "api", team="qa")
    new_server(new_region("elsewhere"), "far", team="qa")
    gone = new_server(region, "gone", team="qa")
    Server.objects.filter(id=gone.id).update(left_at=clock.now())
    found = targets.matching(parse("team=qa"), workspace=region.workspace)
    assert [str(each) for each in found] == ["api", "web"]


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Do these in threads of their own; what went wrong."""
    faults: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001  handed to the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def edit(schedule: Schedule, query: str) -> None:
    """What saving does: the locks, the query, the targets."""
    with transaction.atomic():
        row = services.locked(schedule)
        row.tag_query = query
        row.save()
        targets.follow(row)


@pytest.mark.django_db(transaction=True)
def test_joining_waits_for_an_edit_and_obeys_its_query() -> None:
    region = new_region()
    web, ops = new_server(region, "web", team="qa"), new_server(region, "ops", team="ops")
    schedule = new_schedule(region, "team=qa", web)
    found: list[targets.Joined] = []
    with transaction.atomic():
        edit(schedule, "team=ops")
        joining = threading.Thread(target=at_once, args=(lambda: found.extend(rejoin(region)),))
        joining.start()
        while not somebody_waits():
            assert joining.is_alive()
        Server.objects.filter(id=ops.id).update(tags={})
    joining.join()
    assert told(found) == [("Nightly 0", [], ["ops"])]
    assert members(schedule) == []


@pytest.mark.django_db(transaction=True)
def test_edits_and_joins_at_once_neither_fail_nor_leave_a_wrong_member() -> None:
    regions = [new_region(), new_region(name="us-east-1")]
    for number in range(10):
        new_server(regions[number % 2], f"web-{number}", team="qa")
    schedules = [new_schedule(regions[0], "team=qa") for _ in range(4)]
    chance = random.Random(7)

    def retag(region: Region, team: str) -> None:
        for server in Server.objects.filter(region=region).order_by("id"):
            Server.objects.filter(id=server.id).update(tags={"team": team})
            rejoin(region)

    for _ in range(5):
        edits = [partial(edit, each, f"team={chance.choice(['qa', 'ops'])}") for each in schedules]
        tags = [partial(retag, each, chance.choice(["qa", "ops"])) for each in regions]
        assert at_once(*edits, *tags, *(partial(rejoin, each) for each in regions)) == []
        for schedule in schedules:
            schedule.refresh_from_db()
            found = targets.matching(parse(schedule.tag_query), workspace=schedule.workspace)
            assert members(schedule) == sorted(str(each) for each in found)
