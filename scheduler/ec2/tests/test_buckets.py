"""The bucket arithmetic: against known numbers, and against a bucket that refuses what does not fit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scheduler.ec2.buckets import (
    Learned,
    Level,
    Wanted,
    drained,
    effective,
    full,
    kept_as,
    learn_down,
    learn_up,
    learned_from,
    put_back,
    take,
)
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
    level = drained(grant.level, count=600, now=NOON)
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


@given(
    action=ACTIONS,
    requests=some.floats(0, 50),
    servers=some.floats(0, 1000),
    people=some.integers(0, 300),
    rules=some.integers(0, 1500),
)
def test_asking_again_at_the_given_moment_helps_rules_and_people(
    action: str, requests: float, servers: float, people: int, rules: int
) -> None:
    wanted = Wanted(people, rules)
    grant = take(Level(requests, servers, NOON), action=action, wanted=wanted, now=NOON)
    if grant.retry_at is None:
        assert grant.count == people + rules
    else:
        rest = wanted.without(grant.count)
        assert take(grant.level, action=action, wanted=rest, now=grant.retry_at).count > 0


@pytest.mark.parametrize(("action", "most"), [("start", 990), ("stop", 990), ("reboot", 20)])
def test_rules_leave_one_request_and_a_hundredth_of_the_servers_to_people(action: str, most: int) -> None:
    level = full(action, now=NOON)
    while (grant := take(level, action=action, wanted=Wanted(0, 1000), now=NOON)).count:
        assert grant.count <= most
        level = grant.level
    assert level.requests >= 1
    assert level.servers >= 0 if action == "reboot" else level.servers >= 10
    assert take(level, action=action, wanted=10, now=NOON).count == 10


def test_people_come_first_and_rules_get_what_is_left_of_their_share() -> None:
    grant = take(Level(9, 80, NOON), action="stop", wanted=Wanted(10, 90), now=NOON)
    assert grant.count == 70
    crowded = take(Level(9, 80, NOON), action="stop", wanted=Wanted(70, 90), now=NOON)
    assert crowded.count == 70
    assert take(Level(1, 80, NOON), action="stop", wanted=Wanted(0, 20), now=NOON).count == 0


def test_a_bucket_of_one_request_is_not_shared() -> None:
    limits = custom("stop", {"requests": 1, "servers": 4})
    level = full("stop", now=NOON, limits=limits)
    assert take(level, action="stop", wanted=Wanted(0, 9), now=NOON, limits=limits).count == 4


STOP = AWS.of("stop")


def test_each_refusal_makes_requests_rarer_and_when_they_are_rare_servers_fewer() -> None:
    learned = None
    found = []
    for _ in range(10):
        learned = learn_down(learned, rates=STOP, now=NOON)
        found.append((learned.requests_refill, learned.servers_refill))
    assert found[:5] == [(2.5, 20), (1.25, 20), (0.625, 20), (0.3125, 20), (0.25, 20)]
    assert found[5:] == [(0.25, 10), (0.25, 5), (0.25, 2.5), (0.25, 2), (0.25, 2)]
    assert learned is not None
    assert learned.refusals == 10


def test_a_quiet_minute_gives_back_a_tenth_until_nothing_is_left_of_it() -> None:
    learned = learn_down(None, rates=STOP, now=NOON)
    later = learn_up(learned, rates=STOP, now=seconds(60))
    assert later == Learned(3.0, 20.0, at=seconds(60), since=NOON, refusals=1)
    assert learn_up(later, rates=STOP, now=seconds(299)) is not None
    assert learn_up(later, rates=STOP, now=seconds(300)) is None
    assert learn_up(None, rates=STOP, now=NOON) is None


def test_what_was_learned_only_ever_slows_down() -> None:
    learned = learn_down(None, rates=STOP, now=NOON)
    assert effective(AWS, action="stop", learned=learned).stop.requests_refill == 2.5
    assert effective(AWS, action="stop", learned=None) is AWS
    slow = custom("stop", {"servers_refill": 1})
    assert effective(slow, action="stop", learned=learned).stop.servers_refill == 1


def test_what_was_learned_before_the_clock_was_set_back_is_regained_all_the_same() -> None:
    year = 365 * 86400
    learned = learn_up(learn_down(None, rates=STOP, now=seconds(year)), rates=STOP, now=NOON)
    assert learned is not None
    assert learn_up(learned, rates=STOP, now=seconds(600)) is None


def test_a_bucket_that_holds_less_than_two_requests_is_not_shared() -> None:
    small = replace(AWS, stop=replace(STOP, requests=1.5))
    level = Level(1.5, 1000.0, NOON)
    assert take(level, action="stop", wanted=Wanted(0, 5), now=NOON, limits=small).count == 5


def test_what_was_learned_survives_the_database() -> None:
    learned = learn_down(None, rates=STOP, now=NOON)
    assert learned_from(kept_as(learned)) == learned
    assert kept_as(None) == {}
    assert learned_from({}) is None
    assert learned_from({"requests_refill": "?"}) is None
