"""Stand-ins are built from what this repository says, kept, and made anew when that changes."""

import os
from pathlib import Path

import pytest

from deploy.embedded.errors import CannotStart
from deploy.engine import base, packages, standins
from deploy.engine.tests.conftest import Fake


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(packages, "CACHE", folder)
    monkeypatch.setattr(base, "archive", lambda: folder / "base.tar")
    monkeypatch.delenv("CI", raising=False)
    return folder


def test_each_recipe_belongs_to_a_stand_in() -> None:
    folders = {folder.name for folder in standins.RECIPES.iterdir()}
    assert folders == {stand_in.name for stand_in in standins.STAND_INS}


def test_the_first_time_all_are_built_and_kept(fake_docker: Fake, cache: Path) -> None:
    calls = fake_docker({"save*": 'touch "$3"'})
    (cache / "stand-ins-old.tar").touch()
    standins.provide(os.environ)
    words = [call.split()[0] for call in calls()]
    assert words == ["import", *["build"] * len(standins.STAND_INS), "save"]
    assert [path.name for path in cache.glob("stand-ins-*")] == [f"stand-ins-{standins.fingerprint()}.tar"]


def test_the_next_time_they_are_loaded(fake_docker: Fake, cache: Path) -> None:
    calls = fake_docker()
    (cache / f"stand-ins-{standins.fingerprint()}.tar").touch()
    standins.provide(os.environ)
    assert [call.split()[0] for call in calls()] == ["load"]


def test_on_a_machine_without_a_next_time_nothing_is_kept(
    fake_docker: Fake, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    calls = fake_docker()
    standins.provide(os.environ)
    assert not [call for call in calls() if call.startswith("save")]


def test_a_build_that_fails_once_is_tried_again(fake_docker: Fake, tmp_path: Path) -> None:
    once = tmp_path / "once"
    calls = fake_docker({"build*": f'[ -e "{once}" ] || {{ touch "{once}"; exit 1; }}'})
    standins.build(standins.STAND_INS[0], os.environ)
    assert [call.split()[0] for call in calls()] == ["build", "version", "build"]


def test_a_build_that_fails_twice_is_told_with_its_last_words(fake_docker: Fake) -> None:
    fake_docker({"build*": "echo no space left on device >&2; exit 1"})
    with pytest.raises(CannotStart, match="no space left on device"):
        standins.build(standins.STAND_INS[0], os.environ)


def test_another_recipe_is_another_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = standins.fingerprint()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(standins, "RECIPES", tmp_path)
    assert standins.fingerprint() != before


def test_other_authorities_are_another_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = base.fingerprint()
    bundle = tmp_path / "bundle.crt"
    bundle.write_text("another authority")
    monkeypatch.setenv("PIP_CERT", str(bundle))
    assert base.fingerprint() != before


@pytest.mark.parametrize(
    "stand_in", [each for each in standins.STAND_INS if each.wheel], ids=lambda each: each.name
)
def test_a_wheel_comes_with_the_version_and_hashes_of_the_pinned_list(stand_in: standins.StandIn) -> None:
    lines = standins.pin(stand_in.wheel).splitlines()
    assert lines[0].startswith(f"{stand_in.wheel}==")
    assert len(lines) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert not lines[-1].endswith("\\")


def test_a_wheel_that_is_not_pinned_is_told() -> None:
    with pytest.raises(CannotStart, match=r"compile\.sh"):
        standins.pin("no-such-wheel")
