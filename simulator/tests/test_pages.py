"""Describes: pages by servers, filters, and the limits of the API reference."""

from typing import Any

import pytest

from simulator.describe import Question, instances, statuses
from simulator.errors import AwsError
from simulator.pages import Page
from simulator.tests.support import CALLER, Running, Time, name_of, server, world_of
from simulator.world import World


def numbers(page: Page) -> list[int]:
    return [int(it.instance_id.partition("-")[2], 16) for it, _ in page.rows]


def pages(world: World, size: int, **question: Any) -> list[list[int]]:
    found, token = [], None
    while True:
        page = instances(world, CALLER, Question(max_results=size, token=token, **question))
        found.append(numbers(page))
        if page.token is None:
            return found
        token = page.token


def test_pages_count_servers_and_hold_each_once(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(12)))
    assert pages(world, 5) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]


def test_a_full_last_page_has_no_token(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(10)))
    assert [len(page) for page in pages(world, 5)] == [5, 5]


def test_pages_count_after_the_filter(time: Time) -> None:
    world = world_of(time, *(server(n, "stopped" if n % 2 else "running") for n in range(14)))
    question = {"filters": [("instance-state-name", ["stopped"])]}
    assert pages(world, 5, **question) == [[1, 3, 5, 7, 9], [11, 13]]


def test_a_server_that_goes_between_two_pages_does_not_shift_the_rest(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(10)))
    first = instances(world, CALLER, Question(max_results=5))
    gone = world.instance(name_of(2))
    assert gone is not None
    world.remove(gone)
    assert numbers(instances(world, CALLER, Question(max_results=5, token=first.token))) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("tag:team", ["qa"], [1]),
        ("tag:team", ["q?", "web"], [1, 2]),
        ("tag:team", ["*"], [1, 2]),
        ("tag:team", ["[qw]*"], []),
        ("tag-key", ["team"], [1, 2]),
        ("tag:Name", ["server-3"], [3]),
        ("instance-type", ["m5.large"], [2]),
        ("instance-state-name", ["stopped"], [3]),
        ("instance-state-code", ["16"], [1, 2]),
        ("instance-id", [name_of(2), name_of(9)], [2]),
        ("instance-lifecycle", ["spot"], [1]),
    ],
)
def test_a_filter_chooses(time: Time, name: str, values: list[str], found: list[int]) -> None:
    world = world_of(
        time,
        server(1, tags={"team": "qa"}, lifecycle="spot"),
        server(2, tags={"team": "web"}, kind="m5.large"),
        server(3, "stopped"),
    )
    assert numbers(instances(world, CALLER, Question(filters=[(name, values)]))) == found


def test_several_filters_must_all_hold(time: Time) -> None:
    world = world_of(time, server(1, tags={"a": "1"}), server(2, tags={"a": "1", "b": "2"}))
    question = Question(filters=[("tag:a", ["1"]), ("tag:b", ["2"])])
    assert numbers(instances(world, CALLER, question)) == [2]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(ids=[name_of(1)], max_results=5), "InvalidParameterCombination"),
        (Question(max_results=4), "InvalidParameterValue"),
        (Question(max_results=1001), "InvalidParameterValue"),
        (Question(token="nonsense"), "InvalidNextToken"),
        (Question(filters=[("instance-id", [name_of(n) for n in range(201)])]), "FilterLimitExceeded"),
        (Question(ids=[name_of(1), name_of(9)]), "InvalidInstanceID.NotFound"),
        (Question(dry_run=True), "DryRunOperation"),
    ],
)
def test_what_the_reference_forbids_is_refused(time: Time, question: Question, code: str) -> None:
    world = world_of(time, server(1))
    for describe in (instances, statuses):
        with pytest.raises(AwsError, match=f"^{code}"):
            describe(world, CALLER, question)


def test_statuses_take_a_hundred_ids_and_no_more(time: Time) -> None:
    world = world_of(time, *(server(n) for n in range(101)))
    ids = [name_of(n) for n in range(101)]
    assert len(statuses(world, CALLER, Question(ids=ids[:100])).rows) == 100
    with pytest.raises(AwsError, match=r"^InvalidParameterValue"):
        statuses(world, CALLER, Question(ids=ids))


def test_describes_are_counted_per_account_region_and_action(simulator: Running) -> None:
    for region in ("eu-central-1", "eu-central-1", "us-east-1"):
        simulator.client("ec2", region=region).describe_instance_status()
    counted = simulator.control("GET", "/_sim/stats")[1]["calls"]
    assert [(one["region"], one["action"], one["calls"]) for one in counted] == [
        ("eu-central-1", "DescribeInstanceStatus", 2),
        ("us-east-1", "DescribeInstanceStatus", 1),
    ]


def test_a_paginator_of_boto3_sees_every_server_once(simulator: Running) -> None:
    world = simulator.simulation.world
    for number in range(23):
        world.add(server(number, now=world.clock()))
    client = simulator.client("ec2")
    for name, key in (
        ("describe_instances", "Reservations"),
        ("describe_instance_status", "InstanceStatuses"),
    ):
        found = client.get_paginator(name).paginate(PaginationConfig={"PageSize": 10})
        assert [len(page[key]) for page in found] == [10, 10, 3]


def test_a_described_server_carries_what_the_product_reads(simulator: Running) -> None:
    world = simulator.simulation.world
    events = [
        {"code": "instance-stop", "description": "retirement", "not_before": "2026-12-01T00:00:00.000Z"}
    ]
    tags = {"team": 'a & "b" <c>'}
    world.add(
        server(1, now=world.clock(), tags=tags, lifecycle="spot", operator="eks.amazonaws.com", events=events)
    )
    client = simulator.client("ec2")
    shown = client.describe_instances()["Reservations"][0]
    one = shown["Instances"][0]
    assert shown["OwnerId"] == "111122223333"
    assert {tag["Key"]: tag["Value"] for tag in one["Tags"]} == {"Name": "server-1", **tags}
    assert (one["InstanceLifecycle"], one["RootDeviceType"], one["Operator"]["Managed"]) == (
        "spot",
        "ebs",
        True,
    )
    assert one["Placement"]["AvailabilityZone"] == "eu-central-1a"
    status = client.describe_instance_status()["InstanceStatuses"][0]
    assert status["Events"][0]["Code"] == "instance-stop"
    assert status["InstanceStatus"]["Details"] == [{"Name": "reachability", "Status": "passed"}]
