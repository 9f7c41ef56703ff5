"""`./test`: runs stages, tells each one's count, and ends with the total.

Exit codes: 0 all passed, 1 something failed, 2 an unknown stage.
"""

import argparse
import os
import subprocess
import sys
import time

from deploy.checks.results import Result
from deploy.checks.stages import REPORTS, STAGES, Stage

EXTRA = "--"


def main(arguments: list[str]) -> int:
    """Run what is asked for."""
    stages, more = split(arguments)
    wanted = parse(stages)
    if wanted.stages:
        print(*(stage.name for stage in STAGES), sep="\n")
        return 0
    chosen = choose(wanted.names, everything=wanted.all)
    total = run(chosen, [*more, *chaos_options(wanted)])
    conclude(total)
    return 1 if total.failed else 0


def conclude(total: Result) -> None:
    """The last line, and the same in a file, so that a caller can tell a total from a crash."""
    line = f"{total.passed} passed, {total.failed} failed"
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "total").write_text(f"{line}\n")
    print(f"\n{line}", flush=True)


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Stages, and what follows `--` for the tool that runs them."""
    if EXTRA not in arguments:
        return arguments, []
    at = arguments.index(EXTRA)
    return arguments[:at], arguments[at + 1 :]


def parse(arguments: list[str]) -> argparse.Namespace:
    names = [stage.name for stage in STAGES]
    told = "\n".join(f"  {stage.name:<10} {stage.sentence}" for stage in STAGES)
    parser = argparse.ArgumentParser(
        prog="./test",
        description=f"Run the checks: those named, or all but story, chaos, e2e, images and deep.\n\n{told}",
        epilog="What follows -- goes to pytest, vitest or bats: ./test api -- -k schedules",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="STAGE")
    parser.add_argument("--all", action="store_true", help="every stage but deep")
    parser.add_argument("--stages", action="store_true", help="print the names of the stages and end")
    parser.add_argument("--full", action="store_true", help="chaos: the large numbers; takes hours")
    parser.add_argument("--seed", type=int, help="chaos: repeat the choices of a run")
    parser.add_argument(
        "--soak", type=int, metavar="MINUTES", help="chaos: with --full, mixed faults for so long"
    )
    found = parser.parse_args(arguments)
    if chaos_options(found) and found.names != ["chaos"]:
        parser.error("--full, --seed and --soak belong to the stage chaos alone: ./test chaos --full")
    if unknown := set(found.names) - set(names):
        parser.error(f"there is no stage {min(unknown)}; known: {', '.join(names)}")
    return found


def chaos_options(wanted: argparse.Namespace) -> list[str]:
    """What only the stage chaos understands, as it wants it."""
    numbers = {"--seed": wanted.seed, "--soak": wanted.soak}
    given = [word for name, value in numbers.items() if value is not None for word in (name, str(value))]
    return [*(["--full"] if wanted.full else []), *given]


def choose(names: list[str], *, everything: bool) -> list[Stage]:
    if names:
        return [stage for stage in STAGES if stage.name in names]
    return [stage for stage in STAGES if not stage.alone and (everything or not stage.apart)]


def run(stages: list[Stage], more: list[str]) -> Result:
    strict = os.environ.get("CI") == "true"
    total, told = Result(), []
    for stage in stages:
        print(f"\n== {stage.name}: {stage.sentence}", flush=True)
        began = time.monotonic()
        result = stage.run(more) if not stage.page or page_built() else Result(failed=1)
        told.append(f"   {stage.name:<10} {result}  ({time.monotonic() - began:.1f} s)")
        total += result.strict() if strict else result
    print("", *told, sep="\n")
    return total


def page_built() -> bool:
    """Whether the front end is built; made if need be by the script that ./run uses."""
    steps = ". deploy/embedded/setup.sh && build_page"
    return subprocess.run(("/bin/sh", "-c", steps, "./test"), check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
