"""What schedules want of a server at an instant, which of them decides, and which keep it on.

A schedule wants what its newest start or stop says that is not skipped for this server. Together: on, when
the windows of any of them say so; else what the newest moment of all says. It reads schedules and knows
nothing of operations, holds, or of what the server does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Prefetch

from shared.schedules import ahead, walls
from shared.schedules.laid import Laid
from shared.schedules.models import Action, Rule, Schedule, Skip, Target
from shared.schedules.recurrence import Moment, Timing, before, edge_moment

WANTS = {Action.START.value: "on", Action.STOP.value: "off"}


class Said(NamedTuple):
    """What one schedule wants since a moment of one of its rules."""

    schedule: Schedule
    rule: Rule
    moment: Moment

    @property
    def want(self) -> str:
        """on or off."""
        return WANTS[self.rule.action]

    @property
    def keeps_on(self) -> bool:
        """Hours to be on outrank the single stop of another schedule."""
        return self.rule.edge and self.want == "on"

    @property
    def rank(self) -> tuple[bool, datetime, bool, int]:
        """The greatest decides: windows that say on, then the newest, then a start, then the older rule."""
        return self.keeps_on, self.moment.at, self.want == "on", -self.rule.id


@dataclass(frozen=True, slots=True)
class Decision:
    """What is wanted of a server: by `winner` on or off, or nothing; `others` said something too."""

    winner: Said | None
    others: tuple[Said, ...] = ()

    @property
    def want(self) -> str:
        """on, off, or empty when no schedule says anything."""
        return self.winner.want if self.winner else ""


class Wants:
    """The schedules of some servers, read once: those that are on, not paused, and do more than observe.

    A pause that does not cover the instant asked about does not count. With `every` the others are in `all`
    too, and may be asked with `says`; they decide nothing.
    """

    def __init__(self, servers: Collection[int], *, every: bool = False) -> None:
        self.all = schedules_of(servers, every=every)
        self.schedules = {
            server: [each for each in rows if speaks(each)] for server, rows in self.all.items()
        }
        self.timings: dict[int, Timing] = {}
        self.laid: dict[int, Laid] = {}
        skips = Skip.objects.filter(server__in=servers)
        rows = skips.values_list("id", "rule_id", "server_id", "nominal", "fold")
        self.skips = {tuple(key): skip for skip, *key in rows}
        self.skipping = {(rule, server) for rule, server, *_ in self.skips}
        self.told: dict[tuple[int, int, datetime], Moment | None] = {}

    def suppose(self, schedule: Schedule, servers: Iterable[int]) -> None:
        """Let this one, as it may become, take the place of what is saved of it. Before anything is asked."""
        for server in servers:
            others = [each for each in self.schedules.get(server, ()) if each.id != schedule.id]
            speaking = [*others, schedule] if speaks(schedule) else others
            self.schedules[server] = sorted(speaking, key=lambda each: (each.name, each.id))

    def want(self, server: int, *, at: datetime) -> Decision:
        """What all of them together want of it at that instant."""
        said = sorted(self.everything(server, at=at), key=lambda each: each.rank, reverse=True)
        return Decision(said[0], tuple(said[1:])) if said else Decision(None)

    def kept_on(self, server: int, *, at: datetime, but: int) -> Schedule | None:
        """Another schedule whose hours keep the server on at that instant."""
        mine = self.schedules.get(server, ())
        others = (each for each in mine if each.id != but and is_hours(each))
        said = (self.says(each, server, at=at) for each in others)
        return next((each.schedule for each in said if each and each.keeps_on), None)

    def everything(self, server: int, *, at: datetime) -> Iterable[Said]:
        found = (self.says(schedule, server, at=at) for schedule in self.schedules.get(server, ()))
        return (said for said in found if said is not None)

    def says(self, schedule: Schedule, server: int, *, at: datetime) -> Said | None:
        """What this one wants at that instant; None when it has not said anything, is paused then, or is in a
        zone that is gone."""
        if is_paused(schedule, at=at) or walls.is_gone(schedule.timezone):
            return None
        found = [
            Said(schedule, rule, moment)
            for rule in schedule.rules.all()
            if rule.action in WANTS and (moment := self.newest(rule, server, at=at))
        ]
        return max(found, key=lambda each: (each.moment.at, each.want == "on", -each.rule.id), default=None)

    def newest(self, rule: Rule, server: int, *, at: datetime) -> Moment | None:
        """The rule's newest moment that is not skipped for this server."""
        skipper = server if (rule.id, server) in self.skipping else 0
        key = (rule.id, skipper, at)
        if key not in self.told:
            every = self.back(rule, at=at)
            self.told[key] = next((each for each in every if not self.is_skipped(rule, skipper, each)), None)
        return self.told[key]

    def back(self, rule: Rule, *, at: datetime) -> Iterator[Moment]:
        """The rule's moments that are not later than `at`, newest first, skipped or not."""
        timing = self.timing(rule)
        if not timing.windows:
            return before(timing, at=at)
        laid = self.laid.setdefault(rule.schedule_id, Laid(timing.hours))
        return (edge_moment(edge) for edge in laid.back(at=at) if edge.action == timing.edge)

    def timing(self, rule: Rule) -> Timing:
        """What the rule says about time, put together once."""
        if rule.id not in self.timings:
            self.timings[rule.id] = ahead.timing(rule)
        return self.timings[rule.id]

    def is_skipped(self, rule: Rule, server: int, moment: Moment) -> bool:
        return (rule.id, server, moment.nominal, moment.fold) in self.skips


def speaks(schedule: Schedule) -> bool:
    """Whether it decides anything while it is not paused."""
    return schedule.enabled and schedule.mode != Schedule.Mode.OBSERVE


def is_paused(schedule: Schedule, *, at: datetime) -> bool:
    """Whether its pause covers that instant."""
    since, until = schedule.paused_at, schedule.paused_until
    return since is not None and since <= at and (until is None or until > at)


def is_hours(schedule: Schedule) -> bool:
    return any(rule.edge for rule in schedule.rules.all())


def schedules_of(servers: Collection[int], *, every: bool = False) -> dict[int, list[Schedule]]:
    """The schedules that have a say about each server, or all of them, by name, with all that bears on their
    moments."""
    active = Schedule.objects.filter(enabled=True).exclude(mode=Schedule.Mode.OBSERVE)
    wanted = Schedule.objects.all() if every else active
    rules = Prefetch("rules", queryset=Rule.objects.order_by("id"))
    ids = Target.objects.filter(server__in=servers, schedule__in=wanted).values("schedule")
    rows = wanted.filter(id__in=ids).prefetch_related(rules, "windows", "skip_dates")
    by_id = {row.id: tied(row) for row in rows.order_by("name", "id")}
    targets = Target.objects.filter(server__in=servers, schedule__in=by_id).order_by(
        "schedule__name", "schedule"
    )
    found: dict[int, list[Schedule]] = defaultdict(list)
    for server, schedule in targets.values_list("server", "schedule"):
        found[server].append(by_id[schedule])
    return found


def tied(schedule: Schedule) -> Schedule:
    """Its rules know this very object, so that none of them reads the windows and dates again."""
    for rule in schedule.rules.all():
        rule.schedule = schedule
    return schedule
