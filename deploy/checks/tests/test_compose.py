"""The check of docker-compose.yml by Compose itself can fail, and says when it did not happen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.checks import compose, lint
from deploy.checks.results import Result
from deploy.embedded.errors import CannotStart

GOOD = """\
name: example
services:
  base: {image: "api:${CLOUDEVY_TAG}"}
  api: {image: api, profiles: [api], ports: ["${CLOUDEVY_PORT}:1"]}
  extra: {image: api, profiles: [extra], environment: {WORD: "${CLOUDEVY_WORD:-none}"}}
"""
Write = Callable[[str], Path]


@pytest.fixture(scope="module")
def command() -> compose.Command:
    """Compose itself; where there is none the check skips, and so does this."""
    try:
        return compose.find()
    except CannotStart as error:
        pytest.skip(str(error))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        (tmp_path / "docker-compose.yml").write_text(text)
        (tmp_path / ".env.example").write_text("CLOUDEVY_TAG=\nCLOUDEVY_PORT=8001\n")
        return tmp_path

    return write


def test_a_good_file_passes_with_all_its_profiles(command: compose.Command, write: Write) -> None:
    assert list(compose.problems(command, write(GOOD))) == []


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("base: {image", "base: {imige", "imige"),
        ("CLOUDEVY_PORT", "CLOUDEVY_PROT", "CLOUDEVY_PROT"),
        ("${CLOUDEVY_WORD:-none}", "${CLOUDEVY_WORD:?write a word}", "write a word"),
        ("name: example", "name: [", "yaml"),
        ("profiles: [extra]", "profiles: [extra], depends_on: [api]", "with profiles ['extra']"),
    ],
    ids=[
        "misspelt key",
        "variable nobody sets",
        "wanted by a profile",
        "no YAML",
        "leans on another profile",
    ],
)
def test_a_fault_is_told_by_its_name(
    command: compose.Command, write: Write, before: str, after: str, word: str
) -> None:
    found = list(compose.problems(command, write(GOOD.replace(before, after))))
    assert word in found[0]


def test_settings_of_this_machine_hide_nothing(
    command: compose.Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDEVY_PROT", "8001")
    assert list(compose.problems(command, write(GOOD.replace("CLOUDEVY_PORT", "CLOUDEVY_PROT"))))


def test_where_compose_cannot_be_had_the_check_counts_as_skipped_and_strictly_as_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere() -> compose.Command:
        raise CannotStart("Install it and run this again.")

    monkeypatch.setattr(compose, "find", nowhere)
    assert compose.main() == compose.SKIPPED
    assert "Nothing was checked" in capsys.readouterr().out
    result = lint.check(lint.Tool("compose config", lambda: ("sh", "-c", f"exit {compose.SKIPPED}")))
    assert result == Result(skipped=1)
    assert result.strict() == Result(failed=1)
