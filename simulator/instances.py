"""One server: what it is, and its timeline, which is past, present and near future in one list.

A transition is written down whole when it begins (`stopping` now, `stopped` at its end), so reading the state
at any moment needs no timer. Must not know who may change it, nor any rule of EC2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

STATE_CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """EC2's StateReason."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class View:
    """What EC2 knows of a server at a moment. `note` is StateTransitionReason, `checks` the status checks."""

    state: str
    launched_at: float
    reason: Reason | None = None
    note: str = ""
    checks: str = "ok"
    public_ip: str | None = None


@dataclass(slots=True)
class Instance:
    """A server of one account in one AWS region."""

    instance_id: str
    account: str
    region: str
    zone: str
    kind: str = "t3.micro"
    image: str = "ami-0abcdef1234567890"
    tags: dict[str, str] = field(default_factory=dict)
    private_ip: str = "10.0.0.10"
    elastic_ip: str | None = None
    lifecycle: str | None = None
    spot_persistent: bool = False
    root_device: str = "ebs"
    root_device_name: str = "/dev/xvda"
    hibernation: bool = False
    hibernation_fails: bool = False
    stop_protected: bool = False
    termination_protected: bool = False
    shutdown_behavior: str = "stop"
    platform: str = "Linux/UNIX"
    architecture: str = "x86_64"
    detailed_monitoring: bool = False
    operator: str | None = None
    tenancy: str = "default"
    cpu_credits: str = "standard"
    kms_denied: bool = False
    capacity_block_ended: bool = False
    start_seconds: float | None = None
    stop_seconds: float | None = None
    events: list[dict[str, str]] = field(default_factory=list)
    index: int = 0
    timeline: list[tuple[float, View]] = field(default_factory=list)
    rendered: dict[str, tuple[View, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.tags.get("Name", "")

    @property
    def arn(self) -> str:
        return f"arn:aws:ec2:{self.region}:{self.account}:instance/{self.instance_id}"

    def view(self, at: float) -> View:
        """The state at a moment; before the first entry, the first one."""
        return self.entry(at)[1]

    def entry(self, at: float) -> tuple[float, View]:
        """The moment since which the view at `at` holds, and that view."""
        for entry in reversed(self.timeline):
            if entry[0] <= at:
                return entry
        return self.timeline[0]

    def begin(self, now: float, steps: Iterable[tuple[float, View]]) -> None:
        """Replaces the future: what was to come after `now` no longer will."""
        past = [entry for entry in self.timeline if entry[0] <= now]
        self.timeline = [*past[-_KEPT:], *steps]


def check_status(view: View) -> str:
    """The value both status checks show for a view."""
    return view.checks if view.state == "running" else "not-applicable"
