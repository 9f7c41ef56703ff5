"""Hours a server should be on, compiled to edges: a start where a stretch begins, a stop where it ends.

Pure. Windows are laid on the circle of one week's minutes and merged where they touch, so a shift change at
20:00 does not stop anything. The edges are cron, which `recurrence` alone turns into moments.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.errors import InvalidRule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class WindowText:
    """On these days from one wall-clock time to another; to the next day when `to` is not later."""

    days: Sequence[str]
    start: str
    to: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One action at one time on some weekdays. Its stretch began `shift` days earlier; skip dates ask."""

    action: str
    cron: str
    shift: int


def compiled(windows: Sequence[WindowText]) -> list[Edge]:
    """The edges of all windows together. InvalidRule for a wrong time, or when there is no edge at all."""
    stretches = merged([each for place, window in enumerate(windows) for each in laid(window, place=place)])
    if stretches == [(0, WEEK)]:
        message = "These windows cover the whole week, so nothing would ever be stopped."
        raise InvalidRule(message, code="always_on", field="windows")
    days: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for begin, end in stretches:
        days["start", begin % DAY, 0].add(begin // DAY % 7)
        days["stop", end % DAY, end // DAY - begin // DAY].add(end // DAY % 7)
    return [Edge(action, cron(minute, on), shift) for (action, minute, shift), on in sorted(days.items())]


def laid(window: WindowText, *, place: int) -> list[tuple[int, int]]:
    """The window's stretches in minutes of the week; one that passes Sunday's end goes on beyond it."""
    start = minute(window.start, field=f"windows/{place}/from")
    length = (minute(window.to, field=f"windows/{place}/to") - start) % DAY or DAY
    begins = [DAYS.index(day) * DAY + start for day in window.days]
    return [(begin, begin + length) for begin in begins]


def minute(text: str, *, field: str) -> int:
    match = TIME.fullmatch(text)
    if match is None:
        raise InvalidRule(
            f"'{text[:20]}' is not a time from 00:00 to 23:59.", code="invalid_time", field=field
        )
    return int(match[1]) * 60 + int(match[2])


def merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same minutes as few stretches, each beginning inside the week; the whole week is (0, WEEK)."""
    line: list[tuple[int, int]] = []
    for begin, end in sorted(stretches):
        if line and begin <= line[-1][1]:
            line[-1] = (line[-1][0], max(line[-1][1], end))
        else:
            line.append((begin, end))
    return rounded(line)


def rounded(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last stretch may pass the week's end and swallow the first ones."""
    while len(line) > 1 and line[-1][1] >= line[0][0] + WEEK:
        line[-1] = (line[-1][0], max(line[-1][1], line[0][1] + WEEK))
        line = line[1:]
    return [(0, WEEK)] if line and line[0][1] - line[0][0] >= WEEK else line


def cron(at: int, days: Iterable[int]) -> str:
    """Five fields for a minute of the day on some days, Monday being 0 here and 1 there."""
    return f"{at % 60} {at // 60} * * {','.join(runs(sorted(days)))}"


def runs(days: Sequence[int]) -> list[str]:
    """Neighbouring days as ranges: 0 1 2 4 is 1-3 and 5."""
    groups: list[list[int]] = []
    for day in days:
        if groups and groups[-1][-1] == day - 1:
            groups[-1].append(day)
        else:
            groups.append([day])
    return [f"{each[0] + 1}-{each[-1] + 1}" if len(each) > 1 else str(each[0] + 1) for each in groups]


def sentence(window: WindowText) -> str:
    """One window in words: "Mon-Fri 08:00-20:00"."""
    places = sorted(DAYS.index(day) for day in window.days)
    names = [DAYS[day].capitalize() for day in places]
    together = len(places) > 2 and places[-1] - places[0] == len(places) - 1
    days = f"{names[0]}-{names[-1]}" if together else ", ".join(names)
    return f"{days} {window.start}-{window.to}"
