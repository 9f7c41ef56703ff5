"""Skips over HTTP: one coming occurrence does not run, and what stays is said; taken back in time."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.conftest import Person, make_server, make_skip, schedule
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.schedules import ahead
from shared.schedules.models import Rule, Schedule, Skip, Target
from shared.schedules.recurrence import moments

pytestmark = pytest.mark.django_db
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def skip(who: Person, made: dict[str, Any], **more: Any) -> Any:
    """Skip what comes next of a schedule."""
    return who.post("skips", {"rule": made["next"]["rule"], "at": made["next"]["at"]} | more)


def refused(answer: Any, pointer: str, code: str) -> bool:
    errors = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    return answer.status_code == 422 and errors == [(pointer, code)]


def test_all_servers_of_the_schedule_skip_it_unless_some_are_named(alice: Person, region: Region) -> None:
    first, second = make_server(region, name="a"), make_server(region, name="b")
    made = schedule(alice, servers=[first.id, second.id])
    only = skip(alice, made, servers=[second.id])
    assert only.status_code == 201, only.content
    [row] = only.json()["skips"]
    assert row == {
        "id": row["id"],
        "server": {"id": second.id, "name": "b"},
        "rule": made["next"]["rule"],
        "schedule": {"id": made["id"], "name": made["name"]},
        "action": "stop",
        "at": made["next"]["at"],
        "author": {"email": "alice@example.com", "name": ""},
    }
    both = skip(alice, made).json()["skips"]
    assert [each["server"]["name"] for each in both] == ["a", "b"]
    assert (both[1]["id"], Skip.objects.count()) == (row["id"], 2)


def test_what_is_skipped_is_on_the_line_of_time(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    skip(alice, nightly)
    query = f"to={iso(datetime.fromisoformat(nightly['next']['at']) + timedelta(minutes=1))}"
    [entry] = alice.get(f"servers/{server.id}/timeline?{query}").json()["entries"][-1:]
    assert (entry["state"], "set to be skipped" in entry["text"]) == ("skipped", True)


def hours(by: Person, server: Server) -> tuple[Rule, Rule]:
    """The two ends of a schedule's hours."""
    windows = [{"days": DAYS, "from": "08:00", "to": "20:00"}]
    body = {"name": "Office hours", "timezone": "UTC", "windows": windows, "servers": [server.id]}
    made = by.post("schedules", body).json()
    return (
        Rule.objects.get(schedule=made["id"], action="start"),
        Rule.objects.get(schedule=made["id"], action="stop"),
    )


def test_the_beginning_of_hours_leaves_their_end_and_says_so(alice: Person, server: Server) -> None:
    start, _ = hours(alice, server)
    assert start.next_run_at is not None
    answer = alice.post("skips", {"rule": start.id, "at": iso(start.next_run_at)})
    end = f"{start.next_run_at:%a} {start.next_run_at.day} {start.next_run_at:%b} 20:00"
    assert answer.json()["remains"] == (
        f"The stop on {end} stays, and finds the server off unless somebody starts it."
    )


def test_the_end_of_hours_is_made_up_for_by_the_next_that_is_not_skipped(
    alice: Person, server: Server
) -> None:
    _, stop = hours(alice, server)
    assert stop.next_run_at is not None
    at = [stop.next_run_at, *(datetime.fromisoformat(each["at"]) for each in stop.following)]
    alice.post("skips", {"rule": stop.id, "at": iso(at[1])})
    answer = alice.post("skips", {"rule": stop.id, "at": iso(at[0])})
    end = f"{at[2]:%a} {at[2].day} {at[2]:%b} 20:00"
    assert answer.json()["remains"] == f"The server stays on until the next stop, on {end}."


def test_of_other_rules_the_next_time_is_said_and_of_single_moments_nothing(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    assert skip(alice, nightly).json()["remains"].startswith("The next stop of this rule is on ")
    at = f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    once = schedule(alice, servers=[server.id], timezone="UTC", rules=[{"action": "start", "at": at}])
    assert skip(alice, once).json()["remains"] is None


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"rule": 2**40}, "#/rule", "unknown_rule"),
        ({"rule": "x"}, "#/rule", "wrong_type"),
        ({"rule": None}, "#/rule", "required"),
        ({"at": "{later}"}, "#/at", "not_an_occurrence"),
        ({"at": "{past}"}, "#/at", "in_the_past"),
        ({"at": "{far}"}, "#/at", "out_of_range"),
        ({"at": "9999-12-31T23:00:00Z"}, "#/at", "out_of_range"),
        ({"at": "18:30"}, "#/at", "invalid_time"),
        ({"servers": []}, "#/servers", "empty"),
        ({"servers": [2**40]}, "#/servers/0", "unknown_server"),
        ({"servers": "all"}, "#/servers", "wrong_type"),
        ({"note": "x"}, "#/note", "unknown_field"),
    ],
)
def test_what_cannot_be_skipped_is_refused_at_its_field(
    alice: Person, nightly: dict[str, Any], change: dict[str, Any], pointer: str, code: str
) -> None:
    coming = datetime.fromisoformat(nightly["next"]["at"])
    moments = {
        "{later}": iso(coming + timedelta(seconds=1)),
        "{past}": iso(coming - timedelta(days=7)),
        "{far}": iso(coming + timedelta(days=400)),
    }
    wrong = {name: moments.get(str(value), value) for name, value in change.items()}
    answer = skip(alice, nightly, **wrong)
    assert refused(answer, pointer, code), answer.content
    assert not Skip.objects.exists()


