"""What an instance is never asked, read from what EC2 tells of it. Pure.

Only certain knowledge refuses: whether a Spot request is one-time, or stop protection is on, is not part of
DescribeInstances and shows in EC2's own refusal. Sources: EC2 API reference of StopInstances and Instance
(RootDeviceType, InstanceLifecycle, Operator), Auto Scaling user guide on health checks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

POWER = frozenset({"start", "stop"})
EVERYTHING = frozenset({"start", "stop", "reboot"})
# Spot instances may be stopped when their request is persistent. Scheduled instances and capacity blocks are
# bought for a fixed time: being off saves nothing, and the capacity may be gone when they are wanted again.
ORDINARY = frozenset({"", "spot"})


@dataclass(frozen=True, slots=True)
class Restriction:
    """`code` is a reason of `shared.operations.reasons`; `lifecycle` fills its sentence."""

    code: str
    actions: frozenset[str]
    lifecycle: str = ""


def restrictions(flags: Mapping[str, object]) -> tuple[Restriction, ...]:
    """Everything that forbids something, the most telling first."""
    lifecycle = str(flags.get("lifecycle", ""))
    found = (
        (bool(flags.get("operator_managed")), Restriction("provider_managed", EVERYTHING)),
        (bool(flags.get("asg")), Restriction("auto_scaling", POWER)),
        (flags.get("root_device_type") == "instance-store", Restriction("instance_store", POWER)),
        (lifecycle not in ORDINARY, Restriction("lifecycle", POWER, lifecycle)),
    )
    return tuple(restriction for holds, restriction in found if holds)


def against(action: str, *, flags: Mapping[str, object]) -> Restriction | None:
    """The first restriction that forbids this action; None when there is none."""
    return next((each for each in restrictions(flags) if action in each.actions), None)
