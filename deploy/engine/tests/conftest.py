"""A `docker` that does nothing but write down how it was called and answer as told."""

from collections.abc import Callable
from pathlib import Path

import pytest

Calls = Callable[[], list[str]]
Fake = Callable[..., Calls]
SCRIPT = """\
#!/bin/sh
printf '%s\\n' "$*" >>"{log}"
case "$*" in
{cases}
esac
"""


@pytest.fixture
def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """fake_docker({"image ls*": "echo x", "version": "exit 1"}) -> what tells the calls so far."""

    def install(answers: dict[str, str] | None = None) -> Calls:
        programs, log = tmp_path / "bin", tmp_path / "calls"
        programs.mkdir()
        log.touch()
        cases = "".join(f"{quote(pattern)}) {command} ;;\n" for pattern, command in (answers or {}).items())
        (programs / "docker").write_text(SCRIPT.format(log=log, cases=cases))
        (programs / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
        return lambda: log.read_text().splitlines()

    return install


def quote(pattern: str) -> str:
    return "*".join(f'"{part}"' if part else "" for part in pattern.split("*"))
