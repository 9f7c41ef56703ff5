"""What a refusal of AWS's means: whether it passes, after how long, what is said meanwhile, and the reason of
an operation that ends with it. Pure: it knows no table, no clock, and not who else was refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import uniform

from scheduler.ec2 import gateway
from shared.errors import CredentialUnusable

Trouble = gateway.CloudError | CredentialUnusable
Jitter = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Patience:
    """The least and the most seconds before the next try, and what it waits for: a code of WAITING, or
    nothing worth saying. `steady`: the share of the longest wait that it is at least."""

    least: float
    most: float
    waiting: str
    steady: float = 0.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What one code of AWS's means with a sentence like this. Without patience it is final."""

    code: str
    words: re.Pattern[str]
    reason: str
    patience: Patience | None = None


def ground(code: str, words: str, reason: str, patience: Patience | None = None) -> Ground:
    return Ground(code, re.compile(words, re.IGNORECASE), reason, patience)


# Room comes back in minutes; halves that came sooner and sooner would be too many requests.
ROOM = Patience(60.0, 300.0, "no_capacity", steady=0.5)
PATIENCE: dict[type[Exception], Patience] = {
    gateway.Throttled: Patience(2.0, 60.0, "throttled"),
    gateway.NotNow: Patience(3.0, 15.0, "refused"),
    gateway.NoCapacity: ROOM,
    gateway.NotSent: Patience(0.1, 1.0, ""),
    gateway.Unreachable: Patience(1.0, 30.0, "unreachable"),
}
REASONS: dict[type[Exception], str] = {
    CredentialUnusable: "credential_unusable",
    gateway.BadIds: "instance_not_found",
    gateway.Denied: "denied",
    gateway.Impossible: "refused",
    gateway.NoCapacity: "insufficient_capacity",
    gateway.Refused: "refused",
    gateway.Throttled: "throttled",
    gateway.Unreachable: "unreachable",
}
# An instance takes about two minutes after its launch, on Windows five, until it can hibernate
# (EC2 user guide, "Troubleshoot EC2 instance hibernation").
SOON = Patience(30.0, 120.0, "hibernation")
SPOT = Patience(60.0, 300.0, "spot_request", steady=0.5)
QUOTA = Patience(60.0, 300.0, "quota", steady=0.5)
# EC2 has one code for many a thing; its sentence tells them apart.
GROUNDS = (
    ground("OperationNotPermitted", "disableApiStop|may not be stopped", "stop_protected"),
    ground("UnsupportedOperation", "one-time", "one_time_spot"),
    ground("UnsupportedOperation", "root device|instance.store", "instance_store"),
    ground("UnsupportedOperation", "not ready to hibernate", "refused", SOON),
    ground("IncorrectSpotRequestState", "", "gave_up", SPOT),
    ground("InstanceLimitExceeded", "", "quota_used_up", QUOTA),
    ground("VcpuLimitExceeded", "", "quota_used_up", QUOTA),
)
# Whose type and zone EC2 has no room for; the sentence may go on with zones that have some.
POOL = re.compile(
    r"sufficient (?P<type>\S+) capacity in the Availability Zone you requested \((?P<zone>[^)]+)\)"
)
# Says that the action is denied as such, not on a resource.
OF_THE_ACCOUNT = re.compile(r"not authorized to perform: \S+ (?:because|with)\b")


def pause(patience: Patience, attempt: int, *, jitter: Jitter = uniform) -> float:
    """Seconds until the next try: jitter between the least and the most, doubling with every attempt."""
    longest = min(patience.most, patience.least * 2.0 ** min(attempt, 16))
    shortest = max(patience.least, longest * patience.steady)
    return shortest + jitter(0.0, longest - shortest)


def ground_of(error: Trouble) -> Ground | None:
    code, text = getattr(error, "code", ""), str(error)
    return next((each for each in GROUNDS if each.code == code and each.words.search(text)), None)


def patience_of(error: Trouble) -> Patience | None:
    """How long to wait until the next try; None when trying again is no use."""
    found = ground_of(error)
    return found.patience if found else PATIENCE.get(type(error))


def reason_of(error: Trouble) -> str:
    """The reason of an operation that ends with this."""
    found = ground_of(error)
    return found.reason if found else REASONS.get(type(error), "gave_up")


def one_of_many(error: Trouble) -> bool:
    """Whether one member may have spoilt the whole call without being named."""
    if isinstance(error, gateway.Denied):
        return error.code == "UnauthorizedOperation" and not OF_THE_ACCOUNT.search(str(error))
    kinds = gateway.NotNow | gateway.Impossible | gateway.BadIds
    return isinstance(error, kinds) or type(error) is gateway.Refused


def unknown_ids(error: Trouble) -> bool:
    """EC2 does not know these, which may pass; what is malformed will never be known."""
    return isinstance(error, gateway.BadIds) and error.code != "InvalidInstanceID.Malformed"


def over_for_the_session(error: Trouble) -> bool:
    """AWS takes the keys of this session no more; it may take those of a new one."""
    return isinstance(error, gateway.Denied) and error.code in gateway.STALE_SESSION


def refuses_hibernation(error: Trouble) -> bool:
    if not isinstance(error, gateway.Impossible):
        return False
    return error.code == "UnsupportedHibernationConfiguration" or "hibernat" in str(error).lower()


def pool_named(error: Trouble) -> tuple[str, str] | None:
    """The instance type and the zone that EC2 has no room for, when it says so."""
    found = POOL.search(str(error))
    return (found["type"], found["zone"]) if found else None


def words(error: Trouble) -> str:
    """AWS's own words with its code, short enough for a line; ours where AWS was not asked."""
    code = error.code if isinstance(error, gateway.CloudError) else ""
    text = str(error).strip().rstrip(".")[:300]
    return f"{code}: {text}." if code and code not in text else f"{text}."
