"""`python -m tests.chaos.worker`: the product's worker and beat, with a fault point armed or a part broken.

The programs are the product's own, started as it starts them. Only here functions are replaced, by name: no
hook for tests stands in the product. `crew` keeps one process with everything imported and forks the programs
from it on request (JSON lines on stdin and stdout), because a start costs a second of processor time and
hundreds are killed.
"""

import argparse
import ctypes
import json
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    wanted = parse(arguments)
    prepare()
    if wanted.program == "crew":
        return crew()
    return play(vars(wanted))


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.worker", description=__doc__)
    parser.add_argument("--build", default="", help="one of tests.chaos.builds: deliberately broken")
    parser.add_argument("--die-at", default="", metavar="POINT:NTH[:SIGNAL]", help="see tests.chaos.points")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("program", choices=("worker", "beat", "crew"))
    return parser.parse_args(arguments)


def prepare() -> None:
    """Import all that a program needs, and read what botocore and the migrations take long to read."""
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    import scheduler.app  # noqa: PLC0415, F401  sets Django up, which the others need first
    from scheduler import programs  # noqa: PLC0415, F401
    from scheduler.ec2.session import Credentials, Keys, Place, build  # noqa: PLC0415

    MigrationLoader(None)
    place = Place(Credentials(base=("warm", "up")), "eu-central-1", "http://127.0.0.1:1")
    build("ec2", place=place, keys=Keys("warm", "up"))


def play(part: Mapping[str, Any]) -> int:
    """Be that program until it ends."""
    from scheduler import programs, send  # noqa: PLC0415
    from tests.chaos import asker, builds, points  # noqa: PLC0415

    send.OWNER = f"{socket.gethostname()}:{os.getpid()}"
    builds.apply(part.get("build") or "")
    points.arm(part.get("die_at") or "")
    if part["program"] == "asker":
        return asker.ask()
    if part["program"] == "beat":
        return programs.run_beat()
    return programs.run_worker(threads=part.get("threads") or 4)


def crew() -> int:
    """Fork what is asked for until stdin ends; tell pids and exit codes."""
    say({"ready": True})
    heard = b""
    while True:
        tell_ends()
        if not select.select([0], [], [], 0.05)[0]:
            continue
        more = os.read(0, 65536)
        if not more:
            return 0
        *lines, heard = (heard + more).split(b"\n")
        for line in lines:
            hire(json.loads(line))


def hire(part: dict[str, Any]) -> None:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os._exit(forked(part))
    say({"name": part["name"], "pid": pid})


def forked(part: dict[str, Any]) -> int:
    """In the child: a log of its own, the same death as the crew's, chance of its own."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    log = os.open(part["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((null, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    random.seed()
    try:
        code = play(part)
    except SystemExit as done:
        code = int(done.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def tell_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def say(what: Mapping[str, object]) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main(sys.argv[1:]))
