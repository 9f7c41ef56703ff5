"""EC2's token buckets, as arithmetic: how many servers may go into one request now. Pure: `now` comes in.

Each action has two buckets per account and region: one token per request and, for start and stop, one
token per server; the numbers stand in `shared.fleet.limits`. It knows no table and no boto; the caller keeps
the Level, in one row for all workers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.fleet.limits import AWS, Limits, Rates, regained

MARGIN = timedelta(milliseconds=100)
HAIR = 1e-6
# What rules leave in the buckets, so that a person's wish does not wait behind a thousand of theirs.
KEPT_REQUESTS = 1
KEPT_SERVERS = 0.01
# What a refusal does to a refill rate, and how low those go; how it comes back is in `limits`. Servers can
# share a request but not the other way round, so requests become rare first.
SLOWER = 0.5
FEWEST_REQUESTS = 0.05
FEWEST_SERVERS = 0.1


@dataclass(frozen=True, slots=True)
class Level:
    """Tokens left in both buckets, counted up to `refilled_at`."""

    requests: float
    servers: float
    refilled_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """For how many servers somebody waits, and how many are wanted by rules, which leave a reserve."""

    people: int
    rules: int = 0

    def without(self, count: int) -> "Wanted":
        """What is left when so many were granted; people come first."""
        return Wanted(max(0, self.people - count), self.rules - max(0, count - self.people))


@dataclass(frozen=True, slots=True)
class Grant:
    """How many servers may go into one request now (0: none) and the level after that.

    `retry_at` is when asking for the rest makes sense; None when everything wanted was granted.
    """

    count: int
    level: Level
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """The refill rates that AWS's refusals have taught us, as of `at`; `since` the first of `refusals`."""

    requests_refill: float
    servers_refill: float
    at: datetime
    since: datetime
    refusals: int


def learn_down(learned: Learned | None, *, rates: Rates, now: datetime) -> Learned:
    """AWS refused a request as one too many: somebody else spends here too, so we ask half as often.

    AWS does not say which bucket was empty. When asking hardly ever is still too often, it is the servers'.
    """
    before = learned or Learned(rates.requests_refill, rates.servers_refill, now, now, 0)
    fewest = rates.requests_refill * FEWEST_REQUESTS
    is_rare = before.requests_refill <= fewest
    return Learned(
        max(before.requests_refill * SLOWER, fewest),
        max(before.servers_refill * SLOWER, rates.servers_refill * FEWEST_SERVERS)
        if is_rare
        else before.servers_refill,
        at=now,
        since=before.since,
        refusals=before.refusals + 1,
    )


def learn_up(learned: Learned | None, *, rates: Rates, now: datetime) -> Learned | None:
    """What is left of it after a while without refusals: a tenth of the limit comes back each minute."""
    if learned is None:
        return None
    quiet = max(timedelta(0), now - learned.at)
    requests = regained(learned.requests_refill, limit=rates.requests_refill, quiet=quiet)
    servers = regained(learned.servers_refill, limit=rates.servers_refill, quiet=quiet)
    if requests >= rates.requests_refill and servers >= rates.servers_refill:
        return None
    return replace(learned, requests_refill=requests, servers_refill=servers, at=now)


def effective(limits: Limits, *, action: str, learned: Learned | None) -> Limits:
    """The limits to keep to: never faster than was learned."""
    if learned is None:
        return limits
    rates = limits.of(action)
    slower = replace(
        rates,
        requests_refill=min(rates.requests_refill, learned.requests_refill),
        servers_refill=min(rates.servers_refill, learned.servers_refill),
    )
    return replace(limits, **{action: slower})


def learned_from(kept: Mapping[str, object]) -> Learned | None:
    """What `kept_as` made of it; None for nothing, or for what an older version wrote."""
    try:
        return Learned(
            float(str(kept["requests_refill"])),
            float(str(kept["servers_refill"])),
            at=datetime.fromisoformat(str(kept["at"])),
            since=datetime.fromisoformat(str(kept.get("since", kept["at"]))),
            refusals=int(str(kept["refusals"])),
        )
    except (KeyError, ValueError):
        return None


def kept_as(learned: Learned | None) -> dict[str, object]:
    """For JSON; empty when nothing is learned."""
    if learned is None:
        return {}
    return {
        "requests_refill": round(learned.requests_refill, 6),
        "servers_refill": round(learned.servers_refill, 6),
        "at": learned.at.isoformat(),
        "since": learned.since.isoformat(),
        "refusals": learned.refusals,
    }


