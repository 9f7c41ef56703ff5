"""An operation's way from the wish to its end, a sentence a step. Pure: facts in, steps out.

What the operation's own columns keep and what was written down on the way are merged in time order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.operations.reasons import called
from shared.operations.states import State

# At one moment the way still has its order.
RANK = {"requested": 0, "waited": 1, "sending": 2, "accepted": 4, "dipped": 5, "ended": 6}
ON_THE_WAY = 3
TEXTS = {
    "waited": "It had to wait.",
    "sending": "On its way to EC2.",
    "sent": "Sent to EC2.",
    "accepted": "EC2 accepted the request.",
    "dipped": "The status checks were seen to fail, as they do while a server reboots.",
    "put_off": "Put off.",
    "forgotten": "EC2 does not know this server. It may forget one for a moment, so it is asked once more.",
    "new_session": "AWS no longer took the session it was signed with, so it goes again with a new one.",
    "sent_again": "It goes to EC2 again.",
    "unanswered": "EC2 did not answer, so the server is looked at before anything is sent again.",
    "seen_after_silence": "EC2 had not answered, but the server was seen to do what was asked.",
    "halved": "EC2 refused the request without saying because of whom, so its halves went apart.",
    "dropped": "EC2 named this server as the reason, and the others of the request went on without it.",
    "hibernate_refused": "EC2 did not hibernate the server, so it is stopped instead.",
    "hold_released": "The hold was ended early",
    "frozen": "It could not be written to EC2 in time, so nothing was sent, and it goes again.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `call` is the request to EC2 it belongs to, `request_id` AWS's id of it."""

    at: datetime
    what: str
    text: str
    call: int | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Moments:
    """What an operation's columns keep of its way; None has not happened."""

    requested: datetime
    sending: datetime | None
    accepted: datetime | None
    dipped: datetime | None
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, for what, and how it ended."""

    action: str
    origin: str
    author: str = ""
    schedule: str = ""
    retry_of: int | None = None
    options: Mapping[str, bool] | None = None
    state: str = ""
    detail: str = ""


def way(
    moments: Moments, asked: Asked, written: Iterable[Step], *, call: int | None, request_id: str
) -> list[Step]:
    """All steps, in the order they happened."""
    # Written down before the request is, so on its own it tells nothing of what EC2 got.
    arrived = moments.accepted is not None or request_id
    own = [
        Step(moments.requested, "requested", wished(asked)),
        *once(moments.sending, "sending", TEXTS["sent" if arrived else "sending"], call),
        *once(moments.accepted, "accepted", TEXTS["accepted"], call, request_id),
        *once(moments.dipped, "dipped", TEXTS["dipped"]),
        *once(moments.ended, "ended", ended(asked)),
    ]
    return sorted([*own, *written], key=lambda step: (step.at, RANK.get(step.what, ON_THE_WAY)))


def once(
    at: datetime | None, what: str, text: str, call: int | None = None, request_id: str = ""
) -> list[Step]:
    return [] if at is None else [Step(at, what, text, call, request_id)]


def wished(asked: Asked) -> str:
    """Who wanted what: "Stop asked for by alice." """
    verb = called(asked.action, asked.options or {}).capitalize()
    again = f", again after operation {asked.retry_of}" if asked.retry_of else ""
    return f"{verb} {by(asked)}{again}."


def by(asked: Asked) -> str:
    author, schedule = asked.author or "somebody who has left", asked.schedule or "a deleted schedule"
    return {
        "rule": f"was due by the schedule {schedule}",
        "enforce": f"is to put the server back, as the schedule {schedule} wants",
        "hold": f"was due at the end of the hold of {author}, as the schedule {schedule} says",
        "token": f"asked for with a token of {author}",
    }.get(asked.origin, f"asked for by {author}")


def ended(asked: Asked) -> str:
    """The end in words; the reason's sentence when there is one."""
    word = "not proven" if asked.state == State.UNKNOWN else asked.state
    return f"{word.capitalize()}. {asked.detail}".strip()


def written(what: str, detail: str) -> str:
    """The sentence of something written down on the way; `detail` mostly holds AWS's words."""
    text = TEXTS.get(what, f"{what.replace('_', ' ').capitalize()}.")
    return f"{text} {detail}".strip()
