"""The bucket arithmetic: against known numbers, and against a bucket that refuses what does not fit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scheduler.ec2.buckets import Level, full, learn_down, put_back, take
from shared.fleet.limits import AWS, custom

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACTIONS = some.sampled_from(["start", "stop", "reboot"])


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_full_bucket_gives_a_thousand_servers_at_once(action: str) -> None:
    grant = take(full(action, now=NOON), action=action, wanted=1000, now=NOON)
    assert (grant.count, grant.retry_at) == (1000, None)


def test_reboots_go_in_batches_of_twenty() -> None:
    grant = take(full("reboot", now=NOON), action="reboot", wanted=50, now=NOON)
    assert (grant.count, grant.retry_at) == (20, NOON)


def test_the_sixth_start_request_of_an_instant_waits_half_a_second_and_the_margin() -> None:
    level = full("start", now=NOON)
    for _ in range(5):
        grant = take(level, action="start", wanted=1, now=NOON)
        assert grant.count == 1
        level = grant.level
    refused = take(level, action="start", wanted=1, now=NOON)
    assert (refused.count, refused.retry_at) == (0, seconds(0.6))
    assert take(level, action="start", wanted=1, now=seconds(0.59)).count == 0
    assert take(level, action="start", wanted=1, now=seconds(0.6)).count == 1


@pytest.mark.parametrize(("action", "servers"), [("stop", 20), ("start", 2)])
def test_beyond_a_thousand_the_rest_goes_a_second_at_a_time(action: str, servers: int) -> None:
    grant = take(full(action, now=NOON), action=action, wanted=1500, now=NOON)
    assert (grant.count, grant.retry_at) == (1000, seconds(1.1))
    assert take(grant.level, action=action, wanted=500, now=seconds(1.1)).count == servers


def test_what_was_not_sent_is_put_back() -> None:
    before = full("stop", now=NOON)
    grant = take(before, action="stop", wanted=300, now=NOON)
    assert put_back(grant.level, action="stop", count=300) == before


def test_after_a_throttle_the_next_request_waits_and_asks_for_half() -> None:
    grant = take(full("stop", now=NOON), action="stop", wanted=600, now=NOON)
    level = learn_down(grant.level, count=600, now=NOON)
    refused = take(level, action="stop", wanted=600, now=NOON)
    assert refused.count == 0
    assert refused.retry_at == seconds(0.3)
    again = take(refused.level, action="stop", wanted=600, now=seconds(0.3))
    assert again.count == 304


def test_an_operator_may_set_the_numbers_of_one_action() -> None:
    limits = custom("stop", {"requests": 1, "requests_refill": 1})
    level = take(
        full("stop", now=NOON, limits=limits), action="stop", wanted=1, now=NOON, limits=limits
    ).level
    assert take(level, action="stop", wanted=1, now=NOON, limits=limits).count == 0
    assert limits.start == AWS.start


def test_nothing_wanted_costs_nothing() -> None:
    grant = take(full("stop", now=NOON), action="stop", wanted=0, now=NOON)
    assert (grant.count, grant.level, grant.retry_at) == (0, full("stop", now=NOON), None)


def test_a_clock_that_steps_back_gives_no_tokens() -> None:
    level = Level(0, 0, NOON)
    assert take(level, action="stop", wanted=5, now=seconds(-30)).level == level


@given(
    action=ACTIONS,
    asks=some.lists(some.tuples(some.floats(0, 3), some.integers(0, 1500)), max_size=60),
)
def test_aws_own_buckets_never_refuse_what_was_granted(action: str, asks: list[tuple[float, int]]) -> None:
    rates = AWS.of(action)
    level, now = full(action, now=NOON), NOON
    requests, servers = float(rates.requests), float(rates.servers or 0)
    for pause, wanted in asks:
        now += timedelta(seconds=pause)
        requests = min(rates.requests, requests + pause * rates.requests_refill)
        servers = min(rates.servers or 0, servers + pause * rates.servers_refill)
        grant = take(level, action=action, wanted=wanted, now=now)
        level = grant.level
        requests -= 1 if grant.count else 0
        servers -= grant.count if rates.servers else 0
        assert requests > -0.001
        assert servers > -0.001
        assert grant.count <= min(wanted, rates.batch)


@given(action=ACTIONS, requests=some.floats(0, 5), servers=some.floats(0, 30), wanted=some.integers(1, 1500))
def test_asking_again_at_the_given_moment_always_helps(
    action: str, requests: float, servers: float, wanted: int
) -> None:
    grant = take(Level(requests, servers, NOON), action=action, wanted=wanted, now=NOON)
    if grant.retry_at is None:
        assert grant.count == wanted
    else:
        assert take(grant.level, action=action, wanted=wanted - grant.count, now=grant.retry_at).count > 0
