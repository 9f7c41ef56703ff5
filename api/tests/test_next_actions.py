"""What a server's next action is said to be really is the next thing that will be done to it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.servers.explain import explain
from api.servers.nearest import BEYOND, Beyond, Coming, Line, nearest
from api.servers.next_actions import next_actions
from api.servers.timeline import Named
from api.tests.conftest import Person, make_server, schedule
from api.tests.worlds import scheduled
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.people.models import Workspace
from shared.schedules import holds
from shared.schedules.models import Hold, Rule, Schedule, Skip

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OFFICE, LATE, NIGHTLY = Named(1, "Office hours"), Named(2, "Late shift"), Named(3, "Nightly")
NEVER: frozenset[str] = frozenset()


def line(rule: int, action: str, schedule: Named, *hours: float, **facts: Any) -> Line:
    """A rule with moments so many hours after noon."""
    soonest, *rest = [NOON + timedelta(hours=hour) for hour in hours]
    return Line(rule, action, schedule, "UTC", soonest, [{"at": each.isoformat()} for each in rest], **facts)


def hours(number: int, schedule: Named, starts: list[float], stops: list[float]) -> list[Line]:
    return [
        line(number, "start", schedule, *starts, hours=True),
        line(number + 1, "stop", schedule, *stops, hours=True),
    ]


ON_NOW = hours(1, OFFICE, [20, 44], [8, 32])
NEAREST = [
    ([], NEVER, None),
    (ON_NOW, NEVER, (2, 8)),
    ([line(5, "stop", NIGHTLY, 6, 30), *ON_NOW], NEVER, (2, 8)),
    ([line(5, "stop", NIGHTLY, 9, 33), *ON_NOW], NEVER, (2, 8)),
    ([line(5, "reboot", NIGHTLY, 6, 30), *ON_NOW], NEVER, (5, 6)),
    ([line(5, "start", NIGHTLY, 8), line(6, "stop", NIGHTLY, 8)], NEVER, (5, 8)),
    ([line(5, "stop", NIGHTLY, 8), line(6, "reboot", NIGHTLY, 8)], NEVER, (5, 8)),
    ([*ON_NOW, *hours(3, LATE, [22], [10])], NEVER, (4, 10)),
    ([*ON_NOW, *hours(3, LATE, [7], [10])], NEVER, (3, 7)),
    ([*hours(1, OFFICE, [-2, 20], [8, 32]), line(5, "stop", NIGHTLY, 6)], NEVER, (1, -2)),
    ([*hours(1, OFFICE, [30], [40]), line(5, "stop", NIGHTLY, 6)], NEVER, (5, 6)),
    (ON_NOW, frozenset({"start", "stop"}), None),
    ([line(5, "stop", NIGHTLY, 6, once=True)], frozenset({"start", "stop"}), None),
    ([line(5, "stop", NIGHTLY, 2), line(1, "start", OFFICE, 40, hours=True), ON_NOW[1]], NEVER, BEYOND),
    ([line(5, "stop", NIGHTLY, 2, once=True), *hours(1, OFFICE, [40], [5])], NEVER, (2, 5)),
]


@pytest.mark.parametrize(("lines", "never", "expected"), NEAREST)
def test_the_nearest_moment_that_runs_is_found_in_what_is_stored(
    lines: list[Line], never: frozenset[str], expected: tuple[int, int] | Beyond | None
) -> None:
    found = nearest(lines, never=never)
    if isinstance(found, Coming):
        assert (found.line.rule, found.at - NOON) == (expected[0], timedelta(hours=expected[1]))  # type: ignore[index]
    else:
        assert found is expected


def test_nothing_runs_before_the_end_of_a_hold() -> None:
    found = nearest(ON_NOW, never=NEVER, held=NOON + timedelta(hours=21))
    assert isinstance(found, Coming)
    assert (found.line.rule, found.at) == (2, NOON + timedelta(hours=32))
    at_its_end = nearest(ON_NOW, never=NEVER, held=NOON + timedelta(hours=20))
    assert isinstance(at_its_end, Coming)
    assert at_its_end.line.rule == 1
    assert nearest(ON_NOW, never=NEVER, held=NOON + timedelta(hours=33)) is BEYOND


def shown(who: Person, server: Server) -> dict[str, Any] | None:
    """The next action, told the same by the list, the page and the poll."""
    [listed] = [row for row in who.get("servers").json()["results"] if row["id"] == server.id]
    [polled] = who.get(f"servers/statuses?ids={server.id}").json()["statuses"]
    one = who.get(f"servers/{server.id}").json()
    assert listed["next_action"] == polled["next_action"] == one["next_action"]
    told: dict[str, Any] | None = one["next_action"]
    return told


@pytest.mark.django_db
def test_it_names_the_rule_so_that_it_can_be_skipped(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    rule = Rule.objects.get()
    told = shown(alice, server)
    assert told is not None
    assert (told["rule"], told["at"]) == (rule.id, nightly["next"]["at"])
    assert told["schedule"] == {"id": nightly["id"], "name": nightly["name"]}


@pytest.mark.django_db
def test_what_is_skipped_or_held_is_passed_over(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    rule = Rule.objects.get()
    second, third = (each["at"] for each in rule.following[:2])
    Skip.objects.create(
        workspace=server.workspace, rule=rule, server=server, nominal=rule.next_nominal, fold=0
    )
    told = shown(alice, server)
    assert told is not None
    assert datetime.fromisoformat(told["at"]) == datetime.fromisoformat(second)
    until = datetime.fromisoformat(second) + timedelta(seconds=1)
    Hold.objects.create(workspace=server.workspace, server=server, want="on", until=until)
    told = shown(alice, server)
    assert told is not None
    assert datetime.fromisoformat(told["at"]) == datetime.fromisoformat(third)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Server, {"protected": True}),
        (Server, {"left_at": "2026-11-24T00:00:00Z"}),
        (Server, {"observed_state": "terminated"}),
        (Server, {"flags": {"asg": "web"}}),
        (Region, {"enabled": False}),
        (Schedule, {"mode": "observe"}),
        (Schedule, {"enabled": False}),
        (Schedule, {"paused_at": "2026-11-24T00:00:00Z"}),
    ],
)
def test_what_will_never_run_is_no_next_action(
    alice: Person, server: Server, nightly: dict[str, Any], model: Any, values: dict[str, Any]
) -> None:
    model.objects.update(**values)
    assert alice.get(f"servers/{server.id}").json()["next_action"] is None


@pytest.mark.django_db
def test_it_is_the_first_transition_that_runs_whatever_bends_it(workspace: Workspace, region: Region) -> None:
    """Many servers at once, against the explanation of each."""
    chance, moment = Random(7), now()
    servers = [make_server(region) for _ in range(30)]
    for server in servers:
        for number in range(chance.randint(1, 3)):
            scheduled(server, chance, moment, number=number)
        if chance.random() < 0.3:
            until = moment + timedelta(hours=chance.choice([5, 300]))
            Hold.objects.create(workspace=workspace, server=server, want="on", until=until)
    held = holds.open_ones([each.id for each in servers], now=now())
    found = next_actions(servers, held=held, now=moment)
    for server in servers:
        steps = explain(server, at=moment, now=moment, home="UTC").next
        first = next((each for each in steps if each.state == "planned" and each.rule), None)
        told = found.get(server.id)
        if first is not None:
            assert told is not None
            assert (told.rule, told.at, told.action) == (first.rule, first.at, first.action), server.id
    # How many there are depends on the hour at which this runs.
    assert len(found) > 15


@pytest.mark.django_db
def test_many_servers_take_no_more_queries_than_one_bent_or_not(
    alice: Person, region: Region, moment: datetime
) -> None:
    def queries() -> int:
        ids = ",".join(str(row.id) for row in Server.objects.all())
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(f"servers/statuses?ids={ids}").status_code == 200
        return len(captured)

    def add(count: int, *, held: bool) -> None:
        servers = [make_server(region) for _ in range(count)]
        for _ in range(2):
            schedule(alice, servers=[each.id for each in servers])
        for each in servers if held else ():
            until = moment + timedelta(days=20)
            Hold.objects.create(workspace=each.workspace, server=each, want="on", until=until)

    add(1, held=False)
    straight = queries()
    add(10, held=False)
    assert queries() == straight
    add(1, held=True)
    bent = queries()
    add(10, held=True)
    assert queries() == bent
    assert (straight <= 17, bent <= 26) == (True, True)
