"""Ports of the loopback interface. Knows nothing of who listens on them."""

import socket

LOOPBACK = "127.0.0.1"
LAST_PORT = 65535


def free() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def first_free(start: int) -> int:
    """`start`, or the next port above it that is free."""
    return next((port for port in range(start, LAST_PORT + 1) if is_free(port)), 0) or free()
