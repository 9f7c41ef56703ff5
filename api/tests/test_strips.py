"""Strips: what servers were seen to be and what is planned, side by side, for many at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.servers.segments import Change, Segment, Sight, Turn, cut, seen
from api.tests.conftest import Person, make_observation, make_operation, make_server, schedule
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Operation
from shared.schedules.models import Hold, Rule, Schedule, Skip

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def told(pieces: list[Segment]) -> list[tuple[float, float, str]]:
    hours = [
        ((each.start - NOON) / timedelta(hours=1), (each.end - NOON) / timedelta(hours=1)) for each in pieces
    ]
    return [(begin, end, each.word) for (begin, end), each in zip(hours, pieces, strict=True)]


ALWAYS = Sight([], None, "running", at(-99))
STOPPED = Change(at(-3), "running", "stopped")
SIGHTS = [
    (ALWAYS, [(-12, 0, "running")]),
    (replace(ALWAYS, known=None), [(-12, 0, "unknown")]),
    (replace(ALWAYS, known=at(-5)), [(-12, -5, "unknown"), (-5, 0, "running")]),
    (replace(ALWAYS, known=at(5)), [(-12, 0, "unknown")]),
    (replace(ALWAYS, changes=[STOPPED]), [(-12, -3, "running"), (-3, 0, "stopped")]),
    (replace(ALWAYS, later=Change(at(3), "stopped", "pending")), [(-12, 0, "stopped")]),
    (replace(ALWAYS, lost=at(-2)), [(-12, -2, "running"), (-2, 0, "unknown")]),
    (replace(ALWAYS, lost=at(-50)), [(-12, 0, "unknown")]),
    (replace(ALWAYS, changes=[STOPPED], lost=at(-4)), [(-12, -4, "running"), (-4, 0, "unknown")]),
    (
        replace(ALWAYS, changes=[Change(at(-3), "unknown", "running")]),
        [(-12, -3, "unknown"), (-3, 0, "running")],
    ),
]


@pytest.mark.parametrize(("sight", "expected"), SIGHTS)
def test_what_was_seen_is_unknown_before_the_first_look_and_after_the_last(
    sight: Sight, expected: list[tuple[float, float, str]]
) -> None:
    assert told(seen(sight, start=at(-12), end=NOON)) == expected


def test_nothing_was_seen_of_a_span_that_is_still_to_come() -> None:
    assert seen(ALWAYS, start=at(1), end=NOON) == []


def test_like_pieces_are_one_and_what_nobody_wants_is_left_out() -> None:
    turns = [Turn(at(0), ""), Turn(at(1), "on"), Turn(at(2), "on"), Turn(at(3), "off"), Turn(at(9), "on")]
    assert told(cut(turns, start=at(0), end=at(5))) == [(1, 3, "on"), (3, 5, "off")]


def ask(who: Person, *servers: Server, start: datetime, end: datetime) -> list[dict[str, Any]]:
    ids = ",".join(str(server.id) for server in servers)
    answer = who.get(f"servers/strips?ids={ids}&from={iso(start)}&to={iso(end)}")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["from"], body["to"]) == (iso(start), iso(end))
    rows: list[dict[str, Any]] = body["strips"]
    return rows


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def spans(pieces: list[dict[str, Any]], word: str) -> list[tuple[str, str, str]]:
    return [(each["from"], each["to"], each[word]) for each in pieces]


@pytest.fixture
def minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def daily(
    by: Person, minute: datetime, *servers: Server, begin: float, end: float, **more: Any
) -> dict[str, Any]:
    """Hours of every day, told from now."""
    edges = [minute + timedelta(hours=hour) for hour in (begin, end)]
    windows = [{"days": DAYS, "from": f"{edges[0]:%H:%M}", "to": f"{edges[1]:%H:%M}"}]
    ids = [server.id for server in servers]
    return schedule(by, timezone="UTC", servers=ids, rules=None, windows=windows, **more)


@pytest.mark.django_db
def test_the_hours_of_all_schedules_are_planned_before_and_after_now(
    alice: Person, server: Server, minute: datetime
) -> None:
    daily(alice, minute, server, begin=-6, end=2)
    daily(alice, minute, server, begin=1, end=4)
    [strip] = ask(alice, server, start=minute - timedelta(hours=8), end=minute + timedelta(hours=8))
    hour = {each: iso(minute + timedelta(hours=each)) for each in (-8, -6, 4, 8)}
    assert spans(strip["planned"], "want") == [
        (hour[-8], hour[-6], "off"),
        (hour[-6], hour[4], "on"),
        (hour[4], hour[8], "off"),
    ]
    assert [mark["state"] for mark in strip["marks"]] == ["skipped"]


@pytest.mark.django_db
def test_a_hold_bends_what_is_planned_and_marks_what_it_keeps_from_running(
    alice: Person, server: Server, minute: datetime
) -> None:
    daily(alice, minute, server, begin=-6, end=2)
    Hold.objects.create(
        workspace=server.workspace,
        server=server,
        want="on",
        until=minute + timedelta(hours=5),
        created_at=minute - timedelta(hours=1),
    )
    [strip] = ask(alice, server, start=minute - timedelta(hours=2), end=minute + timedelta(hours=8))
    hour = {each: iso(minute + timedelta(hours=each)) for each in (-2, 2, 5, 8)}
    assert spans(strip["planned"], "want") == [(hour[-2], hour[5], "on"), (hour[5], hour[8], "off")]
    assert strip["marks"] == [{"at": hour[2], "action": "stop", "state": "skipped"}]
    Hold.objects.update(ended_at=minute + timedelta(seconds=0))
    [strip] = ask(alice, server, start=minute - timedelta(hours=2), end=minute + timedelta(hours=8))
    assert spans(strip["planned"], "want") == [(hour[-2], hour[2], "on"), (hour[2], hour[8], "off")]


@pytest.mark.django_db
def test_a_skip_and_a_pause_bend_what_is_planned(alice: Person, server: Server, minute: datetime) -> None:
    made = daily(alice, minute, server, begin=-6, end=2)
    span = {"start": minute, "end": minute + timedelta(hours=8)}
    stop = Rule.objects.get(action="stop")
    Skip.objects.create(
        workspace=server.workspace, server=server, rule=stop, nominal=stop.next_nominal, fold=0
    )
    [strip] = ask(alice, server, **span)
    assert spans(strip["planned"], "want") == [(iso(minute), iso(span["end"]), "on")]
    Skip.objects.all().delete()
    until = minute + timedelta(hours=3)
    alice.post(f"schedules/{made['id']}/pause", {"until": iso(until)})
    [strip] = ask(alice, server, start=minute + timedelta(minutes=2), end=span["end"])
    assert spans(strip["planned"], "want") == [(iso(until), iso(span["end"]), "off")]


@pytest.mark.django_db
def test_nothing_is_planned_for_a_server_that_nothing_scheduled_touches(
    alice: Person, server: Server, minute: datetime
) -> None:
    daily(alice, minute, server, begin=-6, end=2)
    Server.objects.update(protected=True)
    [strip] = ask(alice, server, start=minute, end=minute + timedelta(hours=8))
    assert strip["planned"] == []
    assert [mark["state"] for mark in strip["marks"]] == ["skipped"]


@pytest.mark.django_db
def test_what_was_seen_and_done_is_on_the_strip(alice: Person, server: Server, minute: datetime) -> None:
    Server.objects.update(observed_state="running", created_at=minute - timedelta(days=3))
    times = [minute - timedelta(hours=each) for each in (5, 4)]
    make_observation(server, asked_at=times[0], before="running", after="stopped")
    make_observation(server, asked_at=times[1], before="stopped", after="running")
    for state in ("succeeded", "failed", "skipped", "unknown", "cancelled", "requested"):
        make_operation(server, state=state, due_at=times[0])
    start = minute - timedelta(hours=6)
    [strip] = ask(alice, server, start=start, end=minute)
    assert spans(strip["seen"], "state") == [
        (iso(start), iso(times[0]), "running"),
        (iso(times[0]), iso(times[1]), "stopped"),
        (iso(times[1]), iso(minute), "running"),
    ]
    assert [(mark["at"], mark["state"]) for mark in strip["marks"]] == [
        (iso(times[0]), state) for state in ("succeeded", "failed", "skipped", "unknown")
    ]
    [early] = ask(alice, server, start=start - timedelta(hours=6), end=start)
    assert {each["state"] for each in early["seen"]} == {"running"}
    Server.objects.update(missing_since=times[1])
    [strip] = ask(alice, server, start=start, end=minute)
    assert strip["seen"][-1]["state"] == "unknown"
    Server.objects.update(missing_since=None, observed_at=times[1])
    [strip] = ask(alice, server, start=start, end=minute)
    assert spans(strip["seen"], "state")[-1] == (iso(times[1]), iso(minute), "unknown")


@pytest.mark.django_db
def test_a_server_that_never_changed_is_known_since_it_was_first_seen(
    alice: Person, server: Server, minute: datetime
) -> None:
    found = minute - timedelta(hours=2)
    Server.objects.update(state_since=found)
    [strip] = ask(alice, server, start=minute - timedelta(hours=4), end=minute)
    assert [each["state"] for each in strip["seen"]] == ["unknown", "running"]
    assert strip["seen"][1]["from"] == iso(found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "?ids"),
        ("ids=1,x", "?ids"),
        ("ids=" + ",".join(map(str, range(1, 102))), "?ids"),
        ("ids=1&from=2026-11-24T00:00:00Z&to=2026-11-26T00:00:01Z", "?to"),
        ("ids=1&from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:00Z", "?to"),
        ("ids=1&from=today", "?from"),
        ("ids=1&at=2026-11-24T00:00:00Z", "?at"),
    ],
)
def test_a_wrong_question_is_refused(alice: Person, query: str, parameter: str) -> None:
    problem = alice.get(f"servers/strips?{query}")
    assert (problem.status_code, problem.json()["code"]) == (400, "invalid_query")
    assert problem.json()["errors"][0]["pointer"] == parameter


@pytest.mark.django_db
def test_nobody_sees_the_strips_of_another_workspace(
    charlie: Person, server: Server, far_server: Server, minute: datetime
) -> None:
    rows = ask(charlie, server, far_server, start=minute, end=minute + timedelta(hours=1))
    assert [row["server"] for row in rows] == [far_server.id]


@pytest.mark.django_db
def test_many_strips_take_no_more_queries_than_one(alice: Person, region: Region, minute: datetime) -> None:
    def queries() -> int:
        servers = Server.objects.all()
        with CaptureQueriesContext(connection) as captured:
            rows = ask(alice, *servers, start=minute - timedelta(hours=24), end=minute + timedelta(hours=24))
        assert len(rows) == len(servers)
        return len(captured)

    def add(count: int) -> None:
        for _ in range(count):
            server = make_server(region)
            daily(alice, minute, server, begin=-6, end=2)
            daily(alice, minute, server, begin=-3, end=4)
            make_operation(server, state="succeeded", due_at=minute)
            make_observation(server, asked_at=minute)
            Hold.objects.create(
                workspace=server.workspace, server=server, want="on", until=minute + timedelta(hours=5)
            )
        assert Schedule.objects.count() == 2 * Operation.objects.count() == 2 * Observation.objects.count()

    add(1)
    few = queries()
    add(12)
    assert queries() == few
    assert few <= 21
