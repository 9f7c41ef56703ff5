"""Named points in the work at which a process can be made to die or to freeze.

Each wraps one function of the product, by name; a name that is gone is an error, so that no point is ever
silently unarmed. `POINT:NTH` strikes at the NTH time the process comes by, `POINT:NTH:STOP` freezes it there.
"""

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Wrapper = Callable[..., Any]


STRUCK = "CHAOS_STRUCK"


@dataclass
class Strike:
    """Counts how often the point is passed, and strikes once; says so first in the file that STRUCK names."""

    name: str
    nth: int
    sign: signal.Signals
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self.lock:
            self.passed += 1
            due = self.passed == self.nth
        if due:
            note(self.name)
            os.kill(os.getpid(), self.sign)
            # A signal to oneself is delivered at once to some thread; none may go on before that.
            time.sleep(0.05)


def note(name: str) -> None:
    line = f"{os.getpid()} {name} {time.time()}\n"
    file = os.open(os.environ[STRUCK], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode())
    os.close(file)


def arm(wanted: str) -> None:
    """Arm `POINT:NTH[:SIGNAL]`, or several with commas."""
    for one in filter(None, wanted.split(",")):
        name, nth, *rest = one.split(":")
        POINTS[name](Strike(name, int(nth), signal.Signals[f"SIG{rest[0]}"] if rest else signal.SIGKILL))


def product(name: str) -> Any:
    """A module of the product, as it is in this process."""
    return importlib.import_module(name)


def replace(module: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put a wrapper in the place of a function; AttributeError when there is no such function any more."""
    setattr(module, name, make(getattr(module, name)))


def before(module: Any, name: str, strike: Callable[[], None]) -> None:
    def make(real: Wrapper) -> Wrapper:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            strike()
            return real(*args, **kwargs)

        return wrapped

    replace(module, name, make)


def after(module: Any, name: str, strike: Callable[[], None], *, found: bool = False) -> None:
    """`found`: only when the function brought something."""

    def make(real: Wrapper) -> Wrapper:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            if result or not found:
                strike()
            return result

        return wrapped

    replace(module, name, make)


def inserted(strike: Strike) -> None:
    """P1: the occurrences are inserted, the transaction is not committed."""
    after(product("shared.operations.firing"), "insert", strike, found=True)


def planned(strike: Strike) -> None:
    """P2: the occurrences are committed, nobody was told."""
    fire = product("scheduler.fire")

    def make(real: Wrapper) -> Wrapper:
        def wrapped(rules: Any, made: Any, *args: Any, **kwargs: Any) -> Any:
            if made:
                strike()
            return real(rules, made, *args, **kwargs)

        return wrapped

    replace(fire, "follow_up", make)


def chosen(strike: Strike) -> None:
    """P3: rows are locked and tokens taken, nothing is marked yet."""
    send = product("scheduler.send")

    before(send, "mark", strike)


def marked(strike: Strike) -> None:
    """P4: marked as sending, not committed."""
    send = product("scheduler.send")

    after(send, "mark", strike)


def intended(strike: Strike) -> None:
    """P5: the intent is committed, the socket has not been touched."""
    send = product("scheduler.send")

    after(send, "claim", strike, found=True)


def about_to_ask(strike: Strike) -> None:
    """P5b: what the call carries was read, and the request is built next."""
    before(product("scheduler.send"), "ask", strike)


def written(strike: Strike, *, seconds: float) -> None:
    """The request is on the wire; `seconds` later the process is gone."""
    from urllib3.connection import HTTPConnection  # noqa: PLC0415

    from scheduler.ec2.sending import under_way  # noqa: PLC0415

    def make(real: Wrapper) -> Wrapper:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if under_way.get() is not None:
                time.sleep(seconds)
                strike()
            return real(*args, **kwargs)

        return wrapped

    replace(HTTPConnection, "getresponse", make)


def on_the_wire(strike: Strike) -> None:
    """P6: written, and EC2 has hardly read it; whether it takes effect is up to chance or a fault."""
    written(strike, seconds=0.0)


def took_effect(strike: Strike) -> None:
    """P7: EC2 has done it, the answer was not read."""
    written(strike, seconds=0.3)


def answered(strike: Strike) -> None:
    """P8: the answer was read, nothing of it is committed."""
    outcome = product("scheduler.outcome")

    before(outcome, "accepted", strike)


def accepted(strike: Strike) -> None:
    """P9: accepted is committed; nobody looks yet."""
    outcome = product("scheduler.outcome")

    after(outcome, "accepted", strike)


def settling(strike: Strike) -> None:
    """P10: a look has ended operations, its transaction is not committed."""
    look = product("scheduler.look")

    def make(real: Wrapper) -> Wrapper:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            if any(result):
                strike()
            return result

        return wrapped

    replace(look, "settle_region", make)


def sweeping(strike: Strike) -> None:
    """P11: the sweep has dealt with calls that nobody answered and stands before its other half."""
    from shared.operations.models import Call  # noqa: PLC0415

    def make(real: Wrapper) -> Wrapper:
        def wrapped(now: datetime) -> Any:
            orphaned = Call.objects.filter(outcome="", lease_until__lte=now).exists()
            result = real(now)
            if orphaned:
                strike()
            return result

        return wrapped

    replace(product("scheduler.sweep"), "wake_regions", make)


POINTS: dict[str, Callable[[Strike], None]] = {
    "P1": inserted,
    "P2": planned,
    "P3": chosen,
    "P4": marked,
    "P5": intended,
    "P5b": about_to_ask,
    "P6": on_the_wire,
    "P7": took_effect,
    "P8": answered,
    "P9": accepted,
    "P10": settling,
    "P11": sweeping,
}
