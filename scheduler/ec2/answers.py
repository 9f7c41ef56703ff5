"""AWS' answers, as the plain dictionaries that botocore parses, turned into our own values. Pure.

It knows neither botocore nor how a request is made.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scheduler.ec2.gateway import Planned, SeenServer, SeenStatus

Row = Mapping[str, Any]


def seen_status(row: Row) -> SeenStatus:
    """One InstanceStatus of DescribeInstanceStatus."""
    checks = row.get("InstanceStatus", {}).get("Status", "not-applicable")
    events = tuple(planned(event) for event in row.get("Events", ()) if not is_over(event))
    return SeenStatus(row["InstanceId"], row["InstanceState"]["Name"], checks, events)


def planned(row: Row) -> Planned:
    """One InstanceStatusEvent."""
    return Planned(row.get("Code", ""), row.get("Description", ""), moment(row.get("NotBefore")))


def is_over(row: Row) -> bool:
    """EC2 marks what is done or was called off in the description (API reference, InstanceStatusEvent)."""
    return str(row.get("Description", "")).startswith(("[Completed]", "[Canceled]"))


def seen_server(row: Row) -> SeenServer:
    """One Instance of DescribeInstances."""
    tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", ())}
    return SeenServer(
        instance_id=row["InstanceId"],
        state=row["State"]["Name"],
        name=tags.get("Name", ""),
        type=row.get("InstanceType", ""),
        availability_zone=row.get("Placement", {}).get("AvailabilityZone", ""),
        private_ip=row.get("PrivateIpAddress", ""),
        public_ip=row.get("PublicIpAddress", ""),
        launched_at=moment(row.get("LaunchTime")),
        state_reason=state_reason(row.get("StateReason", {})),
        tags=tags,
        flags=flags(row, tags=tags),
    )


def flags(row: Row, *, tags: Mapping[str, str]) -> dict[str, object]:
    """What decides whether an instance can be scheduled; what is absent or false is left out."""
    found = {
        "root_device_type": row.get("RootDeviceType"),
        "lifecycle": row.get("InstanceLifecycle"),
        "asg": tags.get("aws:autoscaling:groupName"),
        "operator_managed": row.get("Operator", {}).get("Managed"),
        "hibernation": row.get("HibernationOptions", {}).get("Configured"),
        "virtualization": row.get("VirtualizationType"),
        "detailed_monitoring": row.get("Monitoring", {}).get("State") == "enabled",
    }
    return {key: value for key, value in found.items() if value}


def state_reason(row: Row) -> str:
    """EC2's reason as `Code: sentence`; its message mostly begins with the code already."""
    code, text = row.get("Code", ""), row.get("Message", "")
    return text if text.startswith(code) else f"{code}: {text}".removesuffix(": ")


def moment(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None
