"""Packages are asked for twice at most, only where they are missing, and only where we know how."""

from pathlib import Path

import pytest

from deploy.embedded.errors import CannotStart
from deploy.engine import packages


def test_what_is_there_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "again", lambda *words, **_: pytest.fail(f"called {words}"))
    packages.install({"sh": "dash"})


def test_what_is_missing_is_installed_once_per_package(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(packages, "again", lambda command, **_: asked.append(command))
    monkeypatch.setattr(packages, "release", lambda: packages.RELEASE)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    packages.install({"no-such-1": "some", "no-such-2": "some", "sh": "dash"})
    assert asked == [(*packages.APT, "install", "-y", "--no-install-recommends", "some")]


def test_on_another_system_a_person_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "release", lambda: "")
    with pytest.raises(CannotStart, match="Install and start Docker"):
        packages.install({"no-such-program": "some"})


def test_old_lists_are_renewed_before_the_second_try(tmp_path: Path) -> None:
    renewed = tmp_path / "renewed"
    packages.again(("test", "-e", str(renewed)), after=("touch", str(renewed)))
    with pytest.raises(CannotStart, match="exit code 1"):
        packages.again(("test", "-e", "/no/such"), after=("true",))


def test_a_package_of_the_next_debian_is_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "CACHE", tmp_path)
    fetched: list[str] = []

    def unpack(name: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        fetched.append(name)

    monkeypatch.setattr(packages, "unpack", unpack)
    assert packages.later("tool") == packages.later("tool")
    assert fetched == ["tool"]
