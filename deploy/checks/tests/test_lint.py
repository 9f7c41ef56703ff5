"""What the linters look at."""

import subprocess
from pathlib import Path

import pytest

from deploy.checks import lint


@pytest.mark.parametrize(
    ("name", "first", "found"),
    [
        ("run", "#!/bin/sh", True),
        ("build", "#!/usr/bin/env bash", True),
        ("build", "#!/bin/bash", True),
        ("tests.bats", "#!/usr/bin/env bats", True),
        ("sourced.sh", "# shellcheck shell=sh", True),
        ("sourced.bash", "# shellcheck shell=bash", True),
        ("program", "#!/usr/bin/env python3", False),
        ("page", "#!/usr/bin/env bashful", False),
        ("words", "run it with #!/bin/sh", False),
        ("empty", "", False),
    ],
)
def test_shell_scripts_are_known_by_their_name_or_first_line(
    tmp_path: Path, name: str, first: str, found: bool
) -> None:
    (tmp_path / name).write_text(f"{first}\n")
    assert lint.is_shell(tmp_path / name) is found


@pytest.mark.parametrize(("shell", "fine"), [("/usr/bin/env bash", True), ("/bin/sh", False)])
def test_a_script_is_read_as_the_shell_that_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str, fine: bool
) -> None:
    script = tmp_path / "script"
    script.write_text(f'#!{shell}\nnames=(one two)\necho "${{names[@]}}"\n')
    monkeypatch.setattr(lint, "shell_scripts", lambda: [str(script)])
    assert (subprocess.run(lint.shellcheck(), check=False, capture_output=True).returncode == 0) is fine
