"""Everything that can be said about the code without running it. Each tool counts as one check."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.checks.compose import SKIPPED
from deploy.checks.results import Result
from deploy.embedded.keys import generate

SHELL = re.compile(rb"#!(/bin/|/usr/bin/env )(sh|bash|bats)\s*$")
SHELL_SUFFIXES = (".sh", ".bash", ".bats")
OUTCOMES = {0: ("ok    ", Result(passed=1)), SKIPPED: ("skip  ", Result(skipped=1))}
GIT = ("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard")


@dataclass(frozen=True)
class Tool:
    """A command; its files may only be known when it runs."""

    name: str
    command: Callable[[], Sequence[str]]
    folder: str = "."


def python(*arguments: str) -> Callable[[], Sequence[str]]:
    return lambda: (sys.executable, "-m", *arguments)


def shellcheck() -> Sequence[str]:
    """Each file is read as its own first line says: sh, bash or bats."""
    return ("shellcheck", "--external-sources", *shell_scripts())


def hadolint() -> Sequence[str]:
    return ("hadolint", "--no-color", *(name for name in files() if is_dockerfile(Path(name))))


def npm(script: str) -> Callable[[], Sequence[str]]:
    return lambda: ("npm", "run", "--silent", script)


TOOLS = (
    Tool("ruff", python("ruff", "check", ".")),
    Tool("ruff format", python("ruff", "format", "--check", ".")),
    Tool("mypy", python("mypy")),
    Tool("import contracts", lambda: ("lint-imports",)),
    Tool("sizes", python("deploy.checks.sizes")),
    Tool("addresses", python("deploy.checks.addresses")),
    Tool("shellcheck", shellcheck),
    Tool("hadolint", hadolint),
    Tool("compose config", python("deploy.checks.compose")),
    Tool("eslint", npm("lint"), folder="frontend"),
    Tool("vue-tsc", npm("typecheck"), folder="frontend"),
    Tool("generated client", npm("generate:check"), folder="frontend"),
)


def run(names: Sequence[str]) -> Result:
    """All tools, or those named."""
    return sum((check(tool) for tool in TOOLS if not names or tool.name in names), Result())


def check(tool: Tool) -> Result:
    """Quiet when it passes; its words when it does not, or when it could not be asked."""
    done = subprocess.run(
        tool.command(), check=False, cwd=tool.folder, env=environment(), capture_output=True, text=True
    )
    word, result = OUTCOMES.get(done.returncode, ("FAILED", Result(failed=1)))
    print(f"   {word} {tool.name}", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return result


def shell_scripts() -> list[str]:
    return [name for name in files() if is_shell(Path(name))]


def files() -> list[str]:
    """All that are, or are about to be, in a commit."""
    return subprocess.run(GIT, check=True, capture_output=True, text=True).stdout.splitlines()


def is_dockerfile(path: Path) -> bool:
    return path.is_file() and (path.name.startswith("Dockerfile") or path.suffix == ".Dockerfile")


def is_shell(path: Path) -> bool:
    if not path.is_file() or path.parts[0] == "frontend":
        return False
    with path.open("rb") as file:
        return path.suffix in SHELL_SUFFIXES or bool(SHELL.match(file.readline()))


def environment() -> dict[str, str]:
    """Enough for the type checker to read both programs' settings; nothing is connected to."""
    keys = generate()
    return dict(os.environ) | {
        "CLOUDEVY_DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none",
        "CLOUDEVY_BROKER_URL": "redis://127.0.0.1:1/0",
        "CLOUDEVY_SECRET_KEY": keys.secret_key,
        "CLOUDEVY_VAULT_PUBLIC_KEY": keys.vault_public,
        "CLOUDEVY_VAULT_PRIVATE_KEYS": keys.vault_private,
        "CLOUDEVY_PUBLIC_URL": "http://127.0.0.1:8001",
    }
