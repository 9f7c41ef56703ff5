"""What AWS does by itself, later: planned events, and an Auto Scaling group that replaces a stopped member.

Sources: EC2 user guide, scheduled events; API reference, InstanceStatusEvent; Auto Scaling user guide, health
checks. Must not know who asks the world anything.
"""

import heapq
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random
from time import gmtime, strftime

from simulator.instances import Instance, View
from simulator.ledger import Change
from simulator.power import Power
from simulator.reasons import SCHEDULED_STOP

GROUP_TAG = "aws:autoscaling:groupName"
EVENTS = {
    "instance-stop": "The instance is running on degraded hardware",
    "instance-retirement": "The instance is running on degraded hardware",
    "instance-reboot": "The instance is scheduled for a reboot",
    "system-reboot": "The host is scheduled for a reboot",
    "system-maintenance": "The host is scheduled for maintenance",
}
COMPLETED = "[Completed] "
_WEEK = 7 * 86400.0


class Agenda:
    """What is to happen at which moment of the world's clock; whoever looks at it has it done first."""

    def __init__(self) -> None:
        self._ahead: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()

    def add(self, at: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._ahead, (at, next(self._numbers), act))

    def catch_up(self, now: float) -> None:
        """Does all that is due, each at its own moment, oldest first."""
        while self._ahead and self._ahead[0][0] <= now:
            at, _, act = heapq.heappop(self._ahead)
            act(at)


def announce(instance: Instance, code: str, *, number: int, at: float) -> dict[str, str]:
    """Writes a planned event on a server. KeyError for a code that EC2 does not have."""
    event = {
        "instance_event_id": f"instance-event-{number:017x}",
        "code": code,
        "description": EVENTS[code],
        "not_before": strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(at)),
    }
    _set_events(instance, [*instance.events, event])
    return event


def carry_out(power: Power, instance: Instance, event: dict[str, str], at: float) -> Change | None:
    """The moment of an event: the server is stopped, rebooted or left alone, and the event is completed."""
    done = event | {"description": COMPLETED + event["description"]}
    _set_events(instance, [done if one is event else one for one in instance.events])
    if instance.view(at).state != "running":
        return None
    if event["code"] in ("instance-stop", "instance-retirement"):
        end = power.stop if instance.root_device == "ebs" else power.terminate
        return end(instance, at, reason=SCHEDULED_STOP)
    return power.reboot(instance, at) if event["code"].endswith("reboot") else None


def forget(instance: Instance, event: dict[str, str]) -> None:
    """A completed event is described for up to a week (API reference)."""
    kept = [one for one in instance.events if one["instance_event_id"] != event["instance_event_id"]]
    _set_events(instance, kept)


def forgotten_at(at: float) -> float:
    return at + _WEEK


def successor(instance: Instance, random: Random, *, at: float) -> Instance:
    """The server a group makes in the place of one that it found not running."""
    before = View("stopped", at)
    return replace(
        instance,
        instance_id=f"i-{random.getrandbits(68):017x}",
        private_ip=f"10.99.{random.randrange(256)}.{random.randrange(4, 250)}",
        elastic_ip=None,
        tags=dict(instance.tags),
        events=[],
        timeline=[(at, before)],
        rendered={},
    )


def _set_events(instance: Instance, events: list[dict[str, str]]) -> None:
    instance.events = events
    instance.rendered.clear()
