"""Asking what may hang, and not waiting for it.

Time-outs of a client do not cover everything: looking up the name of a dead container can take many seconds.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

Answer = TypeVar("Answer")


def within(seconds: float, question: Callable[[], Answer]) -> Answer | None:
    """What the question answers, or None when it takes too long; then its thread ends by itself, later.

    The question must not raise: nobody would hear it.
    """
    answers: SimpleQueue[Answer] = SimpleQueue()
    threading.Thread(target=lambda: answers.put(question()), daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return None
