"""`python -m deploy.demo.relay`: a port in one network namespace that leads to an address seen from there.

It lives in the scheduler's network namespace, where AWS may be simulated on loopback only, and forwards to
the simulator's container. When the scheduler's container restarts, it gets a new namespace and this one is
left in the old, which has no way out any more. Then the relay ends, and whoever supervises it starts it anew.

Must not know what it forwards.
"""

import argparse
import asyncio
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MOST = 256
CHUNK = 64 * 1024
EVERY = 0.5
# The scheduler has to be up again before the relay can be started inside its new namespace.
PATIENCE = 3.0
CONNECTING = 5.0
RESET = struct.pack("ii", 1, 0)
# A container that was killed says no goodbye: without questions its connections would stay for ever.
WATCHED = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
)
INTERFACES = Path("/sys/class/net")
UP = 0x1
LOST = (
    "This network namespace has lost its way out: the container it belongs to has restarted. "
    "Ending, to be started again inside the new one."
)
Interfaces = Callable[[], set[str]]


@dataclass(frozen=True)
class Address:
    """Where to listen or to lead."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass
class Relay:
    """Forwards both ways. At most `most` connections at once; whoever comes on top is turned away."""

    to: Address
    most: int = MOST
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    complaint: str = ""

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A new client."""
        if len(self.tasks) >= self.most:
            self.complain(f"More than {self.most} connections at once: the newest are turned away.")
            cut(writer)
            return
        task = asyncio.create_task(self.serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its first byte to the end of both directions."""
        try:
            await self.join(reader, writer)
        except OSError:
            pass  # one side was cut off; cutting the other too is how it is told
        finally:
            cut(writer)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns when both directions have ended and all bytes have left; OSError when a side was cut."""
        far_reader, far_writer = await self.connect()
        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
            await asyncio.gather(finish(writer), finish(far_writer))
        finally:
            cut(far_writer)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The name is looked up for each connection: a restarted container has another address."""
        try:
            async with asyncio.timeout(CONNECTING):
                reader, writer = await asyncio.open_connection(self.to.host, self.to.port)
        except OSError as error:
            self.complain(f"{self.to} does not answer: {str(error) or 'not in time'}. Is it running?")
            raise
        self.complaint = ""
        for level, option, value in WATCHED:
            writer.get_extra_info("socket").setsockopt(level, option, value)
        return reader, writer

    def complain(self, sentence: str) -> None:
        """Once, until something else is wrong or it has worked again."""
        if sentence != self.complaint:
            print(sentence, file=sys.stderr, flush=True)
        self.complaint = sentence

    async def leave(self) -> None:
        """Cut what is still open."""
        open_ones = list(self.tasks)
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its end; the end is passed on, the other direction may go on."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def finish(writer: asyncio.StreamWriter) -> None:
    """What is still on its way goes out first."""
    writer.close()
    await writer.wait_closed()


def cut(writer: asyncio.StreamWriter) -> None:
    """With a reset, as it came from the other side. Nothing happens to what has been closed in order."""
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


async def way_out_lost(interfaces: Interfaces, *, every: float = EVERY) -> None:
    """Returns when there was a way out of this namespace and there is none any more."""
    known = False
    while True:
        outer = interfaces() - {"lo"}
        if known and not outer:
            return
        known = known or bool(outer)
        await asyncio.sleep(every)


def interfaces_up() -> set[str]:
    """Names of the interfaces that are up here; some kernels leave dead tunnels in every namespace."""
    return {path.name for path in INTERFACES.iterdir() if is_up(path)}


def is_up(interface: Path) -> bool:
    try:
        return bool(int((interface / "flags").read_text(), 16) & UP)
    except OSError:
        return False  # it went away between the listing and the look


async def run(
    listen: Address,
    relay: Relay,
    *,
    interfaces: Interfaces = interfaces_up,
    every: float = EVERY,
    patience: float = PATIENCE,
) -> int:
    """0 after SIGTERM or SIGINT, 1 when the namespace is dead. OSError when the port cannot be had."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    server = await asyncio.start_server(relay.accept, listen.host, listen.port)
    port = server.sockets[0].getsockname()[1]
    print(f"Relaying {listen.host}:{port} to {relay.to}", flush=True)
    told = asyncio.create_task(ended.wait())
    lost = asyncio.create_task(way_out_lost(interfaces, every=every))
    await asyncio.wait((told, lost), return_when=asyncio.FIRST_COMPLETED)
    server.close()
    await relay.leave()
    if not told.done():
        lost.result()
        print(LOST, file=sys.stderr, flush=True)
        await asyncio.wait((told,), timeout=patience)
    return 0 if told.done() else 1


def main(arguments: list[str]) -> int:
    """2 with one sentence when it cannot begin."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.relay", description="A port that leads elsewhere."
    )
    parser.add_argument("--listen", type=address, required=True, metavar="HOST:PORT")
    parser.add_argument("--to", type=address, required=True, metavar="HOST:PORT")
    parser.add_argument("--most", type=int, default=MOST, help="connections at once (default %(default)s)")
    wanted = parser.parse_args(arguments)
    try:
        return asyncio.run(run(wanted.listen, Relay(wanted.to, wanted.most)))
    except OSError as error:
        print(f"The relay cannot work here: {error}. Look at --listen {wanted.listen}.", file=sys.stderr)
        return 2


def address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not HOST:PORT, as in 127.0.0.1:8004")
    return Address(host, int(port))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
