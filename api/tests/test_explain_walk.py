"""What is wanted of a server at any instant is what a walk over all occurrences, one by one, arrives at.

The walk goes forward from weeks before and keeps what was said last; it looks back nowhere.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Any

import pytest

from api.servers.explain import explain
from api.tests.conftest import make_server
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.people.models import Workspace
from shared.schedules import ahead, services
from shared.schedules.checks import RuleText
from shared.schedules.models import Hold, Rule, Schedule, Skip
from shared.schedules.parts import SkipDay
from shared.schedules.recurrence import Moment, moments
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

WEEKS = timedelta(days=30)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
WORLDS, INSTANTS = 15, 8


def walked(server: Server, at: datetime) -> str | None:
    """on, off or None: every start and stop up to that instant, in order."""
    hours: dict[int, bool] = {}
    last = None
    for _, rule in sorted(occurrences(server, at), key=in_order):
        last = "on" if rule.action == "start" else "off"
        if rule.edge:
            hours[rule.schedule_id] = last == "on"
    return "on" if any(hours.values()) else last


def in_order(each: tuple[Moment, Rule]) -> tuple[datetime, bool, int]:
    """At one instant a start has the last word, and of two alike the older rule."""
    moment, rule = each
    return moment.at, rule.action == "start", -rule.id


def occurrences(server: Server, at: datetime) -> Iterator[tuple[Moment, Rule]]:
    skips = set(Skip.objects.filter(server=server).values_list("rule_id", "nominal", "fold"))
    rules = Rule.objects.filter(schedule__targets__server=server, action__in=["start", "stop"])
    for rule in rules.filter(schedule__enabled=True).exclude(schedule__mode="observe"):
        since, until = rule.schedule.paused_at, rule.schedule.paused_until
        if since is not None and since <= at and (until is None or until > at):
            continue
        for moment in takewhile(lambda each: each.at <= at, moments(ahead.timing(rule), after=at - WEEKS)):
            if (rule.id, moment.nominal, moment.fold) not in skips:
                yield moment, rule


def time(chance: Random) -> str:
    return f"{chance.randrange(24):02}:{chance.choice([0, 30]):02}"


def timetable(chance: Random, today: date) -> dict[str, Any]:
    if chance.random() < 0.5:
        days = [tuple(chance.sample(DAYS, chance.randint(1, 6))) for _ in range(chance.randint(1, 2))]
        return {"windows": [WindowText(each, time(chance), time(chance)) for each in days]}
    rules = {
        RuleText(chance.choice(["start", "stop", "reboot"]), **when(chance, today))
        for _ in range(chance.randint(1, 3))
    }
    return {"rules": list(rules)}


def when(chance: Random, today: date) -> dict[str, str]:
    if chance.random() < 0.2:
        return {"at": f"{today + timedelta(days=chance.randint(1, 5))}T{time(chance)}:00"}
    hour, minute = time(chance).split(":")
    return {"cron": f"{int(minute)} {int(hour)} * * {chance.choice(['*', '1-5', '0,3', '6'])}"}


def bent(chance: Random, today: date) -> dict[str, Any]:
    """What bends a timetable."""
    days = {today + timedelta(days=chance.randint(-9, 9)) for _ in range(chance.choice([0, 0, 3]))}
    return {
        "timezone": chance.choice(ZONES),
        "skip_dates": [SkipDay(day) for day in days],
        "valid_from": chance.choice([None, None, today - timedelta(days=5), today + timedelta(days=2)]),
        "valid_to": chance.choice([None, None, today + timedelta(days=4)]),
        "mode": chance.choice(["respect", "respect", "enforce", "observe"]),
        "enabled": chance.random() < 0.9,
    }


def scheduled(server: Server, chance: Random, moment: datetime, *, number: int) -> Schedule:
    today = moment.date()
    draft = Draft(
        name=f"{server.id} {number}", servers=[server.id], **timetable(chance, today), **bent(chance, today)
    )
    made = services.create(draft, workspace=server.workspace, author=None, now=moment)
    if chance.random() < 0.15:
        paused = moment + timedelta(days=chance.randint(-6, 0))
        until = chance.choice([None, moment + timedelta(days=2, hours=3)])
        Schedule.objects.filter(id=made.id).update(paused_at=paused, paused_until=until)
    for rule in made.rules.all():
        coming = moments(ahead.timing(rule), after=moment - timedelta(days=6))
        near = list(takewhile(lambda each: each.at < moment + timedelta(days=6), coming))
        for each in chance.sample(near, min(len(near), chance.choice([0, 0, 2]))):
            row = {"rule": rule, "server": server, "nominal": each.nominal, "fold": each.fold}
            Skip.objects.create(workspace=server.workspace, **row)
    return made


@pytest.mark.django_db
def test_what_is_wanted_is_what_a_walk_arrives_at(workspace: Workspace, region: Region) -> None:
    chance, moment, wants = Random(5), now(), set()
    for _ in range(WORLDS):
        server = make_server(region)
        for number in range(chance.randint(1, 4)):
            scheduled(server, chance, moment, number=number)
        edges = [each.at for each, _ in occurrences(server, moment + timedelta(days=6))]
        near = [each for each in edges if each > moment - timedelta(days=6)]
        sharp = chance.sample(near, min(len(near), INSTANTS // 2))
        rest = [moment + timedelta(minutes=chance.randint(-8640, 8640)) for _ in range(INSTANTS - len(sharp))]
        for at in [*sharp, *rest]:
            told = explain(server, at=at, now=moment, home="UTC")
            assert told.want == walked(server, at), (server.id, at)
            wants.add(told.want)
    assert wants == {"on", "off", None}


@pytest.mark.django_db
def test_under_a_hold_the_hold_is_wanted_and_after_it_what_the_walk_says(
    workspace: Workspace, region: Region
) -> None:
    chance, moment = Random(6), now().astimezone(UTC)
    server = make_server(region)
    for number in range(3):
        scheduled(server, chance, moment, number=number)
    until = moment + timedelta(hours=30)
    row = Hold.objects.create(workspace=workspace, server=server, want="off", until=until)
    Hold.objects.filter(id=row.id).update(created_at=moment)
    for hour in range(-12, 60):
        at = moment + timedelta(hours=hour)
        expected = "off" if moment <= at < until else walked(server, at)
        assert explain(server, at=at, now=moment, home="UTC").want == expected, at
