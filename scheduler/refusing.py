"""What becomes of the operations of a call that AWS refused, or that was never written. Pure.

Whom the message names is to blame, and the others go again at once, in one request. When it names nobody and
one of them may have spoilt it for all, the call is halved until that one stands alone. EC2 may name only the
first of many: what was refused again goes on in halves. What the refusal itself means is said in `meaning`;
it knows no table and no clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import uniform
from typing import Optional

from scheduler import meaning
from scheduler.ec2 import gateway
from scheduler.meaning import Jitter, Patience, patience_of, pause, reason_of

Trouble = meaning.Trouble
words = meaning.words
AT_ONCE = timedelta()
HALVES = 2
# Calls this far apart may give their halves the same instant.
FAR_APART = 100_000
UNKNOWN_ID = (5.0, 10.0)
# The last try inside the grace comes this long before its end; the last but one where something else is done
# instead when that fails too.
LAST_TRY = timedelta(seconds=1)
LAST_BUT_ONE = timedelta(seconds=15)
# Steps that are made once only: what was told apart by them before is believed the next time.
FORGOTTEN = "forgotten"
NEW_SESSION = "new_session"
ONCE = (FORGOTTEN, NEW_SESSION)


@dataclass(frozen=True, slots=True)
class Member:
    """One operation of the call. `apart`: it was told apart from others before. `steps`: which of ONCE it has
    behind it. `pool`: its instance type and zone, for which EC2 has room or not."""

    id: int
    instance_id: str
    attempt: int = 1
    apart: bool = False
    steps: frozenset[str] = frozenset()
    pool: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of some members. `wait` None: they end with `reason`.

    Otherwise they are tried again after `wait`, `at_least` at the soonest. Should their time be over by then,
    `reason` is their end, or `otherwise` their fate. `waiting` is why they wait, empty when they go at once.
    `apart`: only with those of the same instant, which `hair` keeps from others. `step` is what is written
    down of it.
    """

    members: tuple[int, ...]
    reason: str
    wait: timedelta | None = None
    at_least: timedelta = AT_ONCE
    waiting: str = ""
    apart: bool = False
    step: str = ""
    hair: timedelta = AT_ONCE
    otherwise: Optional["Fate"] = None


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
    if not to_blame and len(members) > 1:
        if isinstance(error, gateway.NoCapacity):
            return no_room(error, members, call=call, jitter=jitter)
        if meaning.one_of_many(error):
            return halves(error, members, call=call)
    own = to_blame or members
    rest = without(own, members)
    found = fate_of(error, own, many=len(members) > 1, hibernating=hibernating, jitter=jitter)
    return [*found, *go_on(error, rest, call=call)]


def without(some: Sequence[Member], members: Sequence[Member]) -> list[Member]:
    gone = set(ids(some))
    return [each for each in members if each.id not in gone]


def blamed(error: Trouble, members: Sequence[Member]) -> list[Member]:
    """Those whom AWS names as the reason."""
    named = error.ids if isinstance(error, gateway.Refused) else frozenset[str]()
    return [each for each in members if each.instance_id in named]


def go_on(error: Trouble, rest: Sequence[Member], *, call: int) -> list[Fate]:
    """Those whom nothing is held against: together, and in halves when they were sent on before.

    Without those whom EC2 does not know they stay together: each is named twice before it is believed, and
    halves would add a third request for it.
    """
    if len(rest) > 1 and all(each.apart for each in rest) and not isinstance(error, gateway.BadIds):
        return halves(error, rest, call=call)
    return apart(error, [rest] if rest else [], call=call, step="sent_again")


def halves(error: Trouble, members: Sequence[Member], *, call: int) -> list[Fate]:
    return apart(error, halved(members), call=call, step="halved")


def halved(members: Sequence[Member]) -> list[Sequence[Member]]:
    middle = (len(members) + 1) // HALVES
    return [members[:middle], members[middle:]]


def apart(error: Trouble, groups: Sequence[Sequence[Member]], *, call: int, step: str) -> list[Fate]:
    """All go at once, but not together."""
    return [
        Fate(ids(group), reason_of(error), wait=-hair, apart=True, step=step)
        for hair, group in instants(groups, call=call)
    ]


def instants(
    groups: Sequence[Sequence[Member]], *, call: int
) -> Iterator[tuple[timedelta, Sequence[Member]]]:
    """Each group with what makes its instant its own, drawn from the call's number."""
    first = HALVES * (call % FAR_APART) + 1
    return ((timedelta(microseconds=hair), group) for hair, group in enumerate(groups, start=first))


