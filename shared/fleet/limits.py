"""How many requests, and servers in them, EC2 takes of one account in one region. Numbers only, and pure.

Each action has two token buckets: one token per request and, for start and stop, one token per server.
Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API",
https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

# How much of a limit comes back in a minute, after refusals have made us slower.
REGAINED = 0.1


@dataclass(frozen=True, slots=True)
class Rates:
    """The size and the refill per second of an action's two buckets. `servers` None: no such bucket.

    `batch` is the most servers we put in one request, whatever the tokens allow.
    """

    requests: float
    requests_refill: float
    servers: float | None = None
    servers_refill: float = 0.0
    batch: int = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """The rates of each action in one account and region; AWS raises them on request."""

    start: Rates = Rates(requests=5, requests_refill=2, servers=1000, servers_refill=2)
    stop: Rates = Rates(requests=50, requests_refill=5, servers=1000, servers_refill=20)
    reboot: Rates = Rates(requests=50, requests_refill=5, batch=20)

    def of(self, action: str) -> Rates:
        """The rates of `action`: start, stop or reboot."""
        return {"start": self.start, "stop": self.stop, "reboot": self.reboot}[action]


AWS = Limits()


def custom(action: str, numbers: Mapping[str, float], *, limits: Limits = AWS) -> Limits:
    """`limits` with an operator's own numbers for one action, e.g. {"servers_refill": 40}."""
    rates = replace(limits.of(action), **numbers)  # type: ignore[arg-type]
    return replace(limits, **{action: rates})


def regained(refill: float, *, limit: float, quiet: timedelta) -> float:
    """A refill that was learned down, after a while without refusals."""
    return min(limit, refill + max(0.0, quiet.total_seconds()) / 60 * REGAINED * limit)
