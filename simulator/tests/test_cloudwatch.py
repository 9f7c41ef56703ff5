"""CPU figures that follow a server's state, through boto3."""

from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.tests.support import Running, name_of, server


def asked(number: int, period: int = 300, name: str = "CPUUtilization") -> dict[str, Any]:
    metric = {"Namespace": "AWS/EC2", "MetricName": name,
              "Dimensions": [{"Name": "InstanceId", "Value": name_of(number)}]}  # fmt: skip
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Average"}}


def series(
    simulator: Running, *queries: dict[str, Any], minutes: int = 60
) -> dict[str, list[tuple[float, float]]]:
    now = simulator.simulation.world.clock()
    answer = simulator.client("cloudwatch").get_metric_data(
        StartTime=now - 60 * minutes,
        EndTime=now,
        MetricDataQueries=list(queries),
        ScanBy="TimestampAscending",
    )
    return {
        one["Id"]: [
            (at.timestamp(), value) for at, value in zip(one["Timestamps"], one["Values"], strict=True)
        ]
        for one in answer["MetricDataResults"]
    }


@pytest.fixture
def fleet(simulator: Running) -> Running:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock(), minutes=600))
    world.add(server(2, "stopped", now=world.clock(), minutes=600))
    world.add(server(3, now=world.clock(), minutes=20))
    world.add(server(4, now=world.clock(), minutes=600, detailed_monitoring=True))
    return simulator


def test_a_running_server_has_a_point_every_five_minutes_between_0_and_100(fleet: Running) -> None:
    points = series(fleet, asked(1))["m1"]
    assert 10 <= len(points) <= 12
    assert {after - before for (before, _), (after, _) in pairwise(points)} == {300.0}
    assert all(at % 300 == 0 and 0 < value < 100 for at, value in points)


def test_detailed_monitoring_has_a_point_every_minute(fleet: Running) -> None:
    assert 57 <= len(series(fleet, asked(4, period=60))["m4"]) <= 60


def test_a_stopped_server_has_no_points_and_a_young_one_only_since_it_runs(fleet: Running) -> None:
    found = series(fleet, asked(2), asked(3))
    assert found["m2"] == []
    assert 2 <= len(found["m3"]) <= 5


def test_the_same_question_gets_the_same_figures(fleet: Running) -> None:
    assert series(fleet, asked(1)) == series(fleet, asked(1))


def test_a_metric_or_server_it_does_not_have_is_an_empty_series(fleet: Running) -> None:
    assert series(fleet, asked(9), asked(1, name="NetworkIn")) == {"m9": [], "m1": []}


@pytest.mark.parametrize(
    "bad",
    [
        {"MetricDataQueries": []},
        {"MetricDataQueries": [asked(1)] * 501},
        {"MetricDataQueries": [asked(1, period=61)]},
        {"MetricDataQueries": [asked(1, period=0)]},
        {"MetricDataQueries": [{"Id": "m1"}]},
        {"StartTime": 10, "EndTime": 10},
    ],
)
def test_what_cloudwatch_forbids_is_an_invalid_parameter(fleet: Running, bad: dict[str, Any]) -> None:
    wanted = {"StartTime": 1_795_000_000, "EndTime": 1_795_003_600, "MetricDataQueries": [asked(1)]} | bad
    with pytest.raises(ClientError) as refused:
        fleet.client("cloudwatch").get_metric_data(**wanted)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
