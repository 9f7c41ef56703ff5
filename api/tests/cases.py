"""Cases of servers for tests; each test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.servers.cases import (
    Case,
    Cause,
    Held,
    Party,
    Person,
    Present,
    Step,
    Word,
)
from api.servers.timeline import Named

# A Tuesday; Berlin is one hour ahead of UTC, and all times here are its wall clock's.
NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"
OFFICE, NIGHTLY, LATE = Named(1, "Office hours"), Named(2, "Nightly"), Named(3, "Late shift")
SAM = Person("sam@example.com", "Sam")


def wall(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """That time in Berlin, so many days from now."""
    return NOW.replace(hour=0, minute=0) + timedelta(days=days, hours=hour - 1, minutes=minute)


def word(want: str, since: datetime, *, hours: bool = False, until: datetime | None = None) -> Word:
    return Word(want, since, 7, hours, until)


def party(schedule: Named, said: Word | None = None, **facts: Any) -> Party:
    return Party(schedule, BERLIN, said, **facts)


def step(action: str, at: datetime, schedule: Named = OFFICE, **facts: Any) -> Step:
    return Step(at, BERLIN, action, schedule, rule=7, **facts)


ON = word("on", wall(8), hours=True, until=wall(20))
OPEN = party(OFFICE, ON)
STOP = step("stop", wall(20))
START = step("start", wall(8, days=1))
OFF = party(NIGHTLY, word("off", wall(18, 30, days=-1)))
RUNNING, STOPPED = Present("running", wall(8, 1)), Present("stopped", wall(18, 31, days=-1))
HOLD = Held(4, "on", wall(15), wall(21), SAM)
STOPPED_BY_NIGHTLY = Cause("rule", "stop", wall(18, 30, days=-1), "Nightly")


def case(**facts: Any) -> Case:
    fresh: dict[str, Any] = {"at": NOW, "now": NOW, "home": BERLIN, "present": RUNNING}
    return Case(**fresh | facts)


def office(**facts: Any) -> Case:
    """Its hours are on, and the server runs."""
    return case(**{"parties": [OPEN], "winner": OPEN, "steps": [STOP, START]} | facts)


def by_outside(**facts: Any) -> Present:
    return Present("stopped", wall(14, 3), Cause("outside", "stop", wall(14, 2), **facts))
