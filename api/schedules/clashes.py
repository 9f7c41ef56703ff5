"""Where a schedule meets others on its servers: actions that collide, stops that the hours of one keep from
happening, and timetables that are there twice. Of what is coming only the stored moments are looked at. It
saves nothing, and the schedule that is asked about need not be saved.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api.servers.clocks import Clock
from shared.schedules import ahead
from shared.schedules.models import Action, Rule, Schedule
from shared.schedules.recurrence import Timing
from shared.schedules.wanting import Wants
from shared.schedules.words import VERBS

ORDER = ("start", "stop", "reboot")
Note = dict[str, str]
# The days, and the time from which and to which they are meant.
Hours = tuple[frozenset[str], str, str]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Schedules that share servers, one of which stands for all, and the one that is asked about.

    Moments are told on the wall clock of that one.
    """

    schedule: Schedule
    others: Sequence[Schedule]
    server: int
    wants: Wants
    clock: Clock

    def moments(self) -> list[tuple[datetime, list[Rule]]]:
        """The stored coming moments, and who fires then."""
        found: dict[datetime, list[Rule]] = defaultdict(list)
        for each in self.others:
            for rule in each.rules.all():
                for moment in ahead.stored(rule):
                    found[moment.at].append(rule)
        return sorted(found.items())

    def keeper(self, rule: Rule, at: datetime) -> Schedule | None:
        """The schedule whose hours keep this from stopping the server then."""
        if rule.action != Action.STOP:
            return None
        if rule.schedule_id != self.schedule.id and self.is_kept_by_ours(at):
            return self.schedule
        return self.wants.kept_on(self.server, at=at, but=rule.schedule_id)

    def is_kept_by_ours(self, at: datetime) -> bool:
        said = self.wants.says(self.schedule, self.server, at=at)
        return said is not None and said.keeps_on


def clashes(schedule: Schedule, *, now: datetime) -> list[Note]:
    """Who says the same, what is kept on, once for every pair of schedules, and then what collides, moment by
    moment."""
    meetings = list(meetings_of(schedule, now=now))
    same = {each.id: double(each) for meeting in meetings for each in doubles(meeting)}
    kept = {key: note for meeting in meetings for key, note in kept_on(meeting)}
    found = {note["detail"]: note for meeting in meetings for note in collisions(meeting)}
    return [*same.values(), *kept.values(), *found.values()]


def meetings_of(schedule: Schedule, *, now: datetime) -> Iterator[Meeting]:
    """One for all servers that have the same schedules; none where this one has no say."""
    clock = Clock(schedule.timezone, now)
    servers = [target.server_id for target in schedule.targets.all()]
    wants = Wants(servers)
    wants.suppose(schedule, servers)
    told = set()
    for server, others in wants.schedules.items():
        ids = tuple(each.id for each in others)
        mine = next((each for each in others if each.id == schedule.id), None)
        if mine is not None and ids not in told:
            told.add(ids)
            yield Meeting(mine, others, server, wants, clock)


def doubles(meeting: Meeting) -> Iterator[Schedule]:
    """Those that do exactly the same at the same times."""
    mine = timetable(meeting.schedule)
    others = (each for each in meeting.others if each.id != meeting.schedule.id)
    return (each for each in others if each.paused_at is None and timetable(each) == mine)


def timetable(schedule: Schedule) -> set[tuple[str, Timing, frozenset[Hours]]]:
    """What it does and when, in whatever order that was written down."""
    lines = ((rule.action, ahead.timing(rule)) for rule in schedule.rules.all())
    return {(action, replace(timing, windows=()), hours(timing)) for action, timing in lines}


def hours(timing: Timing) -> frozenset[Hours]:
    return frozenset((frozenset(each.days), each.start, each.to) for each in timing.windows)


def double(other: Schedule) -> Note:
    detail = f"'{other.name}' does the same at the same times on a server of this one. One of them is enough."
    return {"code": "double", "detail": detail}


def kept_on(meeting: Meeting) -> Iterator[tuple[tuple[int, int], Note]]:
    """The first stop of each schedule that the hours of another keep from happening, where one is ours."""
    told = set()
    for at, firing in meeting.moments():
        for rule in firing:
            keeper = meeting.keeper(rule, at)
            key = (rule.schedule_id, keeper.id) if keeper else ()
            if keeper and meeting.schedule.id in key and key not in told:
                told.add(key)
                detail = kept(rule, keeper, meeting.clock, at)
                yield (rule.schedule_id, keeper.id), {"code": "kept_on", "detail": detail}


def kept(rule: Rule, keeper: Schedule, clock: Clock, at: datetime) -> str:
    return clock.finished(
        f"The stop of '{rule.schedule.name}' {clock.when(at)} falls into the hours of "
        f"'{keeper.name}' on the same server. Those keep it on, and the stop is skipped."
    )


def collisions(meeting: Meeting) -> Iterator[Note]:
    """Different actions on one server at one instant: one wins, the others are skipped."""
    for at, firing in meeting.moments():
        rules = [rule for rule in firing if meeting.keeper(rule, at) is None]
        is_ours = any(rule.schedule_id == meeting.schedule.id for rule in rules)
        if is_ours and len({rule.action for rule in rules}) > 1:
            yield {"code": "collision", "detail": collision(rules, meeting.clock, at)}


def collision(firing: Iterable[Rule], clock: Clock, at: datetime) -> str:
    actions = sorted({rule.action for rule in firing}, key=ORDER.index)
    who = ", ".join(sorted({f"{VERBS[rule.action].lower()} of '{rule.schedule.name}'" for rule in firing}))
    return clock.finished(
        f"The same server is asked for different things {clock.when(at)}: {who}. "
        f"{VERBS[actions[0]]} wins; the others are skipped."
    )
