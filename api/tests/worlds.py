"""Random schedules, and all that may bend them, for tests that hold two ways to tell against each other."""

from datetime import date, datetime, timedelta
from itertools import takewhile
from random import Random
from typing import Any

from shared.fleet.models import Server
from shared.schedules import ahead, services
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule, Skip
from shared.schedules.parts import SkipDay
from shared.schedules.recurrence import moments
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]


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
        until = chance.choice([None, moment + timedelta(days=2, hours=3)])
        services.pause(made, reason="", until=until, now=moment)
        paused = moment + timedelta(days=chance.randint(-6, 0))
        Schedule.objects.filter(id=made.id).update(paused_at=paused)
    for rule in made.rules.all():
        coming = moments(ahead.timing(rule), after=moment - timedelta(days=6))
        near = list(takewhile(lambda each: each.at < moment + timedelta(days=6), coming))
        for each in chance.sample(near, min(len(near), chance.choice([0, 0, 2]))):
            row = {"rule": rule, "server": server, "nominal": each.nominal, "fold": each.fold}
            Skip.objects.create(workspace=server.workspace, **row)
    return made
