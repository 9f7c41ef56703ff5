"""Run a command for its effect or its words, and say which one failed and how. Knows no command by name."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.embedded.errors import CannotStart

Words = Sequence[str | Path]


def run(
    command: Words,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: str = "",
) -> str:
    """What it printed. CannotStart with its last words when it failed or does not exist."""
    try:
        done = subprocess.run(
            command, check=False, env=environment, cwd=folder, input=stdin, capture_output=True, text=True
        )
    except FileNotFoundError as error:
        raise CannotStart(
            f"The program {command[0]} is not installed. Install it and run this again."
        ) from error
    if done.returncode:
        words = " ".join(map(str, command))
        raise CannotStart(
            f"`{words[:120]}` failed (exit code {done.returncode}): {ending(done.stderr or done.stdout)}"
        )
    return done.stdout


def ending(text: str, *, lines: int = 4) -> str:
    """The last words of a program, where its reason stands."""
    kept = [line.strip() for line in text.splitlines() if line.strip()][-lines:]
    return " / ".join(kept) or "it gave no reason"
