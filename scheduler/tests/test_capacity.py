"""EC2 has no room: who waits, who goes at once, and how few requests that takes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler import send
from scheduler.ec2 import gateway
from scheduler.refusing import Fate, Member, fates
from scheduler.tests.acting import ask, by_rule, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.schedules.models import Schedule
from simulator.world import World

SMALL, LARGE = ("t3.medium", "eu-central-1a"), ("m5.large", "eu-central-1b")
CODE = "InsufficientInstanceCapacity"
NAMED = gateway.NoCapacity(
    "We currently do not have sufficient t3.medium capacity in the Availability Zone you requested "
    "(eu-central-1a). You can currently get t3.medium capacity by choosing eu-central-1b.",
    code=CODE,
)
UNNAMED = gateway.NoCapacity("Insufficient capacity.", code=CODE)
QUOTA = gateway.NoCapacity("You have requested more vCPU capacity", code="VcpuLimitExceeded")


def members(*pools: tuple[tuple[str, str], int]) -> list[Member]:
    each = [pool for pool, count in pools for _ in range(count)]
    return [Member(number, f"i-{number}", pool=pool) for number, pool in enumerate(each)]


def judged(error: gateway.CloudError, group: Sequence[Member]) -> list[Fate]:
    return fates(error, group, call=7, jitter=lambda least, _most: least)


def requests(
    group: Sequence[Member],
    error: gateway.CloudError,
    *,
    short: tuple[str, str],
    minutes: int,
    luck: float = 0.0,
) -> tuple[Counter[int], set[int]]:
    """How many requests go in which minute when EC2 has no room in one pool, and who was let through. `luck`:
    where between the shortest and the longest every wait lies."""
    calls, accepted, number = Counter[int](), set[int](), 0
    waiting = [(timedelta(), list(group))]
    while waiting:
        at, now = waiting.pop()
        number += 1
        calls[int(at.total_seconds() // 60)] += 1
        if all(each.pool != short for each in now):
            accepted |= {each.id for each in now}
            continue
        for fate in fates(error, now, call=number, jitter=lambda least, most: least + luck * (most - least)):
            assert fate.wait is not None
            going = [replace(each, attempt=each.attempt + 1) for each in now if each.id in fate.members]
            if at + fate.wait < timedelta(minutes=minutes):
                waiting.append((max(at + fate.wait, at), going))
    return calls, accepted


def test_the_named_type_and_zone_wait_for_minutes_and_the_others_go_at_once() -> None:
    *short, rest = judged(NAMED, members((SMALL, 4), (LARGE, 3), (("t3.medium", "eu-central-1b"), 1)))
    assert [fate.members for fate in short] == [(0, 1), (2, 3)]
    assert {(fate.waiting, fate.step, fate.apart) for fate in short} == {("no_capacity", "put_off", True)}
    assert all(fate.wait and fate.wait >= timedelta(seconds=60) for fate in short)
    assert len({fate.wait for fate in short}) == 2
    assert (rest.members, rest.step, rest.waiting) == ((4, 5, 6, 7), "sent_again", "")
    assert rest.wait is not None
    assert rest.wait < timedelta()


def test_without_a_name_pools_are_told_apart_at_once_and_one_pool_waits() -> None:
    one, two = judged(UNNAMED, members((LARGE, 2), (SMALL, 2), (LARGE, 2)))
    assert [set(one.members), set(two.members)] == [{0, 1, 4, 5}, {2, 3}]
    assert (one.step, one.waiting) == ("halved", "")
    assert {fate.waiting for fate in judged(UNNAMED, members((SMALL, 4)))} == {"no_capacity"}


def test_a_quota_is_of_the_whole_account_so_all_wait() -> None:
    found = judged(QUOTA, members((LARGE, 2), (SMALL, 2)))
    assert [(fate.members, fate.waiting) for fate in found] == [((0, 1), "quota"), ((2, 3), "quota")]


def test_the_last_try_keeps_halves_apart(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    started = [ask(new_server(f"s{number}", "stopped"), "start", time) for number in range(4)]
    Operation.objects.update(attempt=9, grace_until=time.moment + timedelta(seconds=150))
    time.forward(11)
    ec2.refuse = UNNAMED
    for _ in range(3):
        send.drain(region.id, "start")
        time.forward(1)
    moments: set[datetime] = set(Operation.objects.values_list("not_before", flat=True))
    assert (len(moments), {state(each)[0] for each in started}) == (2, {"requested"})
    assert max(moments) < started[0].due_at + timedelta(seconds=150)


@pytest.mark.parametrize("error", [NAMED, UNNAMED])
@pytest.mark.parametrize(("luck", "most"), [(0.0, 127), (0.5, 31), (1.0, 15)])
def test_two_hundred_servers_without_room_cost_one_request_at_once_and_few_later(
    error: gateway.CloudError, luck: float, most: int
) -> None:
    calls, accepted = requests(members((SMALL, 200)), error, short=SMALL, minutes=15, luck=luck)
    assert accepted == set()
    assert calls[0] == 1
    assert sum(calls.values()) <= most


@pytest.mark.parametrize("error", [NAMED, UNNAMED])
def test_who_has_room_is_not_kept_waiting_by_who_has_none(error: gateway.CloudError) -> None:
    pools = [(f"m{number}.large", "eu-central-1b") for number in range(7)]
    group = members((SMALL, 100), *((pool, 20) for pool in pools))
    calls, accepted = requests(group, error, short=SMALL, minutes=1)
    assert accepted == {each.id for each in group if each.pool != SMALL}
    assert calls[0] <= 2 * 8 - 1


@pytest.mark.parametrize("whose", ["person", "rule"])
def test_a_start_that_ec2_has_no_room_for_only_after_it_accepted_goes_on_as_another(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    new_schedule: Callable[..., Schedule],
    ec2: WorldEc2,
    world: World,
    whose: str,
) -> None:
    server = new_server("off", "stopped")
    first = ask(server, "start", time)
    if whose == "rule":
        by_rule(new_schedule("start", server, cron="0 8 * * *"))
    world.faults.add(
        {"kind": "failed_start", "code": "Server.InsufficientInstanceCapacity", "count": 1}, now=time()
    )
    time.forward(11)
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    assert state(first) == ("failed", "insufficient_capacity")
    [again] = first.retries.all()
    assert (again.state, again.waiting, again.rule_id) == ("requested", "no_capacity", None)
    assert again.waiting_detail.startswith("EC2 has no room")
    assert (again.due_at, again.grace_until, again.author) == (first.due_at, first.grace_until, first.author)
    assert again.not_before >= time.moment + timedelta(seconds=60)
    time.forward(301)
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    assert state(again) == ("succeeded", "end_seen")
    assert Operation.objects.count() == 2


def test_it_is_not_asked_again_when_its_time_is_over(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, world: World
) -> None:
    server = new_server("off", "stopped")
    first = ask(server, "start", time, grace_until=time.moment + timedelta(seconds=90))
    world.faults.add({"kind": "failed_start", "code": "Server.InsufficientInstanceCapacity"}, now=time())
    time.forward(11)
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    assert state(first) == ("failed", "insufficient_capacity")
    assert Operation.objects.count() == 1
