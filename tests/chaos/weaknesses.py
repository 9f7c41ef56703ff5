"""More broken builds: what makes the scenarios of Redis, clocks, the cloud, people and time turn red.

As in `builds`: functions of the product are replaced by name, in one process.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.chaos.points import product, replace

LONG = timedelta(seconds=30)
A_LOT = 2**21


def always(answer: object) -> Callable[[Any], Callable[..., object]]:
    """In the place of a function: one that says this, whatever it is asked."""

    def make(_: Any) -> Callable[..., object]:
        return lambda *_args, **_more: answer

    return make


def no_fallback() -> None:
    """Only beat and messages get work done: no worker keeps the clock, and what no knock reaches waits."""
    hands = product("scheduler.hands")

    def knock(name: str, **ids: int | str) -> None:
        hands.door.knock(name, **ids)

    replace(product("scheduler.fallback"), "make_up", always([]))
    replace(hands, "soon", lambda _: knock)


def all_missed_run() -> None:
    """What was missed runs, all of it, instead of the last word alone."""
    verdicts = product("shared.operations.verdicts")

    replace(verdicts, "loses", always(verdicts.RUN))
    replace(product("scheduler.choosing"), "overtaken", always({}))


def never_stuck() -> None:
    """Nobody notices that a stop does not end."""
    replace(product("scheduler.stuck"), "flag", always(None))


def believed_at_once() -> None:
    """An instance that EC2 does not know once has failed for good."""
    refusing = product("scheduler.refusing")

    def make(_: Any) -> Any:
        def once_more(error: Any, members: Any, *, many: bool, jitter: Any) -> Any:
            return refusing.end(error, members, many=many)

        return once_more

    replace(refusing, "once_more", make)


def throttle_is_final() -> None:
    """What EC2 refuses because it is asked too often has failed."""
    meaning, gateway = product("scheduler.meaning"), product("scheduler.ec2.gateway")

    def without(real: Any) -> Any:
        return {kind: wait for kind, wait in real.items() if kind is not gateway.Throttled}

    replace(meaning, "PATIENCE", without)


def all_to_blame() -> None:
    """One bad id is the fault of the whole batch."""
    replace(product("scheduler.refusing"), "blamed", lambda _: lambda _error, members: list(members))


def no_shares() -> None:
    """One account may hold every thread."""
    lanes = product("scheduler.lanes")

    replace(lanes.Lanes, "share", lambda _: lambda self, _account: self.threads)


def restless() -> None:
    """Idle regions are looked at all the time."""
    replace(product("scheduler.cadence"), "IDLE", lambda _: timedelta(seconds=2))


def sleepy() -> None:
    """What is on its way is looked at twice a minute."""
    replace(product("scheduler.cadence"), "pause_at", always(LONG))
    replace(product("scheduler.look"), "FIRST_LOOK", lambda _: LONG)


def leaky() -> None:
    """Every firing leaves two megabytes behind."""
    kept: list[bytearray] = []

    def make(real: Any) -> Any:
        def coming(now: datetime) -> Any:
            kept.append(bytearray(b"x" * A_LOT))
            return real(now)

        return coming

    replace(product("scheduler.fire"), "coming", make)


WEAKNESSES: dict[str, Callable[[], None]] = {
    "no_fallback": no_fallback,
    "all_missed_run": all_missed_run,
    "never_stuck": never_stuck,
    "believed_at_once": believed_at_once,
    "throttle_is_final": throttle_is_final,
    "all_to_blame": all_to_blame,
    "no_shares": no_shares,
    "restless": restless,
    "sleepy": sleepy,
    "leaky": leaky,
    # Nothing in the process; the house drops the index.
    "no_request_key": lambda: None,
}
