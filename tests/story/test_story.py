"""A scheduled stop and start happen, and everybody agrees on them, whatever part dies on the way."""

import subprocess
import sys

import pytest

from deploy.embedded.programs import ROOT


@pytest.mark.parametrize("part", [None, "worker", "beat", "redis", "postgres"])
def test_the_story_comes_true(part: str | None) -> None:
    options = ("--break", part) if part else ()
    command = (sys.executable, "-m", "deploy.embedded", "--story", *options)
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✅ The story came true" in done.stdout
    assert done.stdout.count(f"💥 {part} killed") == (2 if part else 0)
