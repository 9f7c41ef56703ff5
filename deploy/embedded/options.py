"""What `./run` can be asked for."""

import argparse
from dataclasses import dataclass
from pathlib import Path

BREAKABLE = ("worker", "beat", "redis", "postgres")
EPILOG = "Ctrl-C stops everything. Settings for real AWS accounts: see README.md."


@dataclass(frozen=True)
class Options:
    """`port` None: 8001 or the next free one. `data` None: a temporary folder."""

    port: int | None
    data: Path | None
    reset: bool
    ready_file: Path | None
    demo: bool
    story: bool
    part_to_break: str | None


def parse(arguments: list[str], *, base: Path) -> Options:
    """Exits with code 2 and one sentence for what it does not understand. Paths are relative to `base`."""
    parser = build()
    found = parser.parse_args(arguments)
    if found.break_ and not found.story:
        parser.error("--break belongs to --story: ./run --story --break worker")
    if found.story and (found.no_demo or found.data or found.reset):
        parser.error("--story brings its own simulator and folder: leave --no-demo, --data and --reset away")
    return Options(
        port=found.port,
        data=None if found.story else base / found.data if found.data else Path("var"),
        reset=found.reset,
        ready_file=base / found.ready_file if found.ready_file else None,
        demo=not found.no_demo,
        story=found.story,
        part_to_break=found.break_,
    )


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run", description="Run Cloudevy on this machine.", epilog=EPILOG)
    add = parser.add_argument
    add(
        "--port",
        type=port,
        metavar="N",
        help="port of the page and the API (default: 8001 or the next free one)",
    )
    add("--data", type=Path, metavar="DIR", help="folder that keeps everything (default: ./var)")
    add("--reset", action="store_true", help="throw away what the data folder keeps, then start")
    add(
        "--ready-file",
        type=Path,
        metavar="PATH",
        help="write address and sign-in there as JSON when all is up",
    )
    add("--no-demo", action="store_true", help="no simulator and no samples: for real AWS accounts")
    add(
        "--story",
        action="store_true",
        help="prove a scheduled stop and start end to end, print the timeline, end",
    )
    add("--break", dest="break_", choices=BREAKABLE, help="with --story: kill that part in the middle, twice")
    return parser


def port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port; write a number from 1 to 65535")
    return number
