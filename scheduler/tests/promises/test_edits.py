"""A thousand edits within two seconds of a moment, before and after the clock has claimed it: what was due is
on record once, and nothing of an old timetable runs once the new one is saved.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from api.schedules import saving
from scheduler import fire, send
from scheduler.tests.conftest import Time
from scheduler.tests.promises.conftest import Stage, timetable
from shared.errors import InvalidRule
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.schedules import ahead
from shared.schedules.models import Rule, Schedule
from shared.schedules.parts import SkipDay
from shared.schedules.recurrence import Moment, Timing, moments
from shared.schedules.services import Draft

EDITS = 1000
NEAR = 2.0
SPANS = ["08:00-20:00", "08:00-08:10", "08:05-20:05", "00:00-12:00", "22:00-06:00"]
TIMETABLES = [
    "stop */15 * * * *",
    "start 0,30 * * * *; stop 15,45 * * * *",
    "stop 0 20 * * *; start 0 8 * * *; reboot 0 3 * * *",
    *(f"mon-sun {span}" for span in SPANS),
    "mon-fri 08:00-12:00; mon-sun 13:00-20:00",
]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"]
Key = tuple[datetime, int, str]


@dataclass
class Told:
    """What the timetables, as they were saved one after the other, must have left behind."""

    stage: Stage
    schedule: Schedule
    since: datetime
    expected: Counter[Key] = field(default_factory=Counter)

    def pass_time(self, until: datetime) -> None:
        """Everything that the timetable of now asks for until then, strictly after the last edit."""
        row = Schedule.objects.get(id=self.schedule.id)
        servers = list(row.targets.values_list("server_id", flat=True))
        for rule in row.rules.all() if row.enabled and row.paused_at is None else ():
            for moment in between(ahead.timing(rule), self.since, until):
                self.expected.update((moment.at, server, rule.action) for server in servers)
        self.since = until


def between(timing: Timing, after: datetime, until: datetime) -> list[Moment]:
    found = []
    for moment in moments(timing, after=after):
        if moment.at > until:
            break
        found.append(moment)
    return found


def near_the_next_moment(time: Time, chance: random.Random) -> None:
    """Two seconds around the next moment of any rule; an hour on when there is none."""
    coming = Rule.objects.exclude(next_run_at=None).order_by("next_run_at").first()
    at = coming.next_run_at if coming and coming.next_run_at else time.moment + timedelta(hours=1)
    time.forward(max(0.0, (at - time.moment).total_seconds() + chance.uniform(-NEAR, NEAR)))


def another(schedule: Schedule, servers: list[Server], today: date, chance: random.Random) -> dict[str, Any]:
    """One edit of what moves moments, or of what does not."""
    near = [today + timedelta(days=day) for day in (-1, 0, 1, 2)]
    picked = [each.id for each in chance.sample(servers, chance.randint(1, len(servers)))]
    return chance.choice(
        [
            lambda: timetable(chance.choice(TIMETABLES)),
            lambda: timetable(chance.choice(TIMETABLES)),
            lambda: {"skip_dates": [SkipDay(day) for day in chance.sample(near, chance.randint(0, 3))]},
            lambda: {"valid_from": chance.choice([None, *near])},
            lambda: {"valid_to": chance.choice([None, None, today + timedelta(days=chance.randint(1, 9))])},
            lambda: {"tag_query": "team=qa"},
            lambda: {"servers": picked},
            lambda: {"timezone": chance.choice(ZONES)},
            lambda: {"enabled": chance.random() < 0.7},
            lambda: {"name": f"Night {chance.random()}"},
            lambda: {"grace_seconds": chance.choice([0, 60, 86400])},
        ]
    )()


def change(schedule: Schedule, wanted: dict[str, Any], time: Time) -> None:
    """Save it; a timetable that could never do anything is refused, and changes nothing."""
    with suppress(InvalidRule):
        saving.change(schedule, Draft(**wanted), revision=None, now=time.moment)


def claimed(region: Region, time: Time) -> None:
    """The clock comes: everything due is claimed, and the intent to send it committed."""
    fire.claim_all(time.moment)
    for _, action in send.due_groups(time.moment):
        send.claim(region, action)


def settled(time: Time) -> None:
    """What is on its way ends, so that the next round finds idle servers."""
    ours = Operation.objects.filter(state__in=["sending", "accepted"])
    ours.update(state="succeeded", reason="end_seen", finished_at=time.moment)
    Server.objects.update(transition="", transition_operation=None)


def one_edit(told: Told, servers: list[Server], chance: random.Random) -> None:
    """The clock and then the edit, or the edit and then the clock."""
    stage, schedule, time = told.stage, told.schedule, told.stage.time
    near_the_next_moment(time, chance)
    told.pass_time(time.moment)
    is_first = chance.random() < 0.5
    if is_first:
        claimed(stage.region, time)
    sent = set(Operation.objects.filter(attempt__gt=0).values_list("id", flat=True))
    change(schedule, another(schedule, servers, time.moment.date(), chance), time)
    revision = Schedule.objects.values_list("revision", flat=True).get(id=schedule.id)
    old = Operation.objects.filter(revision__lt=revision)
    assert not old.filter(state="requested").exists()
    if not is_first:
        claimed(stage.region, time)
        assert not old.filter(attempt__gt=0).exclude(id__in=sent).exists()
    settled(time)


def test_a_thousand_edits_around_due_moments_are_never_retroactive(
    stage: Stage, new_server: Callable[..., Server]
) -> None:
    chance = random.Random(7)
    servers = [new_server(name) for name in "ab"]
    Server.objects.update(tags={"team": "qa"})
    schedule = stage.plan("Night", TIMETABLES[0], servers[0])
    told = Told(stage, schedule, stage.time.moment)
    for _ in range(EDITS):
        one_edit(told, servers, chance)
    found = Counter(Operation.objects.values_list("due_at", "server_id", "action"))
    assert sum(told.expected.values()) > EDITS / 2
    assert found == told.expected
