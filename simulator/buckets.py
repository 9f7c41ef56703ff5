"""AWS's token buckets, one pair per account, region and action.

Numbers: EC2 Developer Guide, "Request throttling for the Amazon EC2 API". Must not know what an action does.
"""

import math
from dataclasses import dataclass

from simulator.calls import Call
from simulator.settings import Limits

_READ = ((100, 20), None)
_UNPAGED = ((50, 10), None)
_MUTATE = ((50, 5), None)
TABLE: dict[str, tuple[tuple[float, float], tuple[float, float] | None]] = {
    "StartInstances": ((5, 2), (1000, 2)),
    "StopInstances": ((50, 5), (1000, 20)),
    "RebootInstances": _MUTATE,
    "DescribeInstances": _READ,
    "DescribeInstanceStatus": _READ,
    "DescribeInstances unpaged": _UNPAGED,
    "DescribeInstanceStatus unpaged": _UNPAGED,
}


@dataclass(slots=True)
class _Bucket:
    capacity: float
    refill: float
    tokens: float
    filled_at: float

    def top_up(self, now: float, *, whole_seconds: bool) -> None:
        passed = max(0.0, now - self.filled_at)
        if whole_seconds:
            passed = math.floor(passed)
        self.tokens = min(self.capacity, self.tokens + passed * self.refill)
        self.filled_at += passed

    def fits(self, cost: float) -> bool:
        # A sum of refills may end a hair below the whole token it stands for.
        return self.tokens + 1e-6 >= cost


class Buckets:
    """All buckets of a world; each starts full, at the first call that touches it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._buckets: dict[tuple[str, str, str], list[_Bucket]] = {}

    def take(self, call: Call, *, bucket: str = "") -> bool:
        """True when the call may pass; its tokens are gone. `bucket` names another than the action's own."""
        if not self.limits.on:
            return True
        pair = self._pair(call, bucket or call.action)
        costs = self._costs(call, pair)
        for one in pair:
            one.top_up(call.at, whole_seconds=self.limits.per_second_refill)
        if all(one.fits(cost) for one, cost in zip(pair, costs, strict=True)):
            for one, cost in zip(pair, costs, strict=True):
                one.tokens -= cost
            return True
        if self.limits.throttled_costs:
            pair[0].tokens = max(0.0, pair[0].tokens - 1)
        return False

    def levels(self) -> dict[str, list[float]]:
        """Tokens left at the last use: requests, then servers."""
        return {
            "/".join(key): [round(bucket.tokens, 3) for bucket in pair] for key, pair in self._buckets.items()
        }

    def _pair(self, call: Call, action: str) -> list[_Bucket]:
        key = (call.account, call.region, action)
        if key not in self._buckets:
            self._buckets[key] = [self._new(size, call.at) for size in self._sizes(call.account, action)]
        return self._buckets[key]

    def _costs(self, call: Call, pair: list[_Bucket]) -> list[float]:
        """One request token, and one server token for each id where the action has such a bucket."""
        costs = [1.0, float(len(call.ids))][: len(pair)]
        if self.limits.strict_oversize:
            return costs
        return [min(cost, one.capacity) for cost, one in zip(costs, pair, strict=True)]

    def _sizes(self, account: str, action: str) -> list[tuple[float, float]]:
        special = self.limits.overrides.get(account, {}).get(action)
        if special:
            return [(special[i], special[i + 1]) for i in range(0, len(special) - 1, 2)]
        return [size for size in TABLE.get(action, _READ) if size is not None]

    def _new(self, size: tuple[float, float], now: float) -> _Bucket:
        left = 1.0 - self.limits.ghost_share
        capacity, refill = size[0] * left, size[1] * left * self.limits.speed
        return _Bucket(capacity, refill, capacity, now)
