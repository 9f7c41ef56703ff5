"""`python -m deploy.engine up|down`: an engine that stays, for a person who tries images by hand."""

import argparse
import sys
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.engine import daemon, standins
from deploy.engine.daemon import Daemon

FOLDER = Path("/tmp/cloudevy-engine")  # noqa: S108  a socket's path must be short


def main(arguments: list[str]) -> int:
    """1 with a sentence when it cannot be done."""
    wanted = parse(arguments)
    own = Daemon(wanted.folder.absolute())
    try:
        up(own) if wanted.action == "up" else daemon.remove(own)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.engine", description=__doc__)
    parser.add_argument(
        "action", choices=("up", "down"), help="start it and print how to use it; end it and remove it"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it lives (default: %(default)s)")
    return parser.parse_args(arguments)


def up(own: Daemon) -> None:
    """Prints what a shell evaluates: `eval "$(python -m deploy.engine up)"`."""
    daemon.check(own.folder)
    try:
        daemon.start(own, stays=True)
        standins.provide(own.environment)
    except CannotStart:
        daemon.remove(own)
        raise
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "CLOUDEVY_BUILD_ARGS"):
        print(f"export {name}={own.environment[name]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
