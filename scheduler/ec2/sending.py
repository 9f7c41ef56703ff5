"""What must happen in the instant before a mutation is written: the guard, and the call's id on it.

A botocore handler does both for each request, so one client serves every call and every thread. It knows
neither the credentials nor what the guard looks at.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from botocore.awsrequest import AWSPreparedRequest


@dataclass(frozen=True, slots=True)
class Sending:
    """The call under way in this thread, and what may still stop it."""

    call: int
    guard: Callable[[], None]


under_way: ContextVar[Sending | None] = ContextVar("under_way", default=None)


@contextmanager
def sending(call: int, *, guard: Callable[[], None]) -> Iterator[None]:
    """Requests of this thread belong to `call` and pass `guard` first."""
    token = under_way.set(Sending(call, guard))
    try:
        yield
    finally:
        under_way.reset(token)


def before_send(request: AWSPreparedRequest, **_: object) -> None:
    """Runs after signing and before the connection is used; the User-Agent is not part of the signature."""
    current = under_way.get()
    if current is None:
        return
    current.guard()
    agent = request.headers.get("User-Agent", "")
    if isinstance(agent, bytes):
        agent = agent.decode()
    del request.headers["User-Agent"]
    request.headers["User-Agent"] = f"{agent} cloudevy-call/{current.call}".strip()
