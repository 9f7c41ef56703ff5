"""What can be turned: transition times, latency, limits. Frozen values; a change is a new value.

Must not know the world that reads them.
"""

import dataclasses
import math
from collections.abc import Mapping
from random import Random
from typing import Any, TypeVar


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A random length of time in seconds: lognormal around `median`, a share `tail` of them longer."""

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

    start: Span = Span(30.0, 0.35, 0.01)
    stop: Span = Span(30.0, 0.35, 0.01)
    terminate: Span = Span(40.0, 0.35)
    checks: Span = Span(150.0, 0.3)
    reboot_lag: Span = Span(8.0, 0.3)
    reboot_dip: Span = Span(90.0, 0.3)
    read_latency: Span = Span(0.12, 0.35)
    write_latency: Span = Span(0.15, 0.35)
    limits: Limits = Limits()
    verify_signatures: bool = True
    stop_while_pending: str = "refuse"
    batch_partial: str = "refuse"
    not_found_names: str = "all"
    foreign_ids: str = "absent"
    order_varies: bool = False
    state_code_high: float = 0.0
    terminated_visible: float = 3600.0
    quick_reboot: float = 0.0
    replace: Span = Span(90.0, 0.3)
    spot_lag: float = 15.0
    hibernate_lag: float = 120.0


_DEMO = Settings(
    start=Span(8.0, 0.25),
    stop=Span(10.0, 0.25),
    terminate=Span(8.0, 0.25),
    checks=Span(12.0, 0.2),
    reboot_lag=Span(2.0),
    reboot_dip=Span(8.0, 0.2),
    read_latency=Span(0.02, 0.2),
    write_latency=Span(0.04, 0.2),
    replace=Span(15.0, 0.2),
    spot_lag=3.0,
    hibernate_lag=0.0,
)
_TEST = Settings(
    start=Span(0.3),
    stop=Span(0.3),
    terminate=Span(0.3),
    checks=Span(0.3),
    reboot_lag=Span(0.2),
    reboot_dip=Span(0.4),
    read_latency=Span(0.0),
    write_latency=Span(0.0),
    limits=Limits(on=False),
    replace=Span(0.3),
    spot_lag=0.0,
    hibernate_lag=0.0,
)
# The settings that are one of a few words.
_WORDS = {
    "stop_while_pending": ("refuse", "accept"),
    "batch_partial": ("refuse", "before", "other_zones"),
    "not_found_names": ("all", "first"),
    "foreign_ids": ("absent", "not_found"),
}
PROFILES = {"real": Settings(), "demo": _DEMO, "test": _TEST}


_Value = TypeVar("_Value", Span, Limits, Settings)


class BadSettingError(ValueError):
    """A setting that does not exist or cannot have that value."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"The setting {name!r} {problem}.")


def dice(seed: int) -> Random:
    """Repeatable on purpose."""
    return Random(seed)


def changed(value: _Value, patch: Mapping[str, object]) -> _Value:
    """A copy of a settings value with `patch` laid over it. BadSettingError names what does not fit."""
    fields = {field.name for field in dataclasses.fields(value)}
    if unknown := sorted(set(patch) - fields):
        raise BadSettingError(unknown[0], f"does not exist; known: {', '.join(sorted(fields))}")
    fitted: dict[str, Any] = {name: _fitted(getattr(value, name), patch[name], name) for name in patch}
    return dataclasses.replace(value, **fitted)


def _fitted(old: object, new: object, name: str) -> object:
    if name in _WORDS and new not in _WORDS[name]:
        raise BadSettingError(name, f"cannot be {new!r}; known: {', '.join(_WORDS[name])}")
    number = float(new) if isinstance(new, int | float) and not isinstance(new, bool) and new >= 0 else None
    if isinstance(old, Span) and number is not None:
        return Span(number)
    if isinstance(old, Span) and isinstance(new, Mapping):
        return changed(old, new)
    if isinstance(old, Limits) and isinstance(new, Mapping):
        return changed(old, new)
    if isinstance(old, float) and number is not None:
        return number
    if isinstance(old, bool | str | Mapping) and isinstance(
        new, Mapping if isinstance(old, Mapping) else type(old)
    ):
        return new
    raise BadSettingError(name, f"cannot be {new!r}")
