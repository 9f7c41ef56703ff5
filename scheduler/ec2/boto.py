"""EC2, STS and CloudWatch through botocore: the implementation of `gateway.Ec2`.

With `session`, `sending` and `errors` beside it the only place that imports botocore. One method is one
request (or one walk through pages); nothing is retried and nothing is decided here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scheduler.ec2.answers import seen_server, seen_status
from scheduler.ec2.errors import translated
from scheduler.ec2.gateway import (
    STALE_SESSION,
    Answer,
    Denied,
    Ec2,
    Identity,
    Impossible,
    SeenServer,
    SeenStatus,
    Series,
    Throttled,
    Unanswered,
    Unreachable,
    nothing,
)
from scheduler.ec2.sending import sending
from scheduler.ec2.session import Credentials, Place, clients

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_sts import STSClient

__all__ = ["Boto", "Credentials", "client", "opens_to_anybody"]

Request = dict[str, object]
Page = TypeVar("Page")
PAGE: Any = {"PageSize": 1000}
STATUS_IDS = 100
FILTER_IDS = 200
METRIC_IDS = 500
OPTIONS = {"stop": {"force": "Force", "hibernate": "Hibernate"}}


def client(credentials: Credentials, *, region: str, endpoint: str | None) -> Ec2:
    """EC2 as these credentials see it in this region; `endpoint` None is AWS itself. Sends nothing."""
    return Boto(Place(credentials, region, endpoint))


def opens_to_anybody(credentials: Credentials, *, region: str, endpoint: str | None) -> bool:
    """Whether the role can be assumed without the external ID; then it does not protect its owner."""
    try:
        clients.assume_without_external_id(Place(credentials, region, endpoint))
    except Denied:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Boto:
    """One account in one region."""

    place: Place

    def statuses(self, ids: Sequence[str]) -> list[SeenStatus]:
        """State and checks of these instances (at most 100). BadIds names the unknown ones."""
        if not ids:
            return []
        if len(ids) > STATUS_IDS:
            raise ValueError(f"DescribeInstanceStatus takes {STATUS_IDS} ids, not {len(ids)}")
        with self.asking(ids):
            answer = self.ec2().describe_instance_status(InstanceIds=list(ids), IncludeAllInstances=True)
            return [seen_status(row) for row in answer["InstanceStatuses"]]

    def all_statuses(self, *, turned: Callable[[], None] = nothing) -> list[SeenStatus]:
        """State and checks of every instance of the region; `turned` is called after each page."""
        with self.asking():
            pages = self.ec2().get_paginator("describe_instance_status")
            walk = pages.paginate(IncludeAllInstances=True, PaginationConfig=PAGE)
            read = turning(walk, turned)
            return [seen_status(row) for page in read for row in page["InstanceStatuses"]]

    def servers(self, ids: Sequence[str] = (), *, turned: Callable[[], None] = nothing) -> list[SeenServer]:
        """Every instance of the region, or those of `ids` that exist, with all their details."""
        if not ids:
            return self.described(turned=turned)
        chunks = (ids[start : start + FILTER_IDS] for start in range(0, len(ids), FILTER_IDS))
        return [server for chunk in chunks for server in self.described(chunk, turned=turned)]

    def described(self, ids: Sequence[str] = (), *, turned: Callable[[], None] = nothing) -> list[SeenServer]:
        wanted: Any = {"Filters": [{"Name": "instance-id", "Values": list(ids)}]} if ids else {}
        with self.asking(ids):
            walk = self.ec2().get_paginator("describe_instances").paginate(**wanted, PaginationConfig=PAGE)
            read = turning(walk, turned)
            reservations = (reservation for page in read for reservation in page["Reservations"])
            return [seen_server(row) for reservation in reservations for row in reservation["Instances"]]

    def act(
        self,
        action: str,
        ids: Sequence[str],
        *,
        call: int,
        options: dict[str, object],
        guard: Callable[[], None],
    ) -> Answer:
        """One Start-, Stop- or RebootInstances request; see the gateway."""
        if not ids:
            raise ValueError("a call without instances")
        extra = named_options(action, options)
        ec2 = self.ec2_or_not_sent()
        with self.asking(ids), sending(call, guard=guard):
            return REQUESTS[action](ec2, {"InstanceIds": list(ids), **extra})

    def whoami(self) -> Identity:
        """STS GetCallerIdentity."""
        with self.asking():
            sts = cast("STSClient", clients.get("sts", place=self.place))
            answer = sts.get_caller_identity()
            return Identity(answer["Account"], answer["Arn"])

    def cpu(self, ids: Sequence[str], *, start: datetime, end: datetime, period: int) -> list[Series]:
        """CPUUtilization averages of up to 500 instances in `period`-second steps."""
        if not ids:
            return []
        if len(ids) > METRIC_IDS:
            raise ValueError(f"GetMetricData takes {METRIC_IDS} queries, not {len(ids)}")
        queries = {f"cpu{number}": instance_id for number, instance_id in enumerate(ids)}
        points: dict[str, list[tuple[datetime, float]]] = {instance_id: [] for instance_id in ids}
        with self.asking():
            for result in self.metric_results(queries, start=start, end=end, period=period):
                moments = (moment.astimezone(UTC) for moment in result["Timestamps"])
                points[queries[result["Id"]]] += zip(moments, result["Values"], strict=True)
        return [series(instance_id, found) for instance_id, found in points.items()]

    def metric_results(
        self, queries: Mapping[str, str], *, start: datetime, end: datetime, period: int
    ) -> Iterator[Mapping[str, Any]]:
        cloudwatch = cast("CloudWatchClient", clients.get("cloudwatch", place=self.place))
        asked: Any = [cpu_query(name, instance_id, period=period) for name, instance_id in queries.items()]
        walk = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=asked, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        )
        return (cast("Mapping[str, Any]", result) for page in walk for result in page["MetricDataResults"])

    def ec2(self) -> "EC2Client":
        return cast("EC2Client", clients.get("ec2", place=self.place))

    def ec2_or_not_sent(self) -> "EC2Client":
        """The client for a mutation: when STS does not answer or is asked too often, it was surely not sent,
        and EC2's own limits had no part in it."""
        try:
            return self.ec2()
        except (Unanswered, Throttled) as error:
            raise Unreachable(str(error), code=error.code, request_id=error.request_id) from error

    @contextmanager
    def asking(self, ids: Sequence[str] = ()) -> Iterator[None]:
        """Errors become ours, and a session AWS calls expired is not used again.

        An answer without its list is unreadable; it must never pass for "no servers".
        """
        try:
            with translated(ids):
                yield
        except KeyError as error:
            raise Unanswered(f"AWS' answer lacks {error}.", code="KeyError") from error
        except Denied as error:
            if error.code in STALE_SESSION:
                clients.forget(self.place.credentials)
            raise


