"""The addresses behind host names, without ever making a request wait for a slow name server.

Containers change their addresses when they are made anew, so a name is asked for again and again: in the
background while its answer is young enough, and at once, but not for long, for an address that is not known.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable

from api.proxies import Address, plain

GOOD_SECONDS = 30.0
ASK_AGAIN_SECONDS = 10.0
MISS_AGAIN_SECONDS = 1.0
LONGEST_WAIT = 0.3
Resolve = Callable[[str], Iterable[str]]


def from_system(name: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]


class Names:
    """Addresses of some names. An answer is good for 30 s; a name that cannot be resolved has none."""

    def __init__(
        self,
        names: Iterable[str],
        *,
        resolve: Resolve = from_system,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.names = tuple(names)
        self.resolve = resolve
        self.clock = clock
        self.known: dict[Address, float] = {}
        self.asked_at = float("-inf")
        self.asking = threading.Lock()

    def have(self, address: Address) -> bool:
        """Whether one of the names stands for this address."""
        if not self.names:
            return False
        known = self.good(address)
        age = self.clock() - self.asked_at
        if known and age > ASK_AGAIN_SECONDS:
            self.ask()
        elif not known and age > MISS_AGAIN_SECONDS:
            self.ask().join(LONGEST_WAIT)
            known = self.good(address)
        return known

    def good(self, address: Address) -> bool:
        return self.known.get(address, float("-inf")) > self.clock() - GOOD_SECONDS

    def ask(self) -> threading.Thread:
        self.asked_at = self.clock()
        thread = threading.Thread(target=self.learn, daemon=True, name="names")
        thread.start()
        return thread

    def learn(self) -> None:
        """Ask for every name, unless somebody is still at it."""
        if not self.asking.acquire(blocking=False):
            return
        try:
            for name in self.names:
                self.learn_one(name)
        finally:
            self.asking.release()

    def learn_one(self, name: str) -> None:
        try:
            found = [plain(text) for text in self.resolve(name)]
        except (OSError, UnicodeError):
            return
        fresh = {address: self.clock() for address in found if address}
        limit = self.clock() - GOOD_SECONDS
        self.known = {address: at for address, at in self.known.items() if at > limit} | fresh
