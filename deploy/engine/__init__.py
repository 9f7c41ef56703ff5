"""A real Docker engine for tests: the machine's own where there is one, else one of ours with stand-ins.

Knows nothing of Cloudevy's images: it hands out an engine, the base images they start from, and a registry.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.engine import daemon, existing, standins

__all__ = ["Environment", "running"]
Environment = dict[str, str]


@contextmanager
def running(folder: Path | None = None) -> Iterator[Environment]:
    """The environment in which `docker`, `docker compose` and the three scripts reach an engine.

    An engine that answers already is used as it is, and official images are pulled into it. Otherwise one is
    started in `folder` (default: a fresh one with a short name), filled with stand-ins, and gone without a
    trace afterwards. Raises CannotStart with what to do.
    """
    found = existing.environment()
    if found is not None:
        standins.pull_official(found)
        yield found
        return
    with daemon.running(folder) as environment:
        standins.provide(environment)
        yield environment
