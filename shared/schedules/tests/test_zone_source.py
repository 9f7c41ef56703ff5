"""Zones mean what the pinned package says, whatever the machine or its environment has to say."""

import ast
import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from shared.errors import InvalidRule
from shared.schedules import walls

ROOT = Path(__file__).parents[3]
PROGRAM = """
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
known = ZoneInfo("Europe/Berlin")
from shared.schedules import walls
print(walls.shown(datetime(2026, 11, 23, tzinfo=UTC), "Europe/Berlin"), "Home/Made" in walls.zone_names())
"""


LIBRARIES = """
import django
django.setup()
from shared.schedules import walls
from timezone_field import TimeZoneField
print("Home/Made" in {str(zone) for zone in TimeZoneField().default_tzs}, len(walls.zone_names()) > 500)
"""


def test_neither_the_machine_nor_its_environment_changes_a_zone(tmp_path: Path) -> None:
    """A folder of zones in which Berlin has Kolkata's rules, named as Python wants it and used before."""
    assert said(PROGRAM, tmp_path) == ["2026-11-23T01:00:00+01:00", "False"]


def test_libraries_that_list_zones_list_the_same(tmp_path: Path) -> None:
    """One makes all that it has listed, so a zone that is there at first and gone later ends a program."""
    assert said(LIBRARIES, tmp_path) == ["False", "True"]


def said(program: str, folder: Path) -> list[str]:
    """The words of a program for which the machine's zones lie in that folder."""
    for name in ("Europe/Berlin", "Home/Made"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with resources.as_file(resources.files("tzdata") / "zoneinfo" / "Asia" / "Kolkata") as file:
            shutil.copy(file, path)
    done = subprocess.run(
        (sys.executable, "-c", program),
        check=True,
        cwd=ROOT,
        env=dict(os.environ) | {"PYTHONTZPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def test_the_search_path_is_empty_in_every_process_that_knows_a_zone() -> None:
    assert zoneinfo.TZPATH == ()
    assert {"Asia/Kolkata", "Asia/Calcutta", "UTC", "Etc/GMT+5"} <= walls.zone_names()


@pytest.mark.parametrize(
    "name", ["Mars/Base", "+02:00", "", "../etc/localtime", "posix/Europe/Berlin", "localtime"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        walls.zone_named(name)
    assert (caught.value.code, caught.value.field) == ("unknown_timezone", "timezone")


def test_nobody_else_makes_zones() -> None:
    makers = {path.name for folder in ("api", "scheduler", "shared") for path in made_in(ROOT / folder)}
    assert makers == {"walls.py"}


def made_in(folder: Path) -> Iterator[Path]:
    """Modules of programs in which a zone is made by its name."""
    for path in folder.rglob("*.py"):
        if "tests" in path.parts:
            continue
        calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        if any(isinstance(call, ast.Name) and call.id == "ZoneInfo" for call in calls):
            yield path
