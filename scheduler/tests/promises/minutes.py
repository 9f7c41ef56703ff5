"""What timetables say, minute by minute: an oracle that knows nothing of the product's arithmetic.

Zones have one offset in all the time that is asked about, so a local time is the instant plus that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
DAY = 24 * 60
OFFSETS = {"UTC": 0, "Asia/Kolkata": 330, "Asia/Tokyo": 540, "America/Bogota": -300}
OPENING = timedelta(hours=4)
GRACE = {"start": timedelta(minutes=15), "stop": timedelta(minutes=15), "reboot": timedelta(minutes=5)}


@dataclass(frozen=True)
class Window:
    """On these weekdays (Monday is 0) from a minute of the day for so many minutes."""

    days: tuple[int, ...]
    start: int
    length: int

    def covers(self, local: datetime) -> bool:
        now = local.hour * 60 + local.minute
        today = local.weekday() in self.days and self.start <= now < self.start + self.length
        begun = (local.weekday() - 1) % 7 in self.days and now < self.start + self.length - DAY
        return today or begun


@dataclass(frozen=True)
class Action:
    """An action at a minute of these weekdays."""

    action: str
    days: tuple[int, ...]
    minute: int

    def fires(self, local: datetime) -> bool:
        return local.weekday() in self.days and local.hour * 60 + local.minute == self.minute


@dataclass(frozen=True)
class Table:
    """A timetable of windows or of actions, with the grace it was given in seconds, or none."""

    zone: str
    windows: tuple[Window, ...] = ()
    actions: tuple[Action, ...] = ()
    grace: int | None = None

    def local(self, at: datetime) -> datetime:
        return at + timedelta(minutes=OFFSETS[self.zone])

    def is_on(self, at: datetime) -> bool:
        """Whether the windows say on during the minute that begins then."""
        return any(window.covers(self.local(at)) for window in self.windows)

    def says(self, at: datetime) -> list[str]:
        """What it asks for at that minute."""
        if self.windows:
            before, now = self.is_on(at - MINUTE), self.is_on(at)
            return [] if before == now else ["start" if now else "stop"]
        return [each.action for each in self.actions if each.fires(self.local(at))]

    def valid_until(self, action: str, at: datetime) -> datetime:
        """How late that may still be sent."""
        grace = timedelta(seconds=self.grace) if self.grace is not None else GRACE[action]
        if not self.windows or action != "start":
            return at + grace
        end = at
        while self.is_on(end) and end < at + timedelta(days=8):
            end += MINUTE
        return min(end, at + (OPENING if self.grace is None else grace))


@dataclass(frozen=True)
class Said:
    """One moment of one table, by its place among them."""

    table: int
    action: str
    at: datetime


def moments(tables: Sequence[Table], after: datetime, until: datetime) -> Iterator[Said]:
    """Everything asked for in this time, minute by minute; `after` and `until` are full minutes."""
    at = after + MINUTE
    while at <= until:
        for place, table in enumerate(tables):
            for action in table.says(at):
                yield Said(place, action, at)
        at += MINUTE


def last_word(tables: Sequence[Table], said: Sequence[Said], now: datetime) -> tuple[str, list[Said]]:
    """What is wanted now, `start`, `stop` or nothing, and the moments that say so with authority.

    Hours that go on say start; else the newest of all moments decides, and at one instant a start.
    """
    on = [place for place, table in enumerate(tables) if table.is_on(now)]
    power = [each for each in said if each.action != "reboot"]
    if on:
        opened = {each.table: each for each in power if each.table in on and each.action == "start"}
        return "start", list(opened.values())
    newest = max((each.at for each in power), default=None)
    last = [each for each in power if each.at == newest]
    if not last:
        return "", []
    action = min(each.action for each in last)
    return action, [each for each in last if each.action == action]
