"""Each import contract fails when it is broken: one forbidden line at a time, in a copy."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("api", "scheduler", "shared", "simulator", "deploy")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
BREAKS = [
    ("programs", "api/urls.py", "import scheduler.fire"),
    ("programs", "scheduler/fire.py", "import api.errors"),
    ("programs", "shared/clock.py", "import scheduler.fire"),
    ("shared", "shared/fleet/models.py", "import shared.schedules.models"),
    ("shared", "shared/schedules/recurrence.py", "import shared.operations.states"),
    ("shared", "shared/people/models.py", "import shared.fleet.models"),
    ("shared", "shared/vault.py", "import shared.broker"),
    ("shared", "shared/errors.py", "import shared.vault"),
    ("shared", "shared/newcomer.py", ""),
    ("pure", "shared/schedules/recurrence.py", "import django.utils.timezone"),
    ("pure", "shared/operations/states.py", "from shared.operations import models"),
    ("pure", "scheduler/settling.py", "import celery"),
    ("pure", "scheduler/ec2/gateway.py", "import botocore"),
    ("aws", "scheduler/look.py", "import botocore.exceptions"),
    ("aws", "api/accounts/views.py", "import boto3"),
    ("http", "scheduler/app.py", "import rest_framework"),
    ("simulator", "simulator/world.py", "import shared.env"),
    ("simulator", "simulator/world.py", "import boto3"),
    ("stand-ins", "scheduler/connect.py", "import simulator.world"),
    ("stand-ins", "api/settings.py", "import deploy.embedded.keys"),
    ("demo", "deploy/demo/samples.py", "import deploy.embedded.ready"),
    ("demo", "deploy/demo/client.py", "import shared.env"),
    ("demo", "deploy/demo/relay.py", "import django"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code that may be broken."""
    copy = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "*.json")
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def broken(house: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The copy with one forbidden line more."""
    name, line = request.param
    path = house / name
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    yield house
    if before is None:
        path.unlink()
    else:
        path.write_text(before)


def lint(house: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    wanted = [argument for each in contracts for argument in ("--contract", each)]
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *wanted]
    return subprocess.run(command, check=False, cwd=house, capture_output=True, text=True)


def test_the_code_as_it_is_keeps_every_contract(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("contract", "broken"),
    [pytest.param(name, (path, line), id=f"{name}: {path}: {line}") for name, path, line in BREAKS],
    indirect=["broken"],
)
def test_a_broken_contract_is_seen(contract: str, broken: Path) -> None:
    done = lint(broken, contract)
    assert done.returncode != 0
    assert f"{NAMES[contract]} BROKEN" in done.stdout or "not listed as layers" in done.stdout + done.stderr


def test_every_contract_has_been_broken_once() -> None:
    assert {contract for contract, _, _ in BREAKS} == set(NAMES)


def test_the_modules_checked_strictly_are_the_pure_ones() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    pure = next(set(contract["source_modules"]) for contract in CONTRACTS if contract["id"] == "pure")
    strict = next(set(each["module"]) for each in settings["mypy"]["overrides"] if "warn_return_any" in each)
    assert pure <= strict
    assert all((ROOT / f"{name.replace('.', '/')}.py").exists() for name in pure)


@pytest.mark.parametrize(
    ("folder", "ours"), [("simulator", {"simulator"}), ("deploy/demo", {"simulator", "deploy"})]
)
def test_the_simulator_and_the_demo_need_nothing_but_python(folder: str, ours: set[str]) -> None:
    sources = [path for path in (ROOT / folder).rglob("*.py") if "tests" not in path.parts]
    imported = {name.split(".")[0] for path in sources for name in imports(path)}
    assert imported - set(sys.stdlib_module_names) == ours


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_our_packages_are_the_ones_in_this_folder() -> None:
    for package in (*PACKAGES, "tests"):
        spec = __import__(package).__spec__
        assert spec is not None
        assert Path(str(spec.origin)).is_relative_to(ROOT)
