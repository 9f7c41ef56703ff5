"""docker-compose.yml means something with .env.example, alone and with each profile. Wants no engine.

Exit codes: 0 it does, 1 it does not (its words say where), 77 there is no Compose v2 to ask.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.engine import packages

SKIPPED = 77
FILES = ("--file", "docker-compose.yml", "--env-file", ".env.example")
# What the example leaves to the person who installs; pull-images.sh writes it.
FILLED_IN = {"CLOUDEVY_TAG": "example"}
Command = tuple[str, ...]


def main() -> int:
    try:
        compose = find()
    except CannotStart as error:
        print(f"Nothing was checked, as Docker Compose 2 is not here and cannot be fetched. {error}")
        return SKIPPED
    found = list(problems(compose, Path.cwd()))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def find() -> Command:
    """The machine's own, else the next Debian's, unpacked in a folder of ours."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if is_compose_2(command):
            return command
    plugin = packages.later("docker-compose") / "usr/libexec/docker/cli-plugins/docker-compose"
    return (str(plugin),)


def is_compose_2(command: Command) -> bool:
    try:
        asked = subprocess.run((*command, "version", "--short"), check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return False
    return asked.returncode == 0 and asked.stdout.lstrip("v").split(".")[0] not in ("", "1")


def problems(compose: Command, folder: Path) -> Iterator[str]:
    """What Compose says, warnings included: a variable that nothing sets is one of them."""
    listed = ask(compose, folder, "config", "--profiles")
    if listed.returncode:
        yield listed.stderr.strip()
        return
    names = listed.stdout.split()
    for profiles in ([], *([name] for name in names), names):
        words = [word for name in profiles for word in ("--profile", name)]
        asked = ask(compose, folder, *words, "config", "--quiet")
        if asked.returncode or asked.stderr.strip():
            yield f"with profiles {profiles}: {asked.stderr.strip() or f'exit code {asked.returncode}'}"


def ask(compose: Command, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*compose, *FILES, *words),
        check=False,
        cwd=folder,
        env=plain(os.environ),
        capture_output=True,
        text=True,
    )


def plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without this machine's own settings, which would hide what the files lack."""
    kept = {
        name: value for name, value in environment.items() if not name.startswith(("CLOUDEVY_", "COMPOSE_"))
    }
    return kept | FILLED_IN


if __name__ == "__main__":
    sys.exit(main())
