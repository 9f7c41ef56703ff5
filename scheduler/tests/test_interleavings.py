"""Ten thousand ways in which answers can overtake each other, and none in which an operation ends wrongly.

EC2 is a timeline; looks ask it at random moments and their answers arrive late, in any order, sometimes of an
older time, sometimes not at all; the worker's own answer comes when it comes. No database and no clock.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from scheduler.settling import Seen, Sent, Settled, Told, concluded, settle
from shared.fleet.status import TRANSITIONS, Known, shown
from shared.operations.reasons import GOALS
from shared.operations.states import State

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RUNS = 10_000
LONG_AGO = -3600.0
BEFORE = {"start": "stopped", "stop": "running", "reboot": "running"}
ON_THE_WAY = {"start": "pending", "stop": "stopping"}
LAUNCH_ERROR, BY_USER = (
    "Client.InternalError: Client error on launch",
    "Client.UserInitiatedShutdown: by user",
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Truth:
    """What EC2 does: moments and states, ascending; whether it was done at all, and if a start fell back."""

    action: str
    done: bool
    fell: bool
    timeline: tuple[tuple[float, str], ...]

    def state(self, moment: float) -> str:
        return [state for begun, state in self.timeline if begun <= moment][-1]


@dataclass(frozen=True)
class Event:
    """A look's answer, or the worker's own (`asked` None), and when it arrives."""

    arrives: float
    asked: float | None = None
    tells_of: float = 0.0


@dataclass
class Row:
    """The database, as far as one server and one operation go."""

    sent: Sent
    observed: str
    seen_at: datetime
    ended: Settled | None = None
    sent_again: bool = False
    shown: list[str] = field(default_factory=list)


def truth(dice: Random, action: str) -> Truth:
    """Sent at 0. Some servers came into their state only just before."""
    since = dice.choice((LONG_AGO, -dice.uniform(0.2, 50)))
    other = {"running": "stopped", "stopped": "running"}[BEFORE[action]]
    timeline = [(-1e9, other), (since, BEFORE[action])]
    done, fell = dice.random() > 0.2, action == "start" and dice.random() < 0.3
    if done and action != "reboot":
        begun = dice.uniform(0.0, 2.0)
        timeline.append((begun, ON_THE_WAY[action]))
        timeline.append((begun + dice.uniform(0.5, 60), "stopped" if fell else GOALS[action]))
    return Truth(action, done, fell and done, tuple(timeline))


def events(dice: Random, *, answered: bool, stale: float) -> list[Event]:
    """Looks from before the request until long after, and the answer if it comes; in order of arrival."""
    found = [Event(dice.uniform(0.1, 9.0))] if answered else []
    for _ in range(14):
        asked = dice.choice((dice.uniform(-5, 12), dice.uniform(0, 90)))
        if dice.random() > 0.1:  # the others: EC2 says it does not know the instance
            found.append(Event(asked + dice.uniform(0.05, 9.0), asked, asked - dice.uniform(0, stale)))
    return sorted((each for each in found if each.arrives > 0), key=lambda each: each.arrives)


def arrive(row: Row, event: Event, real: Truth) -> None:
    """What the scheduler does with it."""
    now = at(event.arrives)
    if event.asked is None:
        if row.sent.accepted_at is None and not row.sent_again:
            row.sent = replace(row.sent, accepted_at=now)
        return
    sight = Seen(real.state(event.tells_of), "ok", at(event.asked))
    if row.seen_at <= sight.asked_at:
        row.observed, row.seen_at = sight.state, sight.asked_at
    if row.ended or row.sent_again:
        return
    settled = settle(row.sent, sight, now=now)
    if settled.surprise:
        reason = LAUNCH_ERROR if real.fell and event.tells_of > 0 else BY_USER
        settled = concluded(row.sent, settled, Told(sight.state, reason), now=now)
    carry_out(row, settled, sight, now=now)


def carry_out(row: Row, settled: Settled, sight: Seen, *, now: datetime) -> None:
    if settled.to == State.ACCEPTED:
        row.sent = replace(row.sent, accepted_at=now)
    elif settled.to == State.REQUESTED:
        row.sent_again = True
    elif settled.to is not None:
        assert row.sent.accepted_at is None or sight.asked_at > row.sent.accepted_at
        row.ended = settled


def play(dice: Random, action: str, *, stale: bool) -> tuple[Truth, Row]:
    """One operation from sending on."""
    real = truth(dice, action)
    oldest = (20.0 if real.timeline[1][0] == LONG_AGO else 4.5) if stale else 0.0
    answered = real.done and dice.random() < 0.7
    since = at(real.timeline[1][0])
    sent = Sent(action, NOON, lease_until=at(15), grace_until=at(900), was_healthy=True, changed_at=since)
    row = Row(sent, BEFORE[action], NOON)
    for event in events(dice, answered=answered, stale=oldest):
        arrive(row, event, real)
        if row.sent_again:
            break
        transition = "" if row.ended else TRANSITIONS[action]
        known = Known(row.observed, transition, row.seen_at, None)
        row.shown.append(shown(known, now=at(event.arrives)))
    return real, row


@pytest.mark.parametrize("action", ["start", "stop"])
def test_the_shown_status_never_goes_back_in_ten_thousand_interleavings(action: str) -> None:
    dice, ends = Random(17), 0
    for _ in range(RUNS):
        real, row = play(dice, action, stale=False)
        order = [TRANSITIONS[action], "stopped" if real.fell else SHOWN_GOAL[action]]
        places = [order.index(word) for word in row.shown]
        assert places == sorted(places), (real, row)
        ends += row.ended is not None
    assert ends > RUNS / 4


SHOWN_GOAL = {"start": "running", "stop": "stopped"}


@pytest.mark.parametrize("action", ["start", "stop", "reboot"])
def test_no_old_answer_ends_an_operation_wrongly_in_ten_thousand_interleavings(action: str) -> None:
    dice, reasons = Random(18), set[str]()
    for _ in range(RUNS):
        real, row = play(dice, action, stale=True)
        if row.ended is None:
            continue
        reasons.add(row.ended.reason)
        if row.ended.to == State.SUCCEEDED:
            assert real.done, (real, row)
            assert not real.fell, (real, row)
            assert real.state(90) == GOALS[action], (real, row)
        elif row.ended.to == State.FAILED:
            assert real.fell, (real, row)
    assert reasons == ENDS[action]


ENDS = {
    "start": {"end_seen", "failed_start"},
    "stop": {"end_seen"},
    "reboot": {"call_unanswered"},
}


def test_what_was_carried_out_is_never_sent_again_when_ec2_tells_the_present() -> None:
    dice, again = Random(19), 0
    for _ in range(RUNS):
        real, row = play(dice, dice.choice(["start", "stop", "reboot"]), stale=False)
        if row.sent_again:
            again += 1
            assert not real.done or real.fell, (real, row)
            assert real.action != "reboot"
    assert again > 0
