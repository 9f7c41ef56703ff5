"""`python -m scheduler`: worker and beat, and what an operator needs: check, install, keygen, rotate."""

import argparse
import signal
import sys

from shared import env, vault
from shared.env import BadEnvironment

THREADS = 16
# What a shell says of a program that SIGTERM ended: half a rotation is no success.
CUT_SHORT = 128 + signal.SIGTERM


def main(arguments: list[str]) -> int:
    wanted = parse(arguments)
    if wanted.command == "keygen":
        print(*vault.generate(wanted.id), sep="\n")
        return 0
    try:
        return run(wanted)
    except BadEnvironment as error:
        sys.stderr.write(f"{error}\n")
        return 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scheduler")
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="the clock and the hands: fire, send, look, settle")
    worker.add_argument("--threads", type=int, help="default: CLOUDEVY_WORKER_THREADS, or 16")
    commands.add_parser("beat", help="knock for the ticks, after writing them into beat's table")
    commands.add_parser("check", help="only read the settings; 1 and a sentence when one is wrong")
    commands.add_parser(
        "install", help="only write the ticks into beat's table and remove those that are gone"
    )
    keygen = commands.add_parser(
        "keygen", help="print a new key pair for the vault: the public line, then the private one"
    )
    keygen.add_argument("id", nargs="?", default="k1", type=key_id, help="the key's name; default: k1")
    rotate = commands.add_parser("rotate", help="seal every credential anew with the first private key")
    how = rotate.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only count; 1 when one cannot be opened")
    how.add_argument(
        "--check", action="store_true", help="only count; 0 when nothing needs any key but the first"
    )
    return parser.parse_args(arguments)


def key_id(text: str) -> str:
    if not vault.KEY_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an id. Use up to 32 letters and digits.")
    return text


def run(wanted: argparse.Namespace) -> int:
    """What needs settings and a database, which keygen does without."""
    # As a container's first process it gets only the signals it asks for, and the imports take a second.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(CUT_SHORT if wanted.command == "rotate" else 0))
    import scheduler.app  # noqa: PLC0415, F401  sets Django up, which the others need first
    from scheduler import install, programs, rotate  # noqa: PLC0415

    threads = env.number("CLOUDEVY_WORKER_THREADS", default=THREADS, least=1)
    if wanted.command == "worker":
        return programs.run_worker(threads=wanted.threads or threads)
    if wanted.command == "beat":
        return programs.run_beat()
    if wanted.command == "install":
        install.install()
    if wanted.command == "rotate":
        return rotate.run(check=wanted.check, dry_run=wanted.dry_run)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
