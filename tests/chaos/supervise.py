"""Run several scenarios at a time, each in a process of its own, and tell what held.

It ends a scenario that takes longer than its cap, with everything that scenario has started.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded import keys
from deploy.embedded.postgres import quarters
from deploy.embedded.processes import Program, end, spawn
from deploy.embedded.programs import PYTHON, ROOT, inherited
from tests.chaos import report, template
from tests.chaos.report import Told
from tests.chaos.scenario import Scenario


@dataclass
class Job:
    """A scenario under way."""

    scenario: Scenario
    result: Path
    cap: float
    child: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def run(scenarios: Sequence[Scenario], wanted: argparse.Namespace) -> int:
    """The exit code; the table is printed and kept in var/chaos."""
    print(f"Seed {wanted.seed}. To repeat this run: {report.command(scenarios, wanted)}", flush=True)
    began = time.monotonic()
    with home(keep=wanted.keep) as place:
        template.make(place, keys.keep(place))
        print(f"A template of the database stands after {time.monotonic() - began:.1f} s.", flush=True)
        told = list(all_of(scenarios, wanted, place))
    return report.conclude(told, wanted, seconds=time.monotonic() - began)


@contextmanager
def home(*, keep: bool) -> Iterator[Path]:
    """A folder that the database's user can enter; gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="cloudevy-chaos-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        if keep:
            print(f"Logs and databases are in {path}.")
        else:
            for each in {path, quarters(path)}:
                shutil.rmtree(each, ignore_errors=True)


def all_of(scenarios: Sequence[Scenario], wanted: argparse.Namespace, place: Path) -> Iterator[Told]:
    """Results as they come; at most `jobs` at a time, the long ones first, then those that run alone."""
    ranked = sorted(scenarios, key=lambda each: each.lasts[wanted.full and not each.control])
    solos, waiting = ([each for each in ranked if each.alone is alone] for alone in (True, False))
    running: list[Job] = []
    try:
        while solos or waiting or running:
            while waiting and len(running) < wanted.jobs:
                running.append(start(waiting.pop(), wanted, place))
            if solos and not running:
                running.append(start(solos.pop(), wanted, place))
            time.sleep(0.1)
            for job in [each for each in running if over(each)]:
                running.remove(job)
                yield ended(job)
    finally:
        for job in running:
            end(job.child)


def start(scenario: Scenario, wanted: argparse.Namespace, place: Path) -> Job:
    name = "".join(letter if letter.isalnum() else "_" for letter in scenario.name)
    result = place / f"{name}.json"
    cap = scenario.full_cap + wanted.soak * 60 if wanted.full else scenario.short_cap
    options = (
        "--one",
        scenario.name,
        "--home",
        str(place),
        "--result",
        str(result),
        "--seed",
        str(wanted.seed),
    )
    more = ("--full", "--soak", str(wanted.soak)) if wanted.full else ()
    program = Program(
        name=scenario.name,
        command=(PYTHON, "-m", "tests.chaos", *options, *more),
        environment=inherited(demo=True) | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
        folder=ROOT,
    )
    with (place / f"{name}.log").open("ab") as log:
        return Job(scenario, result, cap, spawn(program, output=log))


def over(job: Job) -> bool:
    return job.child.poll() is not None or job.seconds > job.cap


def ended(job: Job) -> Told:
    """What came of it. Whatever it has started and left goes with it: they die with their parent."""
    late = job.child.poll() is None
    end(job.child)
    if job.result.exists():
        content = json.loads(job.result.read_text())
    else:
        log = job.result.with_suffix(".log").read_text()[-2000:]
        content = {
            "error": f"not done within {job.cap:.0f} s" if late else f"it ended without a result: {log}"
        }
    told = Told.of(job.scenario, content, seconds=job.seconds)
    print(told.line(), flush=True)
    for line in told.trouble():
        print(f"      {line}", flush=True)
    return told


if __name__ == "__main__":
    sys.exit(f"Use python -m tests.chaos; this is {os.path.basename(__file__)}.")  # noqa: PTH119
