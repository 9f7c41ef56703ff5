"""Answers that are not what they seem: given twice, empty, a server missing or another in its place."""

from typing import Any

import pytest

from simulator.describe import Question, instances, statuses
from simulator.errors import AwsError
from simulator.pages import Page
from simulator.tests.support import CALLER, Running, Time, name_of, server, states, world_of
from simulator.world import World

ONE = [name_of(1)]


def script(world: World, kind: str, **fault: Any) -> None:
    world.faults.add({"kind": kind, **fault}, now=world.clock())


def numbers(page: Page) -> list[int]:
    return [int(it.instance_id.partition("-")[2], 16) for it, _ in page.rows]


def walk(world: World, size: int) -> list[list[int]]:
    found: list[list[int]] = []
    token: str | None = None
    while len(found) < 20:
        page = instances(world, CALLER, Question(max_results=size, token=token))
        found.append(numbers(page))
        if page.token is None:
            break
        token = page.token
    return found


def test_a_page_may_be_given_twice(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(12)))
    script(world, "duplicate_pages", count=1, skip=1)
    assert walk(world, 5) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [5, 6, 7, 8, 9], [10, 11]]


def test_a_walk_ends_even_when_every_page_is_given_twice(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(7)))
    script(world, "duplicate_pages")
    assert walk(world, 5) == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [5, 6, 5, 6]]


def test_rows_of_a_single_answer_may_be_given_twice(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    script(world, "duplicate_pages", action="DescribeInstanceStatus")
    assert numbers(statuses(world, CALLER, Question(ids=ONE))) == [1, 1]
    assert numbers(instances(world, CALLER, Question())) == [1, 2]


def test_a_page_may_be_empty_and_promise_more(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(7)))
    script(world, "empty_pages")
    assert walk(world, 5) == [[], [0, 1, 2, 3, 4], [], [5, 6]]
    assert len(instances(world, CALLER, Question()).rows) == 7


def test_boto3s_paginator_survives_pages_given_twice_and_empty_ones(simulator: Running) -> None:
    world = simulator.simulation.world
    for number in range(12):
        world.add(server(number, now=world.clock()))
    for kind, sizes in (("duplicate_pages", [5, 5, 5, 5, 4]), ("empty_pages", [0, 5, 0, 5, 0, 2])):
        simulator.control("DELETE", "/_sim/faults")
        simulator.control("POST", "/_sim/faults", {"kind": kind})
        walked = simulator.client("ec2").get_paginator("describe_instances")
        pages = walked.paginate(PaginationConfig={"PageSize": 5})
        assert [len(page["Reservations"]) for page in pages] == sizes


def test_an_answer_may_leave_a_server_out_without_a_word(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    script(world, "omit", instance=name_of(1))
    assert numbers(instances(world, CALLER, Question())) == [2]
    assert numbers(statuses(world, CALLER, Question(ids=ONE))) == []
    told = world.stop(CALLER, [name_of(1), name_of(2)])
    assert [change.instance_id for change in told] == [name_of(2)]
    assert states(world, 1, 2) == ["stopping", "stopping"]
    assert set(world.ledger.read()[0]["effects"]) == {name_of(1), name_of(2)}


def test_an_answer_may_name_another_server_than_was_asked_for(time: Time) -> None:
    world = world_of(time, server(1), server(2, "stopped"))
    script(world, "wrong_instance", instance=name_of(1))
    rows = instances(world, CALLER, Question(ids=ONE)).rows
    assert [(it.instance_id, view.state) for it, view in rows] == [(name_of(2), "stopped")]
    assert [change.instance_id for change in world.stop(CALLER, ONE)] == [name_of(2)]
    assert states(world, 1, 2) == ["stopping", "stopped"]
    assert set(world.ledger.read()[0]["effects"]) == {name_of(1)}


def test_where_a_server_is_alone_the_other_one_does_not_exist(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "wrong_instance")
    rows = instances(world, CALLER, Question(ids=ONE)).rows
    assert [it.instance_id for it, _ in rows] == [name_of(0)]
    assert world.instance(name_of(0)) is None


def test_the_order_of_the_rows_may_vary_and_each_is_there_once(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(40)), order_varies=True)
    first, second = (numbers(instances(world, CALLER, Question())) for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == list(range(40))
    assert [sorted(page) for page in walk(world, 20)] == [list(range(20)), list(range(20, 40))]


def test_the_state_code_may_carry_a_high_byte_and_the_name_stays(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock()))
    client = simulator.client("ec2")
    described = client.describe_instances()["Reservations"][0]["Instances"][0]["State"]
    assert described == {"Code": 16, "Name": "running"}
    simulator.control("POST", "/_sim/settings", {"state_code_high": 1})
    described = client.describe_instances()["Reservations"][0]["Instances"][0]["State"]
    status = client.describe_instance_status()["InstanceStatuses"][0]["InstanceState"]
    stopped = client.stop_instances(InstanceIds=ONE)["StoppingInstances"][0]["CurrentState"]
    assert (described, status) == ({"Code": 272, "Name": "running"},) * 2
    assert stopped == {"Code": 256 + 64, "Name": "stopping"}
    simulator.control("POST", "/_sim/settings", {"state_code_high": 0})


@pytest.mark.parametrize("describe", [instances, statuses])
def test_an_outage_of_a_zone_fails_every_describe_that_could_touch_it(time: Time, describe: Any) -> None:
    world = world_of(time, server(1), server(2, zone="eu-central-1b"))
    script(world, "zone_down", zone="eu-central-1b", duration=60)

    def outcome(**question: Any) -> str:
        try:
            return f"{len(describe(world, CALLER, Question(**question)).rows)} rows"
        except AwsError as error:
            return error.code

    assert outcome() == outcome(max_results=5) == outcome(ids=[name_of(2)]) == "Unavailable"
    assert outcome(ids=ONE) == "1 rows"
    time.pass_by(60)
    assert outcome() == "2 rows"