def full(action: str, *, now: datetime, limits: Limits = AWS) -> Level:
    """The level of a bucket nobody has used for a while."""
    rates = limits.of(action)
    return Level(float(rates.requests), float(rates.servers or 0), now)


def take(level: Level, *, action: str, wanted: int | Wanted, now: datetime, limits: Limits = AWS) -> Grant:
    """Tokens for one request that carries up to as many servers as are wanted."""
    rates, wish = limits.of(action), wanted if isinstance(wanted, Wanted) else Wanted(wanted)
    level = refill(level, action=action, now=now, limits=limits)
    rules = room(without_reserve(level, rates=rates), rates=rates)
    count = max(min(wish.people, room(level, rates=rates)), min(wish.people + wish.rules, rules))
    left = spent(level, rates=rates, count=count) if count else level
    return Grant(count, left, ripe(left, rates=rates, rest=wish.without(count), now=now))


def room(level: Level, *, rates: Rates) -> int:
    """How many servers one request may carry now."""
    if level.requests + HAIR < 1:
        return 0
    tokens = rates.batch if rates.servers is None else whole(level.servers)
    return max(0, min(tokens, rates.batch))


def without_reserve(level: Level, *, rates: Rates) -> Level:
    """The level as rules see it. A bucket too small to share is not shared."""
    requests = KEPT_REQUESTS if rates.requests >= KEPT_REQUESTS + 1 else 0
    servers = math.floor((rates.servers or 0) * KEPT_SERVERS)
    return replace(level, requests=level.requests - requests, servers=level.servers - servers)


def refill(level: Level, *, action: str, now: datetime, limits: Limits = AWS) -> Level:
    """The level at `now`, credited 100 ms late.

    Our requests reach AWS a little after they were granted and not evenly so; without the margin a
    later request overtakes its own tokens and is throttled.
    """
    rates = limits.of(action)
    counted = max(level.refilled_at, now - MARGIN)
    seconds = (counted - level.refilled_at).total_seconds()
    requests = min(rates.requests, level.requests + seconds * rates.requests_refill)
    servers = min(rates.servers or 0.0, level.servers + seconds * rates.servers_refill)
    is_full = requests >= rates.requests and servers >= (rates.servers or 0.0)
    return Level(requests, servers, max(level.refilled_at, now) if is_full else counted)


def spent(level: Level, *, rates: Rates, count: int) -> Level:
    servers = 0.0 if rates.servers is None else max(0.0, level.servers - count)
    return replace(level, requests=max(0.0, level.requests - 1), servers=servers)


def put_back(level: Level, *, action: str, count: int, limits: Limits = AWS) -> Level:
    """The level after a granted request of `count` servers was not sent after all."""
    rates = limits.of(action)
    servers = 0.0 if rates.servers is None else min(rates.servers, level.servers + count)
    return replace(level, requests=min(rates.requests, level.requests + 1), servers=servers)


def drained(level: Level, *, count: int, now: datetime) -> Level:
    """The level after AWS throttled a request of `count` servers: somebody else spends here too.

    AWS does not say which bucket was empty, so the next request waits for a token and asks for half.
    """
    return Level(0.0, min(level.servers, count / 2), max(level.refilled_at, now))


def ripe(level: Level, *, rates: Rates, rest: Wanted, now: datetime) -> datetime | None:
    """When one more request for the rest is worth its token; about one request a second."""
    if rest.people:
        return when(level, rates=rates, rest=rest.people, now=now)
    return (
        when(without_reserve(level, rates=rates), rates=rates, rest=rest.rules, now=now)
        if rest.rules
        else None
    )


def when(level: Level, *, rates: Rates, rest: int, now: datetime) -> datetime:
    waits = [(1 - level.requests) / rates.requests_refill]
    if rates.servers is not None:
        useful = min(rest, max(1.0, rates.servers_refill), rates.servers)
        waits.append((useful - level.servers) / rates.servers_refill)
    seconds = math.ceil(max(0.0, *waits) * 1e6) / 1e6
    return max(now, level.refilled_at + timedelta(seconds=seconds) + MARGIN) if seconds else now


def whole(tokens: float) -> int:
    """Whole tokens; a sum of refills may end a hair below the token it stands for."""
    return math.floor(tokens + HAIR)
