"""How fast the EC2 simulator is, beside moto when moto is installed.

Prints calls per second of one core (from the server's own CPU time, so the client does not count) for a small
call, the time of a page of 1,000 servers, and the ratios. Run: python bench/simulator.py [--seconds 3]
"""

import argparse
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
KEY = "AKIASIMULATOR0000001"
SERVERS = 1000
HEADERS = (
    "User-Agent: Boto3/1.44 md/Botocore#1.44 ua/2.1 os/linux md/arch#x86_64 cloudevy-call/1\r\n"
    "X-Amz-Date: 20260101T000000Z\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
    f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20260101/eu-central-1/ec2/aws4_request, "
    f"SignedHeaders=content-type;host;x-amz-date, Signature={'0' * 64}\r\n"
)


@dataclass(frozen=True)
class Side:
    """One server under measurement. moto's stops answering on a kept connection after a large page."""

    name: str
    host: str
    port: int
    pid: int
    keep: bool = True


@dataclass(frozen=True)
class Measured:
    """`wall` and `cpu` are seconds for one call; `cpu` is the server's."""

    wall: float
    cpu: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each measurement")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        with simulator(Path(folder)) as side:
            ours = measure(side, seconds)
        theirs = None
        if importlib.util.find_spec("moto") and importlib.util.find_spec("flask"):
            with moto(Path(folder)) as side:
                theirs = measure(side, seconds)
    report(ours, theirs)
    return 0


def report(ours: dict[str, Measured], theirs: dict[str, Measured] | None) -> None:
    print(
        f"{'call':<38}{'wall ms':>10}{'cpu ms':>10}{'calls/s of a core':>20}{'moto cpu ms':>14}{'ratio':>9}"
    )
    for name, one in ours.items():
        line = f"{name:<38}{one.wall * 1e3:>10.3f}{one.cpu * 1e3:>10.3f}{1 / one.cpu:>20.0f}"
        if theirs is not None:
            line += f"{theirs[name].cpu * 1e3:>14.3f}{theirs[name].cpu / one.cpu:>9.0f}"
        print(line)
    if theirs is None:
        print("moto is not installed: no ratios")


def measure(side: Side, seconds: float) -> dict[str, Measured]:
    some = instance_ids(side)
    bodies = {
        "StopInstances, 1 server": f"Action=StopInstances&Version=2016-11-15&InstanceId.1={some[0]}",
        "DescribeInstanceStatus, 1 server": "Action=DescribeInstanceStatus&Version=2016-11-15"
        f"&IncludeAllInstances=true&InstanceId.1={some[0]}",
        "DescribeInstanceStatus, 1,000 servers": "Action=DescribeInstanceStatus&Version=2016-11-15"
        "&IncludeAllInstances=true&MaxResults=1000",
        "DescribeInstances, 1,000 servers": "Action=DescribeInstances&Version=2016-11-15&MaxResults=1000",
    }
    return {name: timed(side, body, seconds) for name, body in bodies.items()}


def timed(side: Side, body: str, seconds: float) -> Measured:
    with connected(side) as ask:
        ask(body)
        before, begun, calls = cpu_seconds(side.pid), time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            ask(body)
            calls += 1
        wall = time.perf_counter() - begun
    return Measured(wall / calls, max(cpu_seconds(side.pid) - before, 0.01) / calls)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def instance_ids(side: Side) -> list[str]:
    with connected(side) as ask:
        page = ask("Action=DescribeInstances&Version=2016-11-15&MaxResults=1000")
    found = re.findall(rb"<instanceId>(i-[0-9a-f]+)</instanceId>", page)
    if len(found) != SERVERS:
        raise SystemExit(f"{side.name} shows {len(found)} servers instead of {SERVERS}.")
    return [one.decode() for one in found]


@contextmanager
def connected(side: Side) -> Iterator[Callable[[str], bytes]]:
    """Asks over one kept connection; where `keep` is off, over a new one each time."""
    head = f"POST / HTTP/1.1\r\nHost: {side.host}:{side.port}\r\n{HEADERS}"

    def asked(sock: socket.socket, body: str) -> bytes:
        sock.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return answered(sock)

    def anew(body: str) -> bytes:
        with socket.create_connection((side.host, side.port)) as sock:
            return asked(sock, body)

    if not side.keep:
        yield anew
        return
    with socket.create_connection((side.host, side.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield partial(asked, sock)


def answered(sock: socket.socket) -> bytes:
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += received(sock)
    length = re.search(rb"(?i)content-length: (\d+)", data[:end])
    if length is None or data.split(b" ", 2)[1] != b"200":
        raise SystemExit(f"Not a good answer: {data[:300]!r}")
    parts, missing = [data[end + 4 :]], int(length[1]) - (len(data) - end - 4)
    while missing > 0:
        parts.append(received(sock))
        missing -= len(parts[-1])
    return b"".join(parts)


def received(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 20)
    if not data:
        raise SystemExit("The server closed the connection.")
    return data


@contextmanager
def simulator(folder: Path) -> Iterator[Side]:
    fleet, ready = folder / "fleet.json", folder / "ready.json"
    account = {
        "id": "111122223333",
        "keys": [{"access_key_id": KEY, "secret_access_key": "unused"}],
        "generate": [{"region": "eu-central-1", "count": SERVERS, "tags": {"team": "qa", "env": "dev"}}],
    }
    fleet.write_text(json.dumps({"accounts": [account]}))
    command = ["-m", "simulator", "--profile", "test", "--fleet", str(fleet), "--ready-file", str(ready)]
    with running(command) as pid:
        wait_for(ready.exists)
        url = urlsplit(json.loads(ready.read_text())["url"])
        side = Side("the simulator", url.hostname or "", url.port or 0, pid)
        settings = json.dumps({"verify_signatures": False})
        with socket.create_connection((side.host, side.port)) as sock:
            head = (
                f"POST /_sim/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(settings)}\r\n\r\n"
            )
            sock.sendall((head + settings).encode())
            answered(sock)
        yield side


MOTO = """
import sys
from werkzeug.serving import make_server, WSGIRequestHandler
from moto.server import DomainDispatcherApplication, create_backend_app
WSGIRequestHandler.log = lambda *a: None
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
open(sys.argv[1] + ".new", "w").write(str(server.port))
import os; os.replace(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
"""


@contextmanager
def moto(folder: Path) -> Iterator[Side]:
    ready = folder / "moto.port"
    with running(["-c", MOTO, str(ready)]) as pid:
        wait_for(ready.exists)
        side = Side("moto", "127.0.0.1", int(ready.read_text()), pid, keep=False)
        with connected(side) as ask:
            ask(
                f"Action=RunInstances&Version=2016-11-15&ImageId=ami-12345678&MinCount={SERVERS}&MaxCount={SERVERS}"
            )
        yield side


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    environment = {**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def wait_for(there: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not there():
        if time.monotonic() > until:
            raise SystemExit("The server did not begin to listen in time.")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
