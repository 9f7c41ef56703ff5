"""What can be turned: transition times, latency, limits. Frozen values; a change is a new value.

Must not know the world that reads them.
"""

import dataclasses
import math
from collections.abc import Mapping
from random import Random
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A random length of time in seconds: lognormal around `median`, `tail` of them `tail_factor` times longer."""

    median: float
    sigma: float = 0.0
    tail: float = 0.0
    tail_factor: float = 5.0

    def draw(self, random: Random) -> float:
        if self.sigma == 0 and self.tail == 0:
            return self.median
        length = self.median * math.exp(self.sigma * random.gauss(0, 1))
        return length * self.tail_factor if random.random() < self.tail else length


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """EC2's token buckets and the points the AWS page leaves open (each one a switch)."""

    on: bool = True
    strict_oversize: bool = True
    throttled_costs: bool = False
    per_second_refill: bool = False
    speed: float = 1.0
    ghost_share: float = 0.0
    overrides: Mapping[str, Mapping[str, list[float]]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Every switch of a world. Times are seconds; the defaults are the `real` profile."""

    start: Span = Span(30, 0.35, 0.01)
    stop: Span = Span(30, 0.35, 0.01)
    terminate: Span = Span(40, 0.35)
    checks: Span = Span(150, 0.3)
    reboot_lag: Span = Span(8, 0.3)
    reboot_dip: Span = Span(90, 0.3)
    read_latency: Span = Span(0.12, 0.35)
    write_latency: Span = Span(0.15, 0.35)
    limits: Limits = Limits()
    verify_signatures: bool = True
    stop_while_pending: str = "refuse"
    terminated_visible: float = 3600.0
    quick_reboot: float = 0.0


_DEMO = Settings(
    start=Span(8, 0.25),
    stop=Span(10, 0.25),
    terminate=Span(8, 0.25),
    checks=Span(12, 0.2),
    reboot_lag=Span(2),
    reboot_dip=Span(8, 0.2),
    read_latency=Span(0.02, 0.2),
    write_latency=Span(0.04, 0.2),
)
_TEST = Settings(
    start=Span(0.3),
    stop=Span(0.3),
    terminate=Span(0.3),
    checks=Span(0.3),
    reboot_lag=Span(0.2),
    reboot_dip=Span(0.4),
    read_latency=Span(0),
    write_latency=Span(0),
    limits=Limits(on=False),
)
PROFILES = {"real": Settings(), "demo": _DEMO, "test": _TEST}


def changed(value: Any, patch: Mapping[str, Any]) -> Any:
    """A copy of a settings value with `patch` laid over it. ValueError names what does not fit."""
    fields = {field.name for field in dataclasses.fields(value)}
    if unknown := sorted(set(patch) - fields):
        raise ValueError(f"unknown setting {unknown[0]!r}; known: {', '.join(sorted(fields))}")
    return dataclasses.replace(
        value, **{name: _fitted(getattr(value, name), patch[name], name) for name in patch}
    )


def _fitted(old: Any, new: Any, name: str) -> Any:
    if isinstance(old, Span) and _is_number(new):
        return Span(float(new))
    if dataclasses.is_dataclass(old) and isinstance(new, Mapping):
        return changed(old, new)
    if isinstance(old, float | int) and not isinstance(old, bool) and _is_number(new):
        return float(new)
    if isinstance(new, type(old)) and not _is_number(old):
        return new
    raise ValueError(f"setting {name!r} cannot be {new!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
