"""CloudWatch's GetMetricData in AWS JSON 1.0, which is what boto3 sends: CPU figures that follow a server's state.

Must not know how a caller was recognised.
"""

import math
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from simulator.errors import AwsError
from simulator.instances import Instance
from simulator.world import Caller, World

_MOST_QUERIES = 500
_MOST_POINTS = 100_800
_SHORTEST = {True: 60, False: 300}


def answer(world: World, caller: Caller, target: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `GraniteServiceVersion20100801.<target>`."""
    action = target.rpartition(".")[2]
    if action != "GetMetricData":
        raise AwsError("UnknownOperationException", f"The operation {action} is not known here.")
    now = world.clock()
    world.admit(caller, action, now=now)
    queries = asked.get("MetricDataQueries")
    if not isinstance(queries, list) or not 1 <= len(queries) <= _MOST_QUERIES:
        raise _invalid(f"The parameter MetricDataQueries must have 1 to {_MOST_QUERIES} members.")
    begin, end = _moment(asked, "StartTime"), _moment(asked, "EndTime")
    if begin >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    newest_first = asked.get("ScanBy", "TimestampDescending") != "TimestampAscending"
    shown = world.region(caller, now=now, action=action)
    return {
        "MetricDataResults": [_result(shown, one, begin, min(end, now), newest_first) for one in queries],
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
        raise _invalid(f"A query needs Id and MetricStat with Metric and Period ({error!r}).") from error
    if period < 60 or period % 60 or (end - begin) / period > _MOST_POINTS:
        raise _invalid(f"The Period {period} is not a multiple of 60, or asks for too many points.")
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
    noise = 6 * _share(f"{instance.instance_id}{int(at) // 60}")
    boot = 35 if 0 <= at - instance.view(at).launched_at < 300 else 0
    return round(min(99.0, max(0.3, base + wave + noise + boot)), 3)


def _share(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**32


def _moment(asked: Mapping[str, Any], name: str) -> float:
    value = asked.get(name)
    if not isinstance(value, int | float):
        raise _invalid(f"The parameter {name} is required.")
    return float(value)


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterValue", text)
