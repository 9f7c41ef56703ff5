"""`python -m tests.chaos`: break things, and tell what held.

Each scenario is a process of its own with parts of its own, so several run at a time and one that hangs is
ended by its cap. The table and var/chaos/*.json say what was measured. 0: all held and every control was
seen; 1 otherwise.
"""

import argparse
import os
import random
import sys
from pathlib import Path

from tests.chaos import alone, supervise
from tests.chaos.catalogue import BY_NAME, SCENARIOS


def main(arguments: list[str]) -> int:
    wanted = parse(arguments)
    if wanted.one:
        return alone.run(BY_NAME[wanted.one], wanted)
    if wanted.list:
        print(*(f"{each.name:<34} {each.sentence}" for each in SCENARIOS), sep="\n")
        return 0
    names = wanted.names or [each.name for each in SCENARIOS if each.short or wanted.full]
    if unknown := set(names) - set(BY_NAME):
        print(f"There is no scenario {min(unknown)!r}; see --list.", file=sys.stderr)
        return 2
    return supervise.run([BY_NAME[name] for name in names], wanted)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./test chaos --", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", metavar="SCENARIO", help="only these; see --list")
    add("--full", action="store_true", help="the large numbers, and the scenarios that take long")
    add("--seed", type=int, default=random.randrange(10**6), help="repeats the choices of a run")
    add("--jobs", type=int, default=max(4, (os.cpu_count() or 2) * 3), help="scenarios at a time")
    add("--soak", type=int, default=0, metavar="MINUTES", help="with --full: mixed faults for so long")
    add("--keep", action="store_true", help="leave logs and databases behind and say where")
    add("--junit", type=Path, help="write the results there too")
    add("--list", action="store_true", help="tell the scenarios and end")
    add("--one", help=argparse.SUPPRESS)
    add("--home", type=Path, help=argparse.SUPPRESS)
    add("--result", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
