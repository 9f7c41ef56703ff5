"""CloudWatch's GetMetricData in AWS JSON 1.0, which is what boto3 sends: CPU figures that follow the state.

Must not know how a caller was recognised.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from simulator.calls import Caller
from simulator.errors import AwsError
from simulator.instances import Instance
from simulator.world import World

_MOST_QUERIES = 500
_MOST_POINTS = 100_800
_MINUTE = 60
_BOOT_SECONDS = 300
_SHORTEST = {True: _MINUTE, False: 5 * _MINUTE}


def answer(world: World, caller: Caller, action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON answer of an action."""
    if action != "GetMetricData":
        raise AwsError("UnknownOperationException", f"The operation {action} is not known here.")
    call = caller.asks(action, world.clock())
    world.admit(call, caller)
    queries = asked.get("MetricDataQueries")
    if not isinstance(queries, list) or not 1 <= len(queries) <= _MOST_QUERIES:
        raise _invalid("MetricDataQueries", f"must have 1 to {_MOST_QUERIES} members")
    begin, end = _moment(asked, "StartTime"), _moment(asked, "EndTime")
    if begin >= end:
        raise _invalid("StartTime", "must be less than EndTime")
    newest_first = asked.get("ScanBy", "TimestampDescending") != "TimestampAscending"
    shown = {it.instance_id: it for it in world.visible(call)}
    return {
        "MetricDataResults": [_result(shown, one, begin, min(end, call.at), newest_first) for one in queries],
        "Messages": [],
    }


def _result(
    shown: Mapping[str, Instance], one: Mapping[str, Any], begin: float, end: float, newest_first: bool
) -> dict[str, Any]:  # fmt: skip
    try:
        stat = one["MetricStat"]
        metric, period, key = stat["Metric"], int(stat["Period"]), one["Id"]
        names = {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions", ())}
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid("MetricDataQueries", f"lacks a part of Id and MetricStat: {error!r}") from error
    if period <= 0 or period % _MINUTE or (end - begin) / period > _MOST_POINTS:
        raise _invalid("Period", "must be a multiple of 60 and give at most 100,800 points")
    instance = shown.get(names.get("InstanceId", ""))
    known = metric.get("Namespace") == "AWS/EC2" and metric.get("MetricName") == "CPUUtilization"
    points = _points(instance, begin, end, period) if instance and known else []
    points.sort(reverse=newest_first)
    return {
        "Id": key,
        "Label": one.get("Label", metric.get("MetricName", "")),
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def _points(instance: Instance, begin: float, end: float, period: int) -> list[tuple[float, float]]:
    """One point per period in which the server ran; a point appears when its period is over."""
    step = max(period, _SHORTEST[instance.detailed_monitoring])
    first = math.ceil(begin / step) * step
    moments = range(int(first), int(end - step) + 1, step)
    return [(float(at), _cpu(instance, at)) for at in moments if instance.view(at + step).state == "running"]


def _cpu(instance: Instance, at: float) -> float:
    """A believable per cent: a base of its own, a slow wave, some noise, and a peak while booting."""
    base = 4 + _share(instance.instance_id) * 30
    wave = 0.5 * base * math.sin(at / 5400 + 7 * _share(instance.instance_id + "wave"))
    noise = 6 * _share(f"{instance.instance_id}{int(at) // _MINUTE}")
    boot = 35 if 0 <= at - instance.view(at).launched_at < _BOOT_SECONDS else 0
    return round(min(99.0, max(0.3, base + wave + noise + boot)), 3)


def _share(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**32


def _moment(asked: Mapping[str, Any], name: str) -> float:
    value = asked.get(name)
    if not isinstance(value, int | float):
        raise _invalid(name, "is required")
    return float(value)


def _invalid(parameter: str, problem: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"The parameter {parameter} {problem}.")
