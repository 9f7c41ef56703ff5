"""A span of one server's time in pieces: what it was seen to be, and what its schedules want of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

UNKNOWN = "unknown"


class Turn(NamedTuple):
    """From this instant on it is so; empty where nothing is said."""

    at: datetime
    word: str


class Change(NamedTuple):
    """A change that was seen."""

    at: datetime
    before: str
    after: str


class Segment(NamedTuple):
    start: datetime
    end: datetime
    word: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a server's states: the changes seen in a span and the first one after it, what it is
    now, since when it is known at all, and since when it is not any more."""

    changes: Sequence[Change]
    later: Change | None
    state: str
    known: datetime | None
    lost: datetime | None = None


def seen(sight: Sight, *, start: datetime, end: datetime) -> list[Segment]:
    """What it was between two instants; unknown before it was known, and since it is no longer."""
    if sight.known is None:
        return cut([Turn(start, UNKNOWN)], start=start, end=end)
    following = sight.changes[0] if sight.changes else sight.later
    first = following.before if following else sight.state
    known, lost = max(start, sight.known), sight.lost
    turns = [Turn(start, UNKNOWN), Turn(known, first), *(Turn(each.at, each.after) for each in sight.changes)]
    if lost is not None:
        turns = [*(turn for turn in turns if turn.at < lost), Turn(max(start, lost), UNKNOWN)]
    return cut(turns, start=start, end=end)


def cut(turns: Iterable[Turn], *, start: datetime, end: datetime) -> list[Segment]:
    """The pieces between two instants, of which like neighbours are one; no turn comes before the start."""
    lasting: list[Turn] = []
    for turn in turns:
        if not lasting or lasting[-1].word != turn.word:
            lasting.append(turn)
    pieces = pairwise([*lasting, Turn(end, "")])
    bounded = (Segment(max(one.at, start), min(two.at, end), one.word) for one, two in pieces)
    return [each for each in bounded if each.word and each.start < each.end]
