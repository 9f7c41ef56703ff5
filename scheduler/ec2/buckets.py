"""EC2's token buckets, as arithmetic: how many servers may go into one request now. Pure: `now` comes in.

Each action has two buckets per account and region: one token per request and, for start and stop, one
token per server; the numbers stand in `shared.fleet.limits`. It knows no table and no boto; the caller keeps
the Level, in one row for all workers.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.fleet.limits import AWS, Limits, Rates

MARGIN = timedelta(milliseconds=100)
HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Level:
    """Tokens left in both buckets, counted up to `refilled_at`."""

    requests: float
    servers: float
    refilled_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """How many servers may go into one request now (0: none) and the level after that.

    `retry_at` is when asking for the rest makes sense; None when everything wanted was granted.
    """

    count: int
    level: Level
    retry_at: datetime | None = None


def full(action: str, *, now: datetime, limits: Limits = AWS) -> Level:
    """The level of a bucket nobody has used for a while."""
    rates = limits.of(action)
    return Level(float(rates.requests), float(rates.servers or 0), now)


def take(level: Level, *, action: str, wanted: int, now: datetime, limits: Limits = AWS) -> Grant:
    """Tokens for one request that carries up to `wanted` servers."""
    rates = limits.of(action)
    level = refill(level, action=action, now=now, limits=limits)
    room = rates.batch if rates.servers is None else whole(level.servers)
    count = min(wanted, room, rates.batch) if level.requests + HAIR >= 1 else 0
    if count <= 0:
        return Grant(0, level, ripe(level, rates=rates, rest=wanted, now=now))
    left = spent(level, rates=rates, count=count)
    return Grant(count, left, ripe(left, rates=rates, rest=wanted - count, now=now))


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


def learn_down(level: Level, *, count: int, now: datetime) -> Level:
    """The level after AWS throttled a request of `count` servers: somebody else spends here too.

    AWS does not say which bucket was empty, so the next request waits for a token and asks for half.
    """
    return Level(0.0, min(level.servers, count / 2), max(level.refilled_at, now))


def ripe(level: Level, *, rates: Rates, rest: int, now: datetime) -> datetime | None:
    """When one more request for `rest` servers is worth its token; about one request a second."""
    if rest <= 0:
        return None
    waits = [(1 - level.requests) / rates.requests_refill]
    if rates.servers is not None:
        useful = min(rest, max(1.0, rates.servers_refill), rates.servers)
        waits.append((useful - level.servers) / rates.servers_refill)
    seconds = math.ceil(max(0.0, *waits) * 1e6) / 1e6
    return max(now, level.refilled_at + timedelta(seconds=seconds) + MARGIN) if seconds else now


def whole(tokens: float) -> int:
    """Whole tokens; a sum of refills may end a hair below the token it stands for."""
    return math.floor(tokens + HAIR)
