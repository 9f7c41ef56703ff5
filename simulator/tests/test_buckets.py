"""The token buckets of the EC2 developer guide, and the switches for what it leaves open."""

import pytest

from simulator.buckets import Buckets
from simulator.calls import Call
from simulator.errors import AwsError
from simulator.settings import Limits
from simulator.tests.support import CALLER, Time, name_of, server, world_of

IDS = [name_of(n) for n in range(2000)]


def passes(buckets: Buckets, action: str, at: float, servers: int = 1) -> bool:
    return buckets.take(Call(at, action, "a", "r", IDS[:servers]))


def passed(buckets: Buckets, action: str, at: float, tries: int = 200) -> int:
    return sum(passes(buckets, action, at) for _ in range(tries))


@pytest.mark.parametrize(
    ("action", "burst", "in_ten_seconds"),
    [
        ("StartInstances", 5, 20),
        ("StopInstances", 50, 50),
        ("RebootInstances", 50, 50),
        ("DescribeInstanceStatus", 100, 100),
        ("DescribeInstances unpaged", 50, 50),
    ],
)
def test_a_burst_fits_the_bucket_and_time_refills_it(action: str, burst: int, in_ten_seconds: int) -> None:
    buckets = Buckets(Limits())
    assert passed(buckets, action, 0) == burst
    assert passed(buckets, action, 10) == min(burst, in_ten_seconds)


def test_starts_cost_a_token_for_each_server_and_two_come_back_each_second() -> None:
    buckets = Buckets(Limits())
    assert passes(buckets, "StartInstances", 0, 1000)
    assert not passes(buckets, "StartInstances", 1, 3)
    assert passes(buckets, "StartInstances", 1, 2)


def test_stops_get_twenty_servers_back_each_second() -> None:
    buckets = Buckets(Limits())
    assert passes(buckets, "StopInstances", 0, 1000)
    assert passes(buckets, "StopInstances", 10, 200)
    assert not passes(buckets, "StopInstances", 10, 1)


def test_a_call_bigger_than_the_bucket_never_fits_unless_told_otherwise() -> None:
    assert not passes(Buckets(Limits()), "StopInstances", 0, 1001)
    assert passes(Buckets(Limits(strict_oversize=False)), "StopInstances", 0, 1001)


def test_a_refused_call_costs_a_token_only_where_told_so() -> None:
    for costs, left in ((False, 50.0), (True, 49.0)):
        buckets = Buckets(Limits(throttled_costs=costs))
        assert not passes(buckets, "StopInstances", 0, 1001)
        assert buckets.levels()["a/r/StopInstances"] == [left, 1000.0]


def test_refill_may_come_in_whole_seconds() -> None:
    for whole, calls in ((False, 1), (True, 0)):
        buckets = Buckets(Limits(per_second_refill=whole))
        passed(buckets, "StartInstances", 0)
        assert passed(buckets, "StartInstances", 0.6) == calls
        assert passed(buckets, "StartInstances", 1.0) == 2 - calls


def test_speed_refills_faster_and_a_ghost_takes_its_share() -> None:
    assert passed(Buckets(Limits(ghost_share=0.5)), "StopInstances", 0) == 25
    fast = Buckets(Limits(speed=10))
    passed(fast, "StopInstances", 0)
    assert passed(fast, "StopInstances", 1) == 50


def test_an_account_may_have_other_limits() -> None:
    buckets = Buckets(Limits(overrides={"a": {"StartInstances": [8, 2, 10, 2]}}))
    assert not passes(buckets, "StartInstances", 0, 11)
    assert passed(buckets, "StartInstances", 0) == 8


def test_accounts_regions_and_actions_have_buckets_of_their_own() -> None:
    buckets = Buckets(Limits())
    for account, region in (("a", "r"), ("b", "r"), ("a", "q")):
        assert sum(buckets.take(Call(0, "StartInstances", account, region)) for _ in range(9)) == 5
    assert passes(buckets, "StopInstances", 0)


def test_a_throttled_call_changes_nothing_and_is_counted(time: Time) -> None:
    world = world_of(time, *(server(n, "stopped") for n in range(6)), limits={"on": True})
    for number in range(5):
        world.start(CALLER, [name_of(number)])
    with pytest.raises(AwsError, match=r"^RequestLimitExceeded") as refused:
        world.start(CALLER, [name_of(5)])
    assert refused.value.status == 503
    last = world.instance(name_of(5))
    assert last is not None
    assert last.view(time()).state == "stopped"
    assert world.stats()["calls"][0] | {"calls": 6, "throttled": 1} == world.stats()["calls"][0]