def turning(pages: Iterable[Page], turned: Callable[[], None]) -> Iterator[Page]:
    """The pages of a walk; `turned` is called when one has been read, before the next is asked for."""
    for page in pages:
        yield page
        turned()


def start(ec2: "EC2Client", request: Request) -> Answer:
    answer = ec2.start_instances(**cast("Any", request))
    return accepted(answer, answer.get("StartingInstances", ()))


def stop(ec2: "EC2Client", request: Request) -> Answer:
    answer = ec2.stop_instances(**cast("Any", request))
    return accepted(answer, answer.get("StoppingInstances", ()))


def reboot(ec2: "EC2Client", request: Request) -> Answer:
    return Answer(ec2.reboot_instances(**cast("Any", request))["ResponseMetadata"]["RequestId"])


def accepted(answer: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> Answer:
    """The answer to a start or stop; one that names no instance at all is unreadable."""
    request_id = answer["ResponseMetadata"].get("RequestId", "")
    if not changes:
        raise Unanswered("EC2's answer names no instance.", request_id=request_id)
    return Answer(request_id, {row["InstanceId"]: row["CurrentState"]["Name"] for row in changes})


REQUESTS: dict[str, Callable[["EC2Client", Request], Answer]] = {
    "start": start,
    "stop": stop,
    "reboot": reboot,
}


def named_options(action: str, options: Mapping[str, object]) -> dict[str, object]:
    """Our options in EC2's words."""
    known = OPTIONS.get(action, {})
    if unknown := sorted(set(options) - set(known)):
        raise Impossible(f"EC2 has no option {unknown[0]} for {action}.", code="UnknownOption")
    return {known[name]: value for name, value in options.items()}


def cpu_query(name: str, instance_id: str, *, period: int) -> dict[str, object]:
    metric = {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": instance_id}],
    }
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": period, "Stat": "Average"}}


def series(instance_id: str, points: Sequence[tuple[datetime, float]]) -> Series:
    return Series(instance_id, "CPUUtilization", "Percent", tuple(sorted(points)))
