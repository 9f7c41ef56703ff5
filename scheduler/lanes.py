"""Threads for the clock and threads for the work at AWS: no hanging request holds up a moment.

Ticks have threads that nothing else may take. Of the others one account may hold at most half of those that
the rest leave free, so an account whose requests all hang slows itself and hardly anybody else. Nothing is
kept for long: what is dropped or dies with the process is found again by a tick. It knows no table, no task.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

LEAST = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work: the name of a task and its ids. Urgent pieces go before others of their account."""

    name: str
    ids: tuple[tuple[str, int | str], ...] = ()
    urgent: bool = False


class Lanes:
    """`run` does a piece and lets nothing escape; `threads` are those for the work at AWS."""

    def __init__(self, run: Callable[..., None], *, threads: int) -> None:
        self.run, self.threads = run, threads
        self.clock = ThreadPoolExecutor(max_workers=32, thread_name_prefix="clock")
        self.hands = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="hands")
        self.lock = threading.Lock()
        self.is_open = True
        self.ticking: Counter[str] = Counter()
        self.busy: Counter[Hashable] = Counter()
        self.waiting: dict[Hashable, list[Piece]] = {}

    def tick(self, piece: Piece, *, most: int) -> bool:
        """Run a tick at once; False when `most` of its kind are running already, or nothing is taken now."""
        with self.lock:
            if not self.is_open or self.ticking[piece.name] >= most:
                return False
            self.ticking[piece.name] += 1
            self.clock.submit(self.ticked, piece)
            return True

    def has_room(self, name: str, *, most: int) -> bool:
        with self.lock:
            return self.is_open and self.ticking[name] < most

    def ticked(self, piece: Piece) -> None:
        try:
            self.run(piece.name, **dict(piece.ids))
        finally:
            with self.lock:
                self.ticking[piece.name] -= 1

    def take(self, piece: Piece, *, account: Hashable) -> bool:
        """Do this when its account has its turn; the same piece waits once. False when nothing is taken."""
        with self.lock:
            if not self.is_open:
                return False
            queue = self.waiting.setdefault(account, [])
            if piece not in queue:
                queue.append(piece)
            self.begin()
            return True

    def begin(self) -> None:
        """Start what may start, the account with the fewest threads first. The lock is held."""
        while account := self.next_account():
            queue = self.waiting[account[0]]
            piece = next((each for each in queue if each.urgent), queue[0])
            queue.remove(piece)
            if not queue:
                del self.waiting[account[0]]
            self.busy[account[0]] += 1
            self.hands.submit(self.work, piece, account[0])

    def next_account(self) -> tuple[Hashable] | None:
        """The account whose turn it is, in a tuple of one; None when no thread or nobody is left."""
        if self.busy.total() >= self.threads:
            return None
        ready = [each for each in self.waiting if self.busy[each] < self.share(each)]
        return (min(ready, key=lambda each: self.busy[each]),) if ready else None

    def share(self, account: Hashable) -> int:
        """How many threads this account may hold now."""
        return max(LEAST, (self.threads - self.busy.total() + self.busy[account]) // 2)

    def work(self, piece: Piece, account: Hashable) -> None:
        try:
            self.run(piece.name, **dict(piece.ids))
        finally:
            with self.lock:
                self.busy[account] -= 1
                if not self.busy[account]:
                    del self.busy[account]
                self.begin()

    def close(self) -> None:
        """Take nothing more, drop what waits, and return when what runs is finished."""
        with self.lock:
            self.is_open = False
            self.waiting.clear()
        self.clock.shutdown()
        self.hands.shutdown()
