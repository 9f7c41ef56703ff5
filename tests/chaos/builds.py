"""Deliberately broken builds: each takes one promise out of the product, and the checker must see it.

A build replaces functions of the product by name, in the worker's process alone. A harness that stays green
with one of these proves nothing, so a green control is a failure.
"""

import time
from collections.abc import Callable
from typing import Any

from tests.chaos.points import product, replace
from tests.chaos.weaknesses import WEAKNESSES

SO_THAT_THEY_MEET = 0.4


def apply(name: str) -> None:
    """Break what this build breaks; the empty name is the product itself."""
    if name:
        BUILDS[name]()


def always(answer: object) -> Callable[..., object]:
    """A function that says this, whatever it is asked."""

    def say(*_: object, **__: object) -> object:
        return answer

    return say


def blind_resend() -> None:
    """A call without an answer is sent again once its lease is over: what late acknowledgement does."""
    deciding, settling = product("scheduler.deciding"), product("scheduler.settling")
    from shared.operations.states import State  # noqa: PLC0415

    def unanswered(sent: Any, seen: Any, *, now: Any) -> Any:
        if sent.lease_until is None or seen.asked_at <= sent.lease_until:
            return settling.STAY
        return settling.Settled(State.REQUESTED)

    replace(settling, "unanswered", lambda _: unanswered)
    replace(deciding, "by_state", lambda _: always(deciding.RUN))


def no_planner_lock() -> None:
    """Two clocks read the same due rules before either moves them on. The unique key alone must hold."""
    from django.db.models import QuerySet  # noqa: PLC0415

    from shared.schedules.models import Rule  # noqa: PLC0415

    def slowly(real: Any) -> Any:
        def insert(rows: Any) -> Any:
            time.sleep(SO_THAT_THEY_MEET if rows else 0.0)
            return real(rows)

        return insert

    def unlocked(real: Any) -> Any:
        def select_for_update(self: Any, *args: Any, **kwargs: Any) -> Any:
            return self.all() if self.model is Rule else real(self, *args, **kwargs)

        return select_for_update

    replace(product("scheduler.fire"), "one_at_a_time", lambda _: always(None))
    replace(product("shared.operations.firing"), "insert", slowly)
    replace(QuerySet, "select_for_update", unlocked)


def stale_wins() -> None:
    """The answer that arrives last is believed, whenever its question was asked."""
    observe = product("scheduler.observe")

    replace(observe, "is_newer", lambda _: always(True))


def success_on_acceptance() -> None:
    """EC2's yes to the request counts as the deed."""
    outcome = product("scheduler.outcome")
    from shared.operations.reasons import GOALS  # noqa: PLC0415
    from shared.operations.states import State  # noqa: PLC0415

    def nothing_to_do(rows: Any, *_: Any, now: Any, **__: Any) -> None:
        for row in rows:
            goal = GOALS[row.action]
            outcome.services.end(row, State.SUCCEEDED, reason="end_seen", now=now, goal=goal)

    replace(outcome, "nothing_to_do", lambda _: nothing_to_do)


def grace_ignored() -> None:
    """An action is sent however late it is."""

    def forgiving(real: Any) -> Any:
        def verdict(each: Any, *, now: Any) -> Any:
            return real(each, now=min(now, each.grace_until))

        return verdict

    replace(product("shared.operations.verdicts"), "against", forgiving)
    replace(product("scheduler.choosing"), "before_sending", forgiving)
    for name in ("too_late", "waited_too_long", "never_free"):
        replace(product("scheduler.sweep"), name, lambda _: always([]))


def no_guard() -> None:
    """A process that slept between its intent and the socket sends all the same."""
    send = product("scheduler.send")

    replace(send, "fresh", lambda _: lambda **__: lambda: None)


def sdk_retries() -> None:
    """boto3 repeats a request by itself, as it does unless told otherwise."""
    from botocore.config import Config  # noqa: PLC0415

    session = product("scheduler.ec2.session")

    again = Config(retries={"total_max_attempts": 3, "mode": "standard"})

    def merged(config: Any) -> Any:
        return config.merge(again)

    replace(session, "CONFIG", merged)


BUILDS: dict[str, Callable[[], None]] = {
    "blind_resend": blind_resend,
    "no_planner_lock": no_planner_lock,
    # The same in the process; the house drops the index as well.
    "no_unique_key": no_planner_lock,
    "stale_wins": stale_wins,
    "success_on_acceptance": success_on_acceptance,
    "grace_ignored": grace_ignored,
    "no_guard": no_guard,
    "sdk_retries": sdk_retries,
    **WEAKNESSES,
}
