"""What a set of timetables will do to one server between two instants. Pure: no rows, no clock.

The rules are those of the clock: hours of any schedule keep a server on, at one instant start wins over stop
over reboot, and what is done twice counts once. It knows nothing of what the server does by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from heapq import merge
from itertools import groupby, takewhile

from shared.operations.verdicts import PRECEDENCE
from shared.schedules.recurrence import Moment, Timing, before, moments

WANTS = {"start": "on", "stop": "off"}


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of a schedule: an action, and when. `hours`: it is one end of windows."""

    schedule: int
    action: str
    timing: Timing
    hours: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that will be done to the server."""

    at: datetime
    action: str
    zone: str


@dataclass(frozen=True, slots=True)
class Span:
    """Later than one instant, and not later than the other."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Due:
    line: Line
    moment: Moment


class Future:
    """The effects of some lines in a span."""

    def __init__(self, lines: Sequence[Line], span: Span) -> None:
        self.lines, self.span = lines, span
        self.on = {line.schedule for line in lines if line.hours and self.begins_on(line.schedule)}

    def begins_on(self, schedule: int) -> bool:
        """Whether the hours of this schedule are running when the span begins."""
        own = [line for line in self.lines if line.hours and line.schedule == schedule]
        return standing(own, at=self.span.start) == "on"

    @cached_property
    def want(self) -> str:
        """What all of them together want when the span begins: on, off or empty."""
        return wanted(self.lines, at=self.span.start)

    @cached_property
    def effects(self) -> list[Effect]:
        """In order of time, one at most at each instant."""
        every = merge(*map(self.ahead, self.lines), key=lambda due: due.moment.at)
        instants = groupby(every, key=lambda due: due.moment.at)
        found = (self.decided(list(dues)) for _, dues in instants)
        return [effect for effect in found if effect is not None]

    def ahead(self, line: Line) -> Iterator[Due]:
        found = moments(line.timing, after=self.span.start)
        return (Due(line, each) for each in takewhile(lambda each: each.at <= self.span.end, found))

    def decided(self, dues: list[Due]) -> Effect | None:
        """What is done of all that is due at one instant."""
        for due in sorted(dues, key=lambda each: each.line.action, reverse=True):
            if due.line.hours:
                self.turn(due.line)
        left = [due for due in dues if due.line.action != "stop" or not self.on - {due.line.schedule}]
        first = min(left, key=lambda due: PRECEDENCE[due.line.action], default=None)
        return Effect(first.moment.at, first.line.action, first.line.timing.zone) if first else None

    def turn(self, line: Line) -> None:
        """Hours that begin, or end."""
        if line.action == "start":
            self.on.add(line.schedule)
        else:
            self.on.discard(line.schedule)

    def hours_on(self, *, was_on: bool) -> float:
        """The hours of the span that a server which was on, or not, will be on if nobody else touches it."""
        total, since = 0.0, self.span.start if was_on else None
        for effect in self.effects:
            if effect.action == "start" and since is None:
                since = effect.at
            elif effect.action == "stop" and since is not None:
                total, since = total + (effect.at - since).total_seconds(), None
        if since is not None:
            total += (self.span.end - since).total_seconds()
        return total / 3600


def standing(lines: Iterable[Line], *, at: datetime) -> str:
    """on, off or empty: what the newest start or stop of these lines says at an instant."""
    newest = [
        (found.at, line.action == "start", WANTS[line.action])
        for line in lines
        if line.action in WANTS and (found := next(before(line.timing, at=at), None))
    ]
    return max(newest)[2] if newest else ""


def wanted(lines: Sequence[Line], *, at: datetime) -> str:
    """What all lines together want: on while the hours of any schedule run, else what was said last."""
    by_hours = {line.schedule for line in lines if line.hours}
    for schedule in by_hours:
        if standing((line for line in lines if line.schedule == schedule), at=at) == "on":
            return "on"
    return standing(lines, at=at)