def test_others_rules_and_servers_are_unknown(
    alice: Person, charlie: Person, far_server: Server, nightly: dict[str, Any]
) -> None:
    assert refused(skip(charlie, nightly), "#/rule", "unknown_rule")
    assert refused(skip(alice, nightly, servers=[far_server.id]), "#/servers/0", "unknown_server")


def test_a_schedule_without_servers_has_nothing_to_skip(alice: Person) -> None:
    assert refused(skip(alice, schedule(alice)), "#", "no_servers")


def test_a_schedule_that_sleeps_has_no_occurrences(alice: Person, nightly: dict[str, Any]) -> None:
    Schedule.objects.update(paused_at=now())
    assert refused(skip(alice, nightly), "#/at", "not_an_occurrence")
    Schedule.objects.update(paused_until=datetime.fromisoformat(nightly["next"]["at"]))
    assert skip(alice, nightly).status_code == 201
    Schedule.objects.update(paused_at=None, paused_until=None, enabled=False)
    assert refused(skip(alice, nightly), "#/at", "not_an_occurrence")


def test_a_skip_is_taken_back_and_the_log_says_who_did_what(
    alice: Person, server: Server, nightly: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="cloudevy"):
        [made] = skip(alice, nightly).json()["skips"]
        assert alice.delete(f"skips/{made['id']}").status_code == 204
    at = datetime.fromisoformat(made["at"])
    what = f'stop at {at:%Y-%m-%d %H:%M} UTC by schedule "{nightly["name"]}" (ID: {nightly["id"]})'
    assert f"Skip put by alice@example.com: {what} on 1 server" in caplog.text
    assert f"Skip taken back by alice@example.com: {what} on server ID: {server.id}" in caplog.text
    assert not Skip.objects.exists()
    assert alice.delete(f"skips/{made['id']}").status_code == 404


def test_once_its_moment_has_come_it_cannot_be_taken_back(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    made = make_skip(server, nightly)
    Skip.objects.update(nominal="2026-01-05T18:30:00")
    answer = alice.delete(f"skips/{made.id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_cancellable")
    assert Skip.objects.exists()


@pytest.mark.parametrize(("query", "count"), [("", 3), ("server={server}", 2), ("schedule={schedule}", 1)])
def test_the_list_is_filtered(alice: Person, server: Server, region: Region, query: str, count: int) -> None:
    ours, theirs = schedule(alice, servers=[server.id]), schedule(alice, servers=[server.id])
    skip(alice, ours)
    skip(alice, theirs)
    skip(alice, schedule(alice, servers=[make_server(region).id]))
    answer = alice.get(f"skips?{query.format(server=server.id, schedule=ours['id'])}")
    assert answer.json()["count"] == count


def test_a_longer_list_takes_no_more_queries(alice: Person, region: Region) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert alice.get("skips").status_code == 200
        return len(captured)

    skip(alice, schedule(alice, servers=[make_server(region).id]))
    few = queries()
    for _ in range(5):
        skip(alice, schedule(alice, servers=[make_server(region).id]))
    assert queries() == few


def test_a_schedule_names_the_first_occurrence_that_some_server_does_not_skip(
    alice: Person, region: Region
) -> None:
    """Also beyond those that are stored ahead; the list tells the same."""
    first, second = make_server(region, name="a"), make_server(region, name="b")
    made = schedule(alice, servers=[first.id, second.id], rules=[{"action": "stop", "cron": "30 18 * * *"}])
    rule = Rule.objects.get(schedule=made["id"])
    planned = [each.at for each in islice(moments(ahead.timing(rule), after=now()), 11)]
    shown: list[str] = []
    skip(alice, made, servers=[first.id])
    assert alice.get(f"schedules/{made['id']}").json()["next"] == made["next"]
    for at in planned[:10]:
        assert alice.post("skips", {"rule": rule.id, "at": iso(at)}).status_code == 201
        [listed] = alice.get("schedules").json()["results"]
        assert alice.get(f"schedules/{made['id']}").json()["next"] == listed["next"]
        shown.append(listed["next"]["at"])
    assert shown == [iso(at) for at in planned[1:]]


def test_a_schedule_of_which_everything_is_skipped_names_nothing(
    alice: Person, server: Server, moment: datetime
) -> None:
    at = (moment + timedelta(days=2)).strftime("%Y-%m-%dT07:00")
    made = schedule(alice, servers=[server.id], rules=[{"action": "start", "at": at}])
    put = skip(alice, made).json()["skips"][0]["id"]
    assert alice.get(f"schedules/{made['id']}").json()["next"] is None
    assert alice.delete(f"skips/{put}").status_code == 204
    assert alice.get(f"schedules/{made['id']}").json()["next"] == made["next"]


def test_skips_of_a_schedule_that_has_no_servers_any_more_keep_nothing_from_being_named(
    alice: Person, server: Server
) -> None:
    made = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "*/5 * * * *"}])
    skip(alice, made)
    Target.objects.filter(schedule=made["id"]).delete()
    assert alice.get(f"schedules/{made['id']}").json()["next"] == made["next"]
