"""`python -m simulator`: the simulator as a program; on a loopback port, unless more is asked for aloud."""

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import signal
import sys
from pathlib import Path

from simulator import fleet
from simulator.endpoint import Endpoint
from simulator.listener import Connection
from simulator.settings import PROFILES
from simulator.simulation import Simulation


def main() -> int:
    """0 after a signal; 2 with one sentence when it cannot begin."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    wanted = _arguments()
    if not (wanted.beyond_loopback or _is_loopback(wanted.host)):
        return _refuse(
            f"The simulator listens on loopback only, not on {wanted.host}. Use --host 127.0.0.1, or add "
            "--beyond-loopback if everybody who reaches this machine may use and steer it."
        )
    try:
        simulation = Simulation(fleet.load(wanted.fleet), profile=wanted.profile, seed=wanted.seed)
    except ValueError as error:
        return _refuse(str(error))
    try:
        asyncio.run(serve(simulation, host=wanted.host, port=wanted.port, ready_file=wanted.ready_file))
    except OSError as error:
        return _refuse(
            f"Port {wanted.port} on {wanted.host} cannot be used: {error.strerror}. Take another, or 0."
        )
    return 0


async def serve(simulation: Simulation, *, host: str, port: int, ready_file: Path | None = None) -> None:
    """Serves until SIGINT or SIGTERM. OSError when the port cannot be had."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    endpoint = Endpoint(simulation)
    server = await loop.create_server(lambda: Connection(endpoint.handle), host, port, backlog=1024)
    url = _url(host, server.sockets[0].getsockname()[1])
    servers = len(simulation.world.everything())
    print(f"EC2 simulator listening on {url} (profile {simulation.profile}, {servers} servers)", flush=True)
    if ready_file is not None:
        _write_ready(ready_file, url)
    await ended.wait()
    server.close()


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _write_ready(path: Path, url: str) -> None:
    """Whole or not at all: a reader waits for the file to appear."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n")
    draft.replace(path)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="An EC2, STS and CloudWatch to try against."
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    parser.add_argument(
        "--beyond-loopback", action="store_true", help="take any --host: whoever reaches it may use it"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--fleet", type=Path, default=fleet.DEMO, help="JSON with accounts and servers")
    parser.add_argument(
        "--profile", choices=sorted(PROFILES), default="demo", help="transition times and limits"
    )
    parser.add_argument("--ready-file", type=Path, help="written with the URL once it listens")
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same times")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
