"""Settings fail loudly: what is missing or unclear stops the program with the variable's name."""

from pathlib import Path

import pytest

from shared import env
from shared.env import BadEnvironment


def test_a_missing_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDEVY_X", raising=False)
    with pytest.raises(BadEnvironment, match="CLOUDEVY_X is not set"):
        env.text("CLOUDEVY_X")
    assert env.text("CLOUDEVY_X", "fallback") == "fallback"


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("true", True), ("0", False), ("FALSE", False), ("", True)]
)
def test_a_switch_reads_four_words(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("CLOUDEVY_X", value)
    assert env.flag("CLOUDEVY_X", default=True) is expected


def test_a_switch_reads_no_other_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDEVY_X", "maybe")
    with pytest.raises(BadEnvironment, match="maybe"):
        env.flag("CLOUDEVY_X")


def test_a_number_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDEVY_X", "12a")
    with pytest.raises(BadEnvironment, match="12a"):
        env.number("CLOUDEVY_X", default=3)


def test_a_number_may_have_a_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDEVY_X", "0")
    assert env.number("CLOUDEVY_X", default=3) == 0
    with pytest.raises(BadEnvironment, match="The least is 1"):
        env.number("CLOUDEVY_X", default=3, least=1)


def test_an_empty_file_is_as_missing_as_an_empty_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "empty"
    file.write_text("\n")
    monkeypatch.delenv("CLOUDEVY_X", raising=False)
    monkeypatch.setenv("CLOUDEVY_X_FILE", str(file))
    with pytest.raises(BadEnvironment, match="is empty"):
        env.secret("CLOUDEVY_X")
    assert env.secret("CLOUDEVY_X", default="another") == "another"


def test_a_secret_comes_from_a_file_or_the_variable_but_never_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("hidden\n")
    monkeypatch.delenv("CLOUDEVY_X", raising=False)
    monkeypatch.setenv("CLOUDEVY_X_FILE", str(file))
    assert env.secret("CLOUDEVY_X") == "hidden"
    monkeypatch.setenv("CLOUDEVY_X", "open")
    with pytest.raises(BadEnvironment, match="both"):
        env.secret("CLOUDEVY_X")


def test_an_unreadable_secret_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLOUDEVY_X_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(BadEnvironment, match="nowhere"):
        env.secret("CLOUDEVY_X")
