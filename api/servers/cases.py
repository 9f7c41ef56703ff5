"""The case of one server at one instant: what its schedules say, what holds it, what comes, what it does.

Pure: the facts that `explaining` weighs and `because` puts into words. They know no table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from api.servers.timeline import Named
from shared.schedules import walls

WANTED = {"start": "on", "stop": "off"}
STATES = {"running": "on", "starting": "on", "rebooting": "on", "stopped": "off", "stopping": "off"}


@dataclass(frozen=True, slots=True)
class Word:
    """What a schedule wants since a moment of one of its rules. `hours`: its windows say on, and `until`."""

    want: str
    since: datetime
    rule: int
    hours: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A start or stop at an instant."""

    action: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    until: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One schedule that has the server, and its word, if it has one.

    `begins` is the first valid date where that is still to come, `ended` the last where it is over.
    `is_lost`: the time zone database does not know its zone any more.
    `left_out`: its newest moment, where somebody has set that to be skipped.
    """

    schedule: Named
    timezone: str
    word: Word | None = None
    is_off: bool = False
    is_lost: bool = False
    observes: bool = False
    pause: Pause | None = None
    begins: date | None = None
    ended: date | None = None
    left_out: Moment | None = None
    only_reboots: bool = False

    @property
    def name(self) -> str:
        return self.schedule.name


class Person(NamedTuple):
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that is in force."""

    id: int
    want: str
    created_at: datetime
    until: datetime
    author: Person | None = None
    reason: str = ""

    @property
    def since(self) -> datetime:
        return self.created_at

    @property
    def who(self) -> str:
        return self.author.name or self.author.email if self.author else "somebody"


@dataclass(frozen=True, slots=True)
class Bar:
    """Why nothing scheduled touches the server at all: a reason's code, and its sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """A transition to come: an occurrence of a rule, or what is applied at the end of a hold (no rule).

    With a `reason` it will not run, `detail` says why. `note` is what a clock change does to it, `skip` the
    id of what skips it.
    """

    at: datetime
    timezone: str
    action: str
    schedule: Named
    kind: str = "occurrence"
    rule: int | None = None
    reason: str | None = None
    detail: str | None = None
    note: str | None = None
    skip: int | None = None

    @property
    def state(self) -> str:
        return "skipped" if self.reason else "planned"

    @property
    def want(self) -> str | None:
        """on or off, of a start or stop that will run."""
        return None if self.reason else WANTED.get(self.action)

    @property
    def local(self) -> str:
        """Its instant on the wall clock of its zone, with the offset."""
        return walls.shown(self.at, self.timezone)


@dataclass(frozen=True, slots=True)
class Cause:
    """What brought the server where it is. `kind`: the origin of an operation, or outside; `who`: the person
    or the schedule, `actor` what EC2 tells, `reaction` what a schedule answered."""

    kind: str
    action: str
    at: datetime
    who: str = ""
    actor: str = ""
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """What became of the very action by which the deciding schedule wants what it wants."""

    action: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """What the server does now, since when, and how it came to that."""

    status: str
    since: datetime | None = None
    cause: Cause | None = None
    own: Own | None = None

    @property
    def is_(self) -> str | None:
        """on or off; None while nobody knows."""
        return STATES.get(self.status)


@dataclass(frozen=True, slots=True)
class Case:
    """All of it. `winner` is what the schedules want together, whatever a hold says; `present` is None for
    another instant than now; `home` is the zone of a sentence that no schedule gives one."""

    at: datetime
    now: datetime
    home: str
    parties: Sequence[Party] = ()
    winner: Party | None = None
    held: Held | None = None
    bar: Bar | None = None
    steps: Sequence[Step] = ()
    present: Present | None = None