def no_room(error: Trouble, members: Sequence[Member], *, call: int, jitter: Jitter) -> list[Fate]:
    """Whose type and zone EC2 names wait for minutes and then go in halves; the others go at once.

    When it names none, type is told from type and zone from zone at once, for each is another pool of EC2's;
    what is of one pool waits together.
    """
    short = [each for each in members if each.pool == meaning.pool_named(error)]
    if not short and of_pools(error) and len({each.pool for each in members}) > 1:
        return apart(error, by_pool(members), call=call, step="halved")
    short = short or list(members)
    rest = without(short, members)
    return [*in_halves_later(error, short, call=call, jitter=jitter), *go_on(error, rest, call=call)]


def of_pools(error: Trouble) -> bool:
    """Whether it is about a type in a zone, and not about a quota of the whole account."""
    return meaning.ground_of(error) is None


def by_pool(members: Sequence[Member]) -> list[Sequence[Member]]:
    """Two parts, as even as can be, of which no pool has members in both."""
    ordered = sorted(members, key=lambda each: each.pool)
    cuts = (at for at in range(1, len(ordered)) if ordered[at].pool != ordered[at - 1].pool)
    middle = min(cuts, key=lambda at: abs(HALVES * at - len(ordered)))
    return [ordered[:middle], ordered[middle:]]


def in_halves_later(error: Trouble, members: Sequence[Member], *, call: int, jitter: Jitter) -> list[Fate]:
    """They wait together; where EC2 has no room for all it may have some for half of them."""
    whole = put_off(error, members, patience_of(error) or meaning.ROOM, jitter=jitter)
    if len(members) == 1:
        return [whole]
    return [
        replace(whole, members=ids(group), wait=(whole.wait or AT_ONCE) + hair, hair=hair, apart=True)
        for hair, group in instants(halved(members), call=call)
    ]


def at_once(error: Trouble, members: Sequence[Member], *, step: str) -> list[Fate]:
    return [Fate(ids(members), reason_of(error), wait=AT_ONCE, step=step)] if members else []


def fate_of(
    error: Trouble, members: Sequence[Member], *, many: bool, hibernating: bool, jitter: Jitter
) -> list[Fate]:
    """What becomes of those to blame, or of all when it is nobody's fault."""
    if hibernating and meaning.refuses_hibernation(error):
        return not_hibernated(error, members, jitter=jitter)
    if meaning.over_for_the_session(error):
        fresh, known = told_apart(NEW_SESSION, members)
        return [*at_once(error, fresh, step=NEW_SESSION), *end(error, known, many=many)]
    if meaning.unknown_ids(error):
        return once_more(error, members, many=many, jitter=jitter)
    if patience := patience_of(error):
        return [put_off(error, members, patience, jitter=jitter)]
    return end(error, members, many=many)


def end(error: Trouble, members: Sequence[Member], *, many: bool) -> list[Fate]:
    return [Fate(ids(members), reason_of(error), step="dropped" if many else "")] if members else []


def put_off(error: Trouble, members: Sequence[Member], patience: Patience, *, jitter: Jitter) -> Fate:
    """They wait together, as long as the one that was tried most often."""
    attempt = max(each.attempt for each in members)
    return Fate(
        ids(members),
        reason_of(error),
        wait=timedelta(seconds=pause(patience, attempt, jitter=jitter)),
        at_least=timedelta(seconds=patience.least),
        waiting=patience.waiting,
        step="put_off" if patience.waiting else "frozen",
    )


def not_hibernated(error: Trouble, members: Sequence[Member], *, jitter: Jitter) -> list[Fate]:
    """A plain stop loses what is in memory: it comes at once only where EC2 will never hibernate, and last
    where it may soon."""
    plain, patience = at_once(error, members, step="hibernate_refused"), patience_of(error)
    if patience is None:
        return plain
    later = put_off(error, members, patience, jitter=jitter)
    return [replace(later, at_least=LAST_TRY, otherwise=plain[0])]


def once_more(error: Trouble, members: Sequence[Member], *, many: bool, jitter: Jitter) -> list[Fate]:
    """EC2 may forget an instance for a moment (eventual consistency): the second time is believed."""
    first, known = told_apart(FORGOTTEN, members)
    wait = timedelta(seconds=jitter(*UNKNOWN_ID))
    again = Fate(ids(first), reason_of(error), wait=wait, waiting="refused", apart=True, step=FORGOTTEN)
    return [*([again] if first else []), *end(error, known, many=many)]


def told_apart(step: str, members: Sequence[Member]) -> tuple[list[Member], list[Member]]:
    """Those without this step, and those that have it behind them."""
    fresh = [each for each in members if step not in each.steps]
    return fresh, without(fresh, members)


def ids(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(each.id for each in members)
