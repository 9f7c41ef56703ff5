"""The next thing that schedules will really do to a server, by the moments that are stored ahead. Pure.

No moment is computed here: where those at hand do not reach, the answer is that nobody can tell from them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby

from api.servers.timeline import Named
from shared.operations.verdicts import RUN, Occurrence, verdicts

# Whether it may still be sent is for the clock to say: what is late counts as due.
ALWAYS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """The moments of one rule that are stored: the next one, and as rows those that follow.

    `hours`: it is one end of windows. `once`: there are no more than these.
    """

    rule: int
    action: str
    schedule: Named
    timezone: str
    next: datetime
    following: Sequence[Mapping[str, str]] = ()
    hours: bool = False
    once: bool = False

    @property
    def last(self) -> datetime:
        return moment(self.following[-1]) if self.following else self.next

    def ahead(self) -> Iterator["Coming"]:
        """In order; a row is read when somebody gets that far."""
        yield Coming(self.next, self)
        for row in self.following:
            yield Coming(moment(row), self)


def moment(row: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(row["at"])


@dataclass(frozen=True, slots=True)
class Coming:
    """One moment of a line."""

    at: datetime
    line: Line


@dataclass(frozen=True, slots=True)
class Beyond:
    """The stored moments do not tell."""


BEYOND = Beyond()


def nearest(
    lines: Sequence[Line], *, never: Collection[str], held: datetime | None = None
) -> Coming | Beyond | None:
    """The first moment that will run: no other hours keep on what it would stop, and nothing else of the same
    instant goes first. None when there is none. `never` are actions that the server is never asked for;
    nothing runs before the end of a hold, `held`."""
    apt = [line for line in lines if line.action not in never]
    known = min((line.last for line in lines if not line.once), default=ALWAYS)
    every = merge(*(line.ahead() for line in apt), key=at_of)
    for at, together in groupby(every, key=at_of):
        if at > known:
            return BEYOND
        found = first(list(together), lines) if held is None or at >= held else None
        if found is not None:
            return found
    return None if all(line.once for line in apt) else BEYOND


def at_of(each: Coming) -> datetime:
    return each.at


def first(rivals: Sequence[Coming], lines: Sequence[Line]) -> Coming | None:
    """The one of this instant that runs."""
    judged = verdicts((occurrence(each, lines) for each in rivals), now=rivals[0].at)
    runs = (each for each, (_, verdict) in zip(rivals, judged, strict=True) if verdict is RUN)
    return next(runs, None)


def occurrence(each: Coming, lines: Iterable[Line]) -> Occurrence:
    line = each.line
    keeper = kept_on(each, lines) if line.action == "stop" else ""
    return Occurrence(line.rule, 0, line.action, each.at, ALWAYS, kept_on=keeper, schedule=line.schedule.name)


def kept_on(each: Coming, lines: Iterable[Line]) -> str:
    """The name of another schedule whose hours go on then."""
    edges: dict[Named, list[Line]] = {}
    for line in lines:
        if line.hours and line.schedule != each.line.schedule:
            edges.setdefault(line.schedule, []).append(line)
    return next((schedule.name for schedule, ends in edges.items() if is_on(ends, at=each.at)), "")


def is_on(ends: Iterable[Line], *, at: datetime) -> bool:
    """Whether hours are on at an instant: their last edge until then was a start, or the next is a stop."""
    past, future = [], []
    for line in ends:
        for each in line.ahead():
            if each.at > at:
                future.append((each.at, line.action))
                break
            past.append((each.at, line.action))
    return max(past)[1] == "start" if past else min(future)[1] == "stop"
