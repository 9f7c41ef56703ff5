"""What becomes of the operations of a call that AWS refused, or that was never written. Pure.

Whom the message names is to blame, and the others go again at once, in one request. When it names nobody and
one of them may have spoilt it for all, the call is halved until that one stands alone. EC2 may name only the
first of many: what was refused again goes on in halves. It knows no table and no clock.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import uniform

from scheduler.ec2 import gateway
from shared.errors import CredentialUnusable

Trouble = gateway.CloudError | CredentialUnusable
Jitter = Callable[[float, float], float]
AT_ONCE = timedelta()
HALVES = 2
# Calls this far apart may give their halves the same instant.
FAR_APART = 100_000
# The least and the most seconds before the next try, and what is said meanwhile.
PUT_OFF: dict[type[Exception], tuple[float, float, str]] = {
    gateway.Throttled: (2.0, 60.0, "throttled"),
    gateway.NotNow: (3.0, 15.0, "refused"),
    gateway.NoCapacity: (60.0, 300.0, "no_capacity"),
    gateway.NotSent: (0.1, 1.0, ""),
    gateway.Unreachable: (1.0, 30.0, "unreachable"),
}
UNKNOWN_ID = (5.0, 10.0)
REASONS: dict[type[Exception], str] = {
    CredentialUnusable: "credential_unusable",
    gateway.BadIds: "instance_not_found",
    gateway.Denied: "denied",
    gateway.NoCapacity: "insufficient_capacity",
    gateway.Refused: "refused",
    gateway.Throttled: "throttled",
    gateway.Unreachable: "unreachable",
}
# EC2 has one code for many impossibilities; its sentence tells them apart.
IMPOSSIBLE = (
    (
        "OperationNotPermitted",
        re.compile("disableApiStop|may not be stopped"),
        "stop_protected",
    ),
    ("UnsupportedOperation", re.compile("one-time", re.IGNORECASE), "one_time_spot"),
    ("UnsupportedOperation", re.compile("root device|instance.store", re.IGNORECASE), "instance_store"),
)
# Says that the action is denied as such, not on a resource.
OF_THE_ACCOUNT = re.compile(r"not authorized to perform: \S+ (?:because|with)\b")


@dataclass(frozen=True, slots=True)
class Member:
    """One operation of the call. `apart`: it was told apart from others before."""

    id: int
    instance_id: str
    attempt: int = 1
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of some members. `wait` None: they end with `reason`.

    Otherwise they are tried again after `wait`, `at_least` at the soonest, and `reason` is their end should
    their time be over by then; `waiting` is why they wait, empty when they go at once. `apart`: only with
    those of the same instant. `step` is what is written down of it.
    """

    members: tuple[int, ...]
    reason: str
    wait: timedelta | None = None
    at_least: timedelta = AT_ONCE
    waiting: str = ""
    apart: bool = False
    step: str = ""


def fates(
    error: Trouble,
    members: Sequence[Member],
    *,
    call: int,
    hibernating: bool = False,
    jitter: Jitter = uniform,
) -> list[Fate]:
    """A fate for every member of that call; `hibernating`: it asked for that."""
    to_blame = blamed(error, members)
    if not to_blame and len(members) > 1 and one_of_many(error):
        return halves(error, members, call=call)
    own = to_blame or members
    owned = set(ids(own))
    rest = [each for each in members if each.id not in owned]
    found = fate_of(error, own, many=len(members) > 1, hibernating=hibernating, jitter=jitter)
    return [*found, *go_on(error, rest, call=call)]


def blamed(error: Trouble, members: Sequence[Member]) -> list[Member]:
    """Those whom AWS names as the reason."""
    named = error.ids if isinstance(error, gateway.Refused) else frozenset[str]()
    return [each for each in members if each.instance_id in named]


def one_of_many(error: Trouble) -> bool:
    """Whether one member may have spoilt the whole call without being named."""
    if isinstance(error, gateway.Denied):
        return error.code == "UnauthorizedOperation" and not OF_THE_ACCOUNT.search(str(error))
    kinds = gateway.NotNow | gateway.Impossible | gateway.NoCapacity | gateway.BadIds
    return isinstance(error, kinds) or type(error) is gateway.Refused


