"""`./run --story`: the story on what the launcher has just started.

`--break PART` kills that part just before the stop is due, and again when EC2 has accepted the start; the
launcher brings it back.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.demo.client import Client, NotInTime, Refused
from deploy.demo.story import Story
from deploy.demo.timeline import table
from deploy.embedded import ready
from deploy.embedded.options import BREAKABLE


def breaker(part: str | None, folder: Path) -> Callable[[], None]:
    """What ends the part, told by the launcher's pid file; nothing when nothing is to break."""

    def kill() -> None:
        if part:
            pid = int((folder / f"{part}.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            print(f"💥 {part} killed (process {pid})")

    return kill


def main(arguments: list[str]) -> int:
    """0 when every step happened and everybody agreed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("told", type=Path)
    parser.add_argument("--break", dest="part", choices=BREAKABLE)
    wanted = parser.parse_args(arguments)
    where = ready.read(wanted.told)
    story = Story(
        Client(f"{where.url}/api/v1", where.api_token),
        Client(str(where.simulator_url)),
        breaker(wanted.part, wanted.told.parent),
    )
    began = time.monotonic()
    try:
        wrong = story.tell()
    except (Refused, NotInTime, OSError) as error:
        wrong = [str(error)]
    print(table(story.acts))
    for line in wrong:
        print(f"❌ {line}")
    ending = "❌ The story did not come true" if wrong else "✅ The story came true"
    print(f"{ending} in {time.monotonic() - began:.1f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
