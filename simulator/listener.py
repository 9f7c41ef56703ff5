"""HTTP/1.1 on raw asyncio: reads requests, keeps connections, and acts out waits and cuts.

Must not know what a request means; a function turns it into an answer.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from simulator import xml
from simulator.messages import Answer, Request

_MOST_HEAD = 64 * 1024
_MOST_BODY = 8 * 1024 * 1024
_PIECES = 20
_RESET = struct.pack("ii", 1, 0)
_log = logging.getLogger("simulator")
Handle = Callable[[Request], Answer]


class _BadRequestError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection(asyncio.Protocol):
    """One client. Requests on it are answered one after the other."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._buffer = b""
        self._busy: asyncio.TimerHandle | None = None
        self._owed: Answer | None = None
        self._transport: asyncio.Transport | None = None
        self._promised = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._busy is not None:
            self._busy.cancel()
        if self._owed is not None and self._owed.lost is not None:
            self._owed.lost()
        self._owed = self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    def _serve(self) -> None:
        try:
            while (
                self._busy is None and self._transport is not None and (request := self._next()) is not None
            ):
                self._promised = False
                self._give(self._answered(request), request)
        except _BadRequestError as error:
            body = xml.ec2_error("InvalidRequest", f"The request is invalid: {error}.", request_id="0")
            self._write(Answer(error.status, body), close=True)

    def _answered(self, request: Request) -> Answer:
        try:
            return self._handle(request)
        except Exception:  # noqa: BLE001 - the top of the loop: one failure must not end the server
            _log.exception("the simulator failed on %s %s", request.method, request.target)
            body = xml.ec2_error(
                "InternalFailure", "The simulator itself failed; see its log.", request_id="0"
            )
            return Answer(500, body)

    def _give(self, answer: Answer, request: Request) -> None:
        close = request.headers.get("connection", "").lower() == "close"
        self._owed = answer
        if answer.wait <= 0:
            self._finish(answer, close)
            return
        self._busy = asyncio.get_running_loop().call_later(answer.wait, self._later, answer, close)

    def _later(self, answer: Answer, close: bool) -> None:
        self._busy = None
        self._finish(answer, close)
        self._serve()

    def _finish(self, answer: Answer, close: bool) -> None:
        if answer.drip > 0 and answer.cut is None and self._transport is not None:
            self._transport.write(_head(answer, close=close))
            self._drip(answer, close, answer.body)
            return
        self._owed = None
        if answer.cut in ("reset", "hang"):
            self._reset()
        else:
            short = answer.cut == "truncate"
            self._write(answer, close=close or short, short=short)

    def _drip(self, answer: Answer, close: bool, rest: bytes) -> None:
        """Pieces closer together than a time-out for one read: only a limit on the whole ends it."""
        size = max(1, len(answer.body) // _PIECES)
        if self._transport is not None:
            self._transport.write(rest[:size])
        if rest := rest[size:]:
            pause = answer.drip / _PIECES
            self._busy = asyncio.get_running_loop().call_later(pause, self._drip, answer, close, rest)
            return
        self._busy = self._owed = None
        if close:
            self._close()
        self._serve()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _reset(self) -> None:
        """RST instead of FIN: the client sees its connection reset."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
            self._transport = None

    def _write(self, answer: Answer, *, close: bool, short: bool = False) -> None:
        if self._transport is None:
            return
        head = _head(answer, close=close)
        # A cut in the middle of the body with the full length still announced, as a dying proxy leaves it.
        body = answer.body[: len(answer.body) // 2] if short else answer.body
        self._transport.write(head + body)
        if close:
            self._close()

    def _next(self) -> Request | None:
        """The next complete request, or None while bytes are missing."""
        if not self._buffer:
            return None
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MOST_HEAD:
                raise _BadRequestError(431, "the head is too long")
            return None
        method, target, headers = _parsed(self._buffer[:end])
        length = _length(headers)
        if len(self._buffer) < end + 4 + length:
            self._encourage(headers)
            return None
        body = self._buffer[end + 4 : end + 4 + length]
        self._buffer = self._buffer[end + 4 + length :]
        return Request(method, target, headers, body)

    def _encourage(self, headers: dict[str, str]) -> None:
        if headers.get("expect", "").lower() == "100-continue" and not self._promised and self._transport:
            self._promised = True
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _parsed(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != len(("method", "target", "version")) or not words[2].startswith("HTTP/1."):
        raise _BadRequestError(400, "not an HTTP/1.1 request")
    if not words[1].startswith("/"):
        raise _BadRequestError(400, "a request without a path")
    headers = {}
    for line in lines:
        name, mark, value = line.partition(":")
        if not mark:
            raise _BadRequestError(400, "a header without a colon")
        headers[name.lower()] = value.strip()
    return words[0], words[1], headers


def _length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise _BadRequestError(411, "a chunked body; send Content-Length")
    text = headers.get("content-length", "0")
    if not text.isdecimal():
        raise _BadRequestError(400, "Content-Length is not a number")
    if int(text) > _MOST_BODY:
        raise _BadRequestError(413, "the body is too large")
    return int(text)


def _head(answer: Answer, *, close: bool) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    if close:
        more += "Connection: close\r\n"
    return (
        f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Status')}\r\n"
        f"Content-Type: {answer.kind}\r\nContent-Length: {len(answer.body)}\r\n{more}\r\n"
    ).encode("latin-1")


_PHRASES = {status.value: status.phrase for status in HTTPStatus}
