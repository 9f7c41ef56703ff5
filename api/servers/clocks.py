"""Instants as people say them: on one wall clock, and with no more of the date than it takes. Pure.

A sentence names its zone once. So every time carries a mark, and `finished` puts the zone where the last is.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.schedules import walls
from shared.schedules.words import day_words, place

MARK = "\0"
# A weekday alone is never taken for the same day of another week.
NEAR = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock of a zone, read at a moment."""

    zone: str
    now: datetime

    def say(self, at: datetime) -> str:
        """ "20:00", "Tue 20:00", "24 Dec 20:00" or "24 Dec 2027 20:00"."""
        day = self.day(at)
        return f"{day} {self.time(at)}" if day else self.time(at)

    def when(self, at: datetime) -> str:
        """The same where something happens: "at 20:00", "Tue 20:00", "on 24 Dec 20:00"."""
        day = self.day(at)
        return f"{'on ' if ' ' in day else '' if day else 'at '}{self.say(at)}"

    def dated(self, at: datetime) -> str:
        """The date always: "24 Nov 15:00"."""
        return f"{self.full_day(at)} {self.time(at)}"

    def time(self, at: datetime) -> str:
        return f"{self.wall(at):%H:%M}{MARK}"

    def day(self, at: datetime) -> str:
        """Empty for today."""
        there, here = self.wall(at).date(), self.today
        if there == here:
            return ""
        return f"{there:%a}" if abs(there - here) <= NEAR else self.full_day(at)

    def full_day(self, at: datetime) -> str:
        return day_words(self.wall(at).date(), self.today)

    @property
    def today(self) -> date:
        return self.wall(self.now).date()

    def wall(self, at: datetime) -> datetime:
        return walls.local(at, walls.shown_in(self.zone))

    def finished(self, text: str) -> str:
        """The sentence with its full stop, and the zone behind the last time it tells."""
        before, mark, after = text.rpartition(MARK)
        zone = "UTC" if walls.is_gone(self.zone) else self.zone
        named = f"{before}{f' {place(zone)} time' if mark else ''}{after}"
        return f"{named.replace(MARK, '').rstrip('.')}."
