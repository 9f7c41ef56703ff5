"""How often EC2 is asked: enough to know soon, little enough to stay inside its limits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from statistics import median

import pytest

from scheduler import cadence, discover, look, send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, look_now
from scheduler.tests.conftest import NOON, Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from simulator.settings import PROFILES

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("age", "pause"), [(0, 1), (119, 1), (120, 2), (299, 2), (300, 5), (4000, 5)])
def test_a_few_servers_are_looked_at_often_while_their_end_is_near(age: int, pause: float) -> None:
    assert cadence.pause_at(timedelta(seconds=age)) == pause * SECOND


def test_an_idle_region_is_looked_at_once_a_minute() -> None:
    assert cadence.idle_until(NOON, discovered_at=None) == NOON + cadence.IDLE
    assert cadence.idle_until(NOON, discovered_at=NOON) == NOON + cadence.IDLE


def test_a_list_that_is_due_takes_the_place_of_a_look() -> None:
    """It comes five minutes after the last one; should it fail, the look comes a little later."""
    fourth = NOON + timedelta(minutes=4)
    assert cadence.idle_until(fourth, discovered_at=NOON) == NOON + cadence.DISCOVERY + cadence.SPARE


class Reader:
    """Plays the ticks on an idle region and counts what EC2 is asked."""

    def __init__(self, region: Region, time: Time, ec2: WorldEc2) -> None:
        self.region, self.time, self.ec2 = region, time, ec2

    def run(self, seconds: int, *, each_second: Callable[[datetime], None] = lambda _now: None) -> int:
        before = len(self.ec2.asked)
        for second in range(seconds):
            now = self.time.forward(1)
            each_second(now)
            for region in look.due_regions(now):
                look.look_at(region)
            if second % 5 == 0:
                for region in discover.due_regions(now):
                    discover.discover_region(region)
        return len(self.ec2.asked) - before


@pytest.fixture
def idle(
    region: Region, server: Server, time: Time, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> Reader:
    monkeypatch.setattr(discover, "connect", lambda _region: ec2)
    reader = Reader(region, time, ec2)
    reader.run(30)
    return reader


def test_an_idle_region_costs_one_question_a_minute_its_list_included(idle: Reader) -> None:
    assert idle.run(600) <= 10


def test_many_readers_cause_one_look_in_three_seconds_at_most(idle: Reader) -> None:
    def read(now: datetime) -> None:
        Region.objects.filter(wanted_look_at=None).update(wanted_look_at=now)

    assert 15 <= idle.run(60, each_second=read) <= 21


def test_a_reader_is_answered_by_the_look_that_comes_next(idle: Reader, time: Time) -> None:
    idle.run(5)
    Region.objects.update(wanted_look_at=time.moment)
    assert idle.run(3) == 1
    assert Region.objects.get().wanted_look_at is None


def test_ten_seconds_pass_between_two_lists_however_much_is_started(idle: Reader) -> None:
    def start(now: datetime) -> None:
        Region.objects.update(wanted_discover_at=now)

    idle.run(60, each_second=start)
    assert idle.ec2.asked[-40:].count("servers") <= 7


def crowd(seed: int, *, stragglers: bool, took: float = 0.4) -> tuple[int, list[float]]:
    """A thousand servers stop together, with the real profile's times: pages asked for, and how much later
    than EC2 each end was known, ascending. A look takes `took` seconds; `stragglers`: one of a hundred takes
    five times as long."""
    chance, pages, asked_at = Random(seed), 0, NOON + SECOND
    span, lags = PROFILES["real"].stop, list[float]()
    span = span if stragglers else replace(span, tail=0.0)
    ends = sorted(NOON + span.draw(chance) * SECOND for _ in range(1000))
    while len(lags) < len(ends):
        pages, known = pages + 1, asked_at + took * SECOND
        lags += [(known - end) / SECOND for end in ends[len(lags) :] if end <= asked_at]
        pause = cadence.pause_at(known - NOON, crowd=True)
        asked_at = cadence.next_at(asked_at, pause, now=known)
    return pages, sorted(lags)


def test_a_thousand_servers_that_stop_together_cost_sixty_pages_and_are_seen_within_two_seconds() -> None:
    results = [crowd(seed, stragglers=False) for seed in range(41)]
    assert max(pages for pages, _ in results) <= 60
    assert max(lags[989] for _, lags in results) <= 2.0


def test_stragglers_cost_no_more_pages_and_keep_nobody_else_waiting() -> None:
    results = [crowd(seed, stragglers=True) for seed in range(41)]
    assert max(pages for pages, _ in results) <= 60
    assert max(lags[969] for _, lags in results) <= 2.0
    assert median(lags[979] for _, lags in results) <= 2.0


def test_a_look_that_takes_longer_than_the_pause_is_followed_by_the_next_after_a_breath() -> None:
    assert cadence.next_at(NOON, SECOND, now=NOON + 0.3 * SECOND) == NOON + SECOND
    assert cadence.next_at(NOON, SECOND, now=NOON + 3 * SECOND) == NOON + 3 * SECOND + cadence.BREATH


def test_the_rest_of_a_crowd_is_still_a_crowd(
    region: Region,
    time: Time,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = [new_server(f"s{number}") for number in range(4)]
    for server in servers:
        ask(server, "stop", time)
    send.drain(region.id, "stop")
    monkeypatch.setattr(cadence, "CROWD", 3)
    Operation.objects.filter(server=servers[0]).update(state="succeeded", finished_at=time.moment)
    assert look.crowd(region)
    monkeypatch.setattr(cadence, "CROWD", 4)
    assert not look.crowd(region)


def test_a_crowd_is_looked_at_by_pages_and_not_one_by_one(
    region: Region,
    time: Time,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = [new_server(f"s{number}") for number in range(12)]
    monkeypatch.setattr(look, "MOST_BY_ID", 10)
    for server in servers:
        ask(server, "stop", time)
    send.drain(region.id, "stop")
    ec2.asked.clear()
    for _ in range(40):
        time.forward(1)
        look.look_at(region.id)
    assert not Server.objects.exclude(observed_state="stopped").exists()
    assert set(ec2.asked[:3]) == {"all_statuses"}
    assert len(ec2.asked) <= 20


def test_a_few_hundred_of_many_servers_are_asked_for_by_id_when_that_takes_fewer_requests(
    region: Region, time: Time, ec2: WorldEc2, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"i-{number}" for number in range(250)]
    assert look.dearer(ids, region)
    monkeypatch.setattr(look, "PAGE", 1)
    Server.objects.bulk_create(
        Server(workspace=region.workspace, region=region, instance_id=name) for name in ids
    )
    assert not look.dearer(ids, region)


def test_a_walk_through_many_pages_keeps_its_lease_and_one_that_lost_it_writes_nothing(
    region: Region, time: Time, ec2: WorldEc2, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(*, turned: Callable[[], None]) -> list[gateway.SeenStatus]:
        for _ in range(4):
            time.forward(10)
            turned()
            assert look.claim(region.id) is None
        return [gateway.SeenStatus(server.instance_id, "stopped")]

    monkeypatch.setattr(ec2, "all_statuses", walk)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert (server.observed_state, region.look_lease_until) == ("stopped", None)

    def slow(*, turned: Callable[[], None]) -> list[gateway.SeenStatus]:
        Region.objects.update(look_lease_until=time.forward(20) + look.LEASE)
        turned()
        return [gateway.SeenStatus(server.instance_id, "running")]

    monkeypatch.setattr(ec2, "all_statuses", slow)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert server.observed_state == "stopped"
    assert region.look_lease_until is not None


def test_what_is_sent_while_a_look_runs_moves_the_next_one_forward(
    region: Region, time: Time, ec2: WorldEc2, server: Server
) -> None:
    look_now(region)
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    region.refresh_from_db()
    assert region.next_look_at == time.moment + look.FIRST_LOOK
