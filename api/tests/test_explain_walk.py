"""What is wanted of a server at any instant is what a walk over all occurrences, one by one, arrives at.

The walk goes forward from weeks before and keeps what was said last; it looks back nowhere.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random

import pytest

from api.servers.explain import explain
from api.tests.conftest import make_server
from api.tests.worlds import scheduled
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.people.models import Workspace
from shared.schedules import ahead
from shared.schedules.models import Hold, Rule, Skip
from shared.schedules.recurrence import Moment, moments

WEEKS = timedelta(days=30)
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
    Hold.objects.create(workspace=workspace, server=server, want="off", until=until, created_at=moment)
    for hour in range(-12, 60):
        at = moment + timedelta(hours=hour)
        expected = "off" if moment <= at < until else walked(server, at)
        assert explain(server, at=at, now=moment, home="UTC").want == expected, at
