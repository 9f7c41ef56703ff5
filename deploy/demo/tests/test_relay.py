"""The relay: bytes and ends pass both ways, and it knows when its namespace is dead."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import relay
from deploy.demo.relay import Address, Relay
from deploy.embedded import ports

ROOT = Path(__file__).resolve().parents[3]
LOOPBACK = "127.0.0.1"
LONGEST = 20.0
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def play(scene: Coroutine[Any, Any, None]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(LONGEST):
            await scene

    asyncio.run(in_time())


@asynccontextmanager
async def relayed(talk: Talk, *, most: int = relay.MOST) -> AsyncIterator[tuple[Relay, int]]:
    """A relay in front of a server that talks like that, and the relay's port."""
    far = await asyncio.start_server(talk, LOOPBACK, 0)
    made = Relay(Address(LOOPBACK, far.sockets[0].getsockname()[1]), most)
    near = await asyncio.start_server(made.accept, LOOPBACK, 0)
    try:
        yield made, near.sockets[0].getsockname()[1]
    finally:
        near.close()
        far.close()
        await made.leave()


async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers only when the question has ended, so it hangs unless the half-close comes through."""
    writer.write((await reader.read()).upper())
    writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data)
    writer.close()


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    relay.cut(writer)


def test_bytes_pass_both_ways_and_an_end_is_passed_on_while_the_answer_still_comes() -> None:
    question = os.urandom(3_000_000).hex().encode()

    async def scene() -> None:
        async with relayed(upper) as (_, port):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.write(question)
            writer.write_eof()
            assert await reader.read() == question.upper()
            writer.close()

    play(scene())


def test_a_reset_arrives_as_a_reset() -> None:
    async def scene() -> None:
        async with relayed(resetting) as (_, port):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

    play(scene())


def test_more_connections_than_allowed_are_turned_away_and_taken_again_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def ask(port: int) -> bytes:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            writer.write(b"hello")
            return await reader.read(5)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    async def scene() -> None:
        async with relayed(echo, most=1) as (made, port):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.write(b"first")
            assert await reader.read(5) == b"first"
            assert await ask(port) == b""
            writer.write(b"still")
            assert await reader.read(5) == b"still"
            writer.close()
            while made.tasks:
                await asyncio.sleep(0.01)
            assert await ask(port) == b"hello"

    play(scene())
    assert capsys.readouterr().err.count("More than 1 connections") == 1


def test_nobody_behind_it_ends_the_connection_and_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    async def scene() -> None:
        async with relayed(echo) as (made, port):
            made.to = Address(LOOPBACK, ports.free())
            for _ in range(3):
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
                with pytest.raises(ConnectionResetError):
                    await reader.read()
                writer.close()

    play(scene())
    assert capsys.readouterr().err.count("does not answer") == 1


def test_the_name_is_looked_up_for_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    connect = asyncio.open_connection

    async def looked_up(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        asked.append(host)
        return await connect(LOOPBACK, port)

    async def scene() -> None:
        async with relayed(upper) as (made, port):
            made.to = Address("simulator", made.to.port)
            for _ in range(2):
                reader, writer = await connect(LOOPBACK, port)
                writer.write_eof()
                assert await reader.read() == b""
                writer.close()

    monkeypatch.setattr(asyncio, "open_connection", looked_up)
    play(scene())
    assert asked == ["simulator", "simulator"]


class Namespace:
    """Interfaces as they are seen from look to look; the last stays."""

    def __init__(self, *views: set[str]) -> None:
        self.views = list(views)

    def __call__(self) -> set[str]:
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]


def test_a_namespace_that_lost_its_way_out_ends_the_relay_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def scene() -> None:
        seen = Namespace({"lo"}, {"lo", "eth0"}, {"lo", "eth0"}, {"lo"})
        to = Relay(Address(LOOPBACK, 9))
        ended = await relay.run(Address(LOOPBACK, 0), to, interfaces=seen, every=0.01, patience=0.01)
        assert ended == 1

    play(scene())
    assert "lost its way out" in capsys.readouterr().err


def test_a_namespace_that_never_had_a_way_out_is_no_reason_to_end() -> None:
    async def scene() -> None:
        watching = asyncio.create_task(relay.way_out_lost(Namespace({"lo"}), every=0.001))
        done, _ = await asyncio.wait((watching,), timeout=0.2)
        assert not done
        watching.cancel()

    play(scene())


def test_only_interfaces_that_are_up_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, flags in (("lo", "0x9"), ("eth0", "0x1003"), ("tunl0", "0x80")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "flags").write_text(f"{flags}\n")
    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(relay, "INTERFACES", tmp_path)
    assert relay.interfaces_up() == {"lo", "eth0"}


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_clean_while_connections_are_open(sign: signal.Signals) -> None:
    with socket.create_server((LOOPBACK, 0)) as far:
        to = f"{LOOPBACK}:{far.getsockname()[1]}"
        process = program("--listen", f"{LOOPBACK}:0", "--to", to)
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().split()[1].rpartition(":")[2])
            with socket.create_connection((LOOPBACK, port)), far.accept()[0]:
                process.send_signal(sign)
                rest = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, *rest) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--listen", "8004", "--to", "simulator:8004"), "is not HOST:PORT"),
        (("--listen", "127.0.0.1:8004", "--to", "simulator:http"), "is not HOST:PORT"),
        (("--listen", "192.0.2.1:1", "--to", "simulator:8004"), "Look at --listen 192.0.2.1:1"),
    ],
)
def test_what_cannot_be_relayed_is_refused_with_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    process = program(*arguments)
    _, complaints = process.communicate(timeout=LONGEST)
    assert process.returncode == 2
    assert words in complaints
    assert "Traceback" not in complaints


def program(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "deploy.demo.relay", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