def go_on(error: Trouble, rest: Sequence[Member], *, call: int) -> list[Fate]:
    """Those whom nothing is held against: together, and in halves when they were sent on before."""
    if len(rest) > 1 and all(each.apart for each in rest):
        return halves(error, rest, call=call)
    return apart(error, [rest] if rest else [], call=call, step="sent_again")


def halves(error: Trouble, members: Sequence[Member], *, call: int) -> list[Fate]:
    middle = (len(members) + 1) // HALVES
    return apart(error, [members[:middle], members[middle:]], call=call, step="halved")


def apart(error: Trouble, groups: Sequence[Sequence[Member]], *, call: int, step: str) -> list[Fate]:
    """All go at once, but not together: each group has an instant of its own, made of the call's number."""
    first = HALVES * (call % FAR_APART) + 1
    return [
        Fate(ids(group), reason_of(error), wait=-timedelta(microseconds=hair), apart=True, step=step)
        for hair, group in enumerate(groups, start=first)
    ]


def at_once(error: Trouble, members: Sequence[Member], *, step: str) -> list[Fate]:
    return [Fate(ids(members), reason_of(error), wait=AT_ONCE, step=step)] if members else []


def fate_of(
    error: Trouble, members: Sequence[Member], *, many: bool, hibernating: bool, jitter: Jitter
) -> list[Fate]:
    """What becomes of those to blame, or of all when it is nobody's fault."""
    if hibernating and refuses_hibernation(error):
        return at_once(error, members, step="hibernate_refused")
    if type(error) in PUT_OFF:
        return [put_off(error, members, jitter=jitter)]
    if isinstance(error, gateway.BadIds) and error.code != "InvalidInstanceID.Malformed":
        return once_more(error, members, many=many, jitter=jitter)
    return end(error, members, many=many)


def end(error: Trouble, members: Sequence[Member], *, many: bool) -> list[Fate]:
    return [Fate(ids(members), reason_of(error), step="dropped" if many else "")] if members else []


def put_off(error: Trouble, members: Sequence[Member], *, jitter: Jitter) -> Fate:
    """Full jitter between the least and the most, doubling with every attempt."""
    least, most, waiting = PUT_OFF[type(error)]
    attempt = max(each.attempt for each in members)
    seconds = least + jitter(0.0, min(most, least * 2 ** min(attempt, 16)) - least)
    step = "put_off" if waiting else "frozen"
    wait, at_least = timedelta(seconds=seconds), timedelta(seconds=least)
    return Fate(ids(members), reason_of(error), wait=wait, at_least=at_least, waiting=waiting, step=step)


def once_more(error: Trouble, members: Sequence[Member], *, many: bool, jitter: Jitter) -> list[Fate]:
    """EC2 may forget an instance for a moment (eventual consistency): the second time is believed."""
    first = [each for each in members if not each.apart]
    wait = timedelta(seconds=jitter(*UNKNOWN_ID))
    again = Fate(ids(first), reason_of(error), wait=wait, waiting="refused", apart=True, step="put_off")
    return [*([again] if first else []), *end(error, [each for each in members if each.apart], many=many)]


def refuses_hibernation(error: Trouble) -> bool:
    if not isinstance(error, gateway.Impossible):
        return False
    return error.code == "UnsupportedHibernationConfiguration" or "hibernat" in str(error).lower()


def reason_of(error: Trouble) -> str:
    """The reason of an operation that ends with this."""
    if isinstance(error, gateway.Impossible):
        text = str(error)
        told = (why for code, words, why in IMPOSSIBLE if code == error.code and words.search(text))
        return next(told, "refused")
    return REASONS.get(type(error), "gave_up")


def words(error: Trouble) -> str:
    """AWS's own words with its code, short enough for a line; ours where AWS was not asked."""
    code = error.code if isinstance(error, gateway.CloudError) else ""
    text = str(error).strip().rstrip(".")[:300]
    return f"{code}: {text}." if code and code not in text else f"{text}."


def ids(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(each.id for each in members)
