"""EC2 through a keyhole: what the scheduler needs of AWS, and nothing more.

No boto type crosses this line. `boto` implements it against AWS or anything that speaks its protocol. It
knows neither Django nor the clock.

CloudError
├── Refused              AWS said no, and nothing was done; `ids` are the instances its message names
│   ├── Denied           bad credentials or a missing permission; the account's trouble, not the server's
│   ├── Throttled        RequestLimitExceeded and its kin; try again later
│   ├── NotNow           IncorrectInstanceState: the instance is on its way somewhere; try again soon
│   ├── NoCapacity       no room, or a quota that is used up; try again in minutes
│   ├── BadIds           these instance ids do not exist here; the others were not touched
│   └── Impossible       stop protection, one-time spot, instance-store root, ...; trying again is no use
├── Unanswered           time-out, reset, 5xx, unreadable answer: it may or may not have been done
└── NotSent              our own guard stopped the request before it was written; nothing was done
    └── Unreachable      no connection to AWS: nothing was written
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

# Codes of Denied that say that a session is over, or a clock is wrong: with a new session it may be allowed.
STALE_SESSION = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


class CloudError(Exception):
    """AWS did not do what was asked. `code` is AWS's own error code where there is one."""

    def __init__(self, message: str, *, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class Refused(CloudError):
    """AWS said no, and nothing was done. `ids`: those asked for that its message names, often none."""

    def __init__(
        self, message: str, *, ids: frozenset[str] = frozenset(), code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.ids = ids


class Denied(Refused):
    """These credentials may not do this."""


class Throttled(Refused):
    """Too many requests for this account and region."""


class NotNow(Refused):
    """The instance is in a state that does not allow this yet."""


class NoCapacity(Refused):
    """EC2 has no room for this instance type now, or the account may run no more."""


class BadIds(Refused):
    """Some ids are unknown; `ids` names them. Nothing was done to the others either."""


class Impossible(Refused):
    """This instance can never be asked that."""


class Unanswered(CloudError):
    """No readable answer: it may or may not have been done."""


class NotSent(CloudError):
    """The request was stopped before it was written."""


class Unreachable(NotSent):
    """AWS could not be connected to."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Something AWS will do to an instance itself; `code` is EC2's, e.g. instance-stop or system-reboot."""

    code: str
    description: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenStatus:
    """One instance's state and status checks, as DescribeInstanceStatus told them.

    `checks` is EC2's word for the instance check, one of ok, impaired, initializing, insufficient-data and
    not-applicable. `planned` leaves out what is over, which EC2 goes on naming for a week.
    """

    instance_id: str
    state: str
    checks: str = "not-applicable"
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenServer:
    """One instance as DescribeInstances told it. `flags` holds what decides whether it can be scheduled."""

    instance_id: str
    state: str
    name: str = ""
    type: str = ""
    availability_zone: str = ""
    private_ip: str = ""
    public_ip: str = ""
    launched_at: datetime | None = None
    state_reason: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    flags: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """EC2 accepted a mutation. `states` is what it said each instance is in now (empty for a reboot)."""

    request_id: str
    states: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom AWS takes us for."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Series:
    """One CloudWatch metric of one instance; moments ascending."""

    instance_id: str
    name: str
    unit: str
    points: tuple[tuple[datetime, float], ...]


def nothing() -> None:
    """What a walk through pages does between them when nobody cares."""


class Ec2(Protocol):
    """One account in one region. Every method may raise CloudError."""

    def statuses(self, ids: Sequence[str]) -> list[SeenStatus]:
        """State and checks of these instances (at most 100). BadIds names the unknown ones."""

    def all_statuses(self, *, turned: Callable[[], None] = nothing) -> list[SeenStatus]:
        """State and checks of every instance of the region. `turned` is called after each page."""

    def servers(self, ids: Sequence[str] = (), *, turned: Callable[[], None] = nothing) -> list[SeenServer]:
        """Every instance of the region, or those of `ids` that exist, with all their details."""

    def act(
        self,
        action: str,
        ids: Sequence[str],
        *,
        call: int,
        options: dict[str, object],
        guard: Callable[[], None],
    ) -> Answer:
        """One Start-, Stop- or RebootInstances request; `guard` runs right before the socket is written.

        `call` travels in the User-Agent as `cloudevy-call/<id>`; a NotSent from `guard` stops the request.
        """

    def whoami(self) -> Identity:
        """STS GetCallerIdentity."""

    def cpu(self, ids: Sequence[str], *, start: datetime, end: datetime, period: int) -> list[Series]:
        """CPUUtilization averages of up to 500 instances in `period`-second steps."""
