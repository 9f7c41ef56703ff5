"""The one list of stages: what `./test` and `.ci/run` can run, in the order of cheapness."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.checks import browser, lint, results
from deploy.checks.results import Result

REPORTS = Path("var", "test")
# By its path: its name is none that pytest would find below `shared`.
DEEP = "shared/schedules/tests/deep/every_clock_change.py"
SYSTEM = ("tests", "--ignore=tests/e2e", "--ignore=tests/story", "--ignore=tests/images")
Run = Callable[[Sequence[str]], Result]


@dataclass(frozen=True)
class Stage:
    """`page`: wants the front end built. `apart`: runs only when named, or when everything is asked for.
    `alone`: runs only when named; whoever changes what it proves does that."""

    name: str
    sentence: str
    run: Run
    page: bool = False
    apart: bool = False
    alone: bool = False


def pytest(name: str, *paths: str) -> Run:
    """The tests below some paths, with the settings those paths call for."""

    def run(more: Sequence[str]) -> Result:
        report = fresh(name)
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *paths, *more]
        return results.read(report, exit_code=subprocess.run(command, check=False).returncode)

    return run


def vitest(more: Sequence[str]) -> Result:
    report = fresh("page")
    reporters = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={report.resolve()}")
    command = ["node", "node_modules/vitest/vitest.mjs", "run", *reporters, *more]
    return results.read(report, exit_code=subprocess.run(command, check=False, cwd="frontend").returncode)


def bats(more: Sequence[str]) -> Result:
    """The shell scripts, each branch, with a docker that only writes down."""
    report = fresh("scripts")
    steps = ". deploy/embedded/setup.sh && script_packages"
    if subprocess.run(("/bin/sh", "-c", steps, "./test"), check=False).returncode:
        return Result(failed=1)
    reporters = ("--report-formatter", "junit", "--output", str(REPORTS))
    command = ("tests/scripts/node_modules/bats/bin/bats", *reporters, *more, "tests/scripts")
    named = os.environ | {"BATS_REPORT_FILENAME": report.name}
    return results.read(report, exit_code=subprocess.run(command, check=False, env=named).returncode)


def e2e(more: Sequence[str]) -> Result:
    problem = browser.ensure()
    if problem:
        print(problem)
        return Result(failed=1)
    return pytest("e2e", "tests/e2e")(more)


def chaos(more: Sequence[str]) -> Result:
    """The short form, unless --full is among `more`."""
    report = fresh("chaos")
    command = (sys.executable, "-m", "tests.chaos", "--junit", str(report), *more)
    return results.read(report, exit_code=subprocess.run(command, check=False).returncode)


def fresh(name: str) -> Path:
    """A place for this stage's report; an old one must not be mistaken for it."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    return report


STAGES = (
    Stage("lint", "style, types, import contracts, sizes, shell, addresses", lint.run, page=True),
    Stage("page", "the front end's own tests", vitest, page=True),
    Stage("shared", "what both programs know", pytest("shared", "shared")),
    Stage("simulator", "the simulated EC2", pytest("simulator", "simulator")),
    Stage("scheduler", "the clock and the hands", pytest("scheduler", "scheduler")),
    Stage("api", "the HTTP program", pytest("api", "api")),
    Stage("deploy", "the launcher and the checks themselves", pytest("deploy", "deploy")),
    Stage("scripts", "building, pushing, pulling and installing, with a docker that only writes down", bats),
    Stage("system", "all parts together", pytest("system", *SYSTEM), page=True),
    Stage("story", "the promise, with parts killed on the way", pytest("story", "tests/story"), apart=True),
    Stage("chaos", "parts killed, frozen and cut off; broken builds that must be seen", chaos, apart=True),
    Stage("e2e", "the page in a real browser", e2e, page=True, apart=True),
    Stage("images", "what ships, on a real engine", pytest("images", "tests/images"), apart=True),
    Stage(
        "deep",
        "timetables at every clock change of ten years, in every zone",
        pytest("deep", DEEP),
        alone=True,
    ),
)
