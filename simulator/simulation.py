"""One simulation: a world, its identities, and how to begin again.

Must not know the network.
"""

from collections.abc import Mapping
from typing import Any

from simulator import fleet, settings
from simulator.clock import Clock
from simulator.identity import Identities
from simulator.settings import BadSettingError, Settings, dice
from simulator.world import World


class Simulation:
    """`data` is a fleet file's content, `profile` a name in settings.PROFILES."""

    world: World
    clock: Clock
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
        self.clock = clock
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
