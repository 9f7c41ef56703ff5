"""One simulation: a world, its identities, and how to begin again.

Must not know the network.
"""

import time
from collections.abc import Mapping
from typing import Any

from simulator import fleet, settings
from simulator.identity import Identities
from simulator.settings import BadSettingError, Settings, dice
from simulator.world import World


class Clock:
    """UTC epoch seconds that advance with CLOCK_MONOTONIC, so both can be told of any moment."""

    def __init__(self) -> None:
        self._epoch, self._monotonic = time.time(), time.monotonic()

    def now(self) -> float:
        return self._epoch + time.monotonic() - self._monotonic

    def monotonic_of(self, at: float) -> float:
        return self._monotonic + at - self._epoch


class Simulation:
    """`data` is a fleet file's content, `profile` a name in settings.PROFILES."""

    world: World
    identities: Identities

    def __init__(self, data: Mapping[str, Any], *, profile: str = "demo", seed: int = 0) -> None:
        self._data, self.profile, self.seed = data, profile, seed
        self.reset()

    def reset(
        self, *, data: Mapping[str, Any] | None = None, profile: str | None = None, seed: int | None = None
    ) -> None:
        """Back to the beginning, optionally with another fleet, profile or seed. ValueError if unusable."""
        data = self._data if data is None else data
        profile = self.profile if profile is None else profile
        seed = self.seed if seed is None else seed
        chosen = _profile(profile)
        clock = Clock()
        content = fleet.read(data, now=clock.now())
        self._data, self.profile, self.seed = data, profile, seed
        self.began_at = clock.now()
        self.world = World(
            content.instances, settings=chosen, seed=seed, clock=clock.now,
            monotonic_of=clock.monotonic_of,
        )  # fmt: skip
        self.identities = Identities(content.credentials, content.roles, random=dice(seed))

    def settle(self, patch: Mapping[str, Any]) -> Settings:
        """Lays `patch` over the settings, or over a `profile` it names. BadSettingError at a misfit."""
        patch = dict(patch)
        base = self.world.settings
        if name := patch.pop("profile", None):
            base = _profile(name)
        self.world.settle(settings.changed(base, patch))
        return self.world.settings


def _profile(name: object) -> Settings:
    if not isinstance(name, str) or name not in settings.PROFILES:
        raise BadSettingError("profile", f"cannot be {name!r}; known: {', '.join(settings.PROFILES)}")
    return settings.PROFILES[name]
