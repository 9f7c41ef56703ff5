"""A server that keeps what it was sent and answers with the bytes it was given, whatever they are."""

import re
import socket
import threading
from contextlib import suppress

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def http(status: str, body: str = "", *, headers: str = "") -> bytes:
    raw = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\nContent-Type: text/xml\r\n{headers}\r\n"
    return head.encode() + raw


def error(status: str, code: str, message: str = "no") -> bytes:
    """An error as EC2 writes it."""
    inside = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    return http(status, f"<Response>{inside}<RequestID>req-1</RequestID></Response>")


class Wire:
    """Listens on a free port of this machine; `requests` holds whole requests, `connections` counts."""

    def __init__(self, answer: bytes | None, *, silent: bool = False) -> None:
        self.answer, self.silent = answer, silent
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        with suppress(OSError):
            while not self.ended.is_set():
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := read(connection):
                self.requests.append(request)
                if self.silent:
                    self.ended.wait(30)
                if self.answer is None:
                    return
                connection.sendall(self.answer)

    def close(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def read(connection: socket.socket) -> bytes:
    """One request, or nothing when the other side hung up."""
    data = b""
    while HEAD_END not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(HEAD_END)
    found = LENGTH.search(head)
    missing = (int(found.group(1)) if found else 0) - len(body)
    while missing > 0:
        piece = connection.recv(missing)
        data, missing = data + piece, missing - len(piece)
    return data
