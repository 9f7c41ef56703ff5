"""A server's line of time: what is planned, what was done and what was seen, in one order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.servers.timeline import Done, Named, Plan, Seen, done, merged, observed, planned
from api.tests.conftest import Person, make_observation, make_operation, make_server, schedule
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.operations.verdicts import Occurrence
from shared.schedules.models import Rule

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NIGHTLY = Named(3, "Nightly")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def plan(minutes: int, action: str = "stop", **facts: Any) -> Plan:
    rule = ("start", "stop", "reboot").index(action)
    grace = at(minutes) + timedelta(minutes=15)
    occurrence = Occurrence(rule, 1, action, at(minutes), grace, **facts)
    return Plan(occurrence, NIGHTLY, "UTC", f"{at(minutes):%Y-%m-%dT%H:%M:%S}")


def operation(minutes: int, **values: Any) -> Done:
    fresh: dict[str, Any] = {"id": 1, "action": "stop", "origin": "rule", "state": "succeeded", "author": ""}
    return Done(**fresh | {"at": at(minutes), "schedule": NIGHTLY, "detail": "Seen."} | values)


SEEN = Seen("running", "stopped", "outside", "inside", "alerted", "", None)


def test_all_kinds_stand_in_one_order() -> None:
    at_noon = observed(SEEN, at=NOON, operation=None, schedule=None)
    told = [*planned([plan(5), plan(-5)], now=NOON), at_noon, done(operation(0))]
    entries, more = merged(told, now=NOON)
    assert [entry.kind for entry in entries] == ["planned", "operation", "observation", "planned"]
    assert more is False


def test_the_five_hundred_nearest_to_now_come_and_the_rest_is_said_to_be_there() -> None:
    entries = [*(done(operation(-minute)) for minute in range(600)), *planned([plan(120)], now=NOON)]
    shown, more = merged(entries, now=NOON)
    assert (len(shown), more) == (500, True)
    assert (shown[0].at, shown[-1].kind) == (at(-498), "planned")
    assert merged(shown, now=NOON) == (shown, False)


def test_at_one_instant_a_start_goes_before_a_stop_and_a_stop_before_a_reboot() -> None:
    rivals = [plan(5, "reboot"), plan(5, "stop"), plan(9, "reboot")]
    told = {(entry.at, entry.action): entry for entry in planned(rivals, now=NOON)}
    assert told[at(5), "stop"].state is None
    assert told[at(5), "reboot"].state == "skipped"
    assert "stop wins over reboot" in told[at(5), "reboot"].text
    assert told[at(9), "reboot"].state is None


def test_what_will_not_run_anyway_wins_nothing() -> None:
    entries = planned([plan(5, "start", skipped=True), plan(5, "stop")], now=NOON)
    assert {entry.action: entry.state for entry in entries} == {"start": "skipped", "stop": None}


def test_a_moment_the_clock_missed_is_due_now_until_its_grace_is_over() -> None:
    late, too_late = plan(-5), plan(-20, "start")
    told = {entry.action: entry for entry in planned([late, too_late], now=NOON)}
    assert (told["stop"].state, told["stop"].text) == (None, "Stop by Nightly is due now.")
    assert told["start"].state == "skipped"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "Stop by Nightly: done. Seen."),
        ({"origin": "person", "author": "bob"}, "Stop asked for by bob: done. Seen."),
        ({"origin": "token", "author": "bob"}, "Stop asked for with a token of bob: done. Seen."),
        (
            {"origin": "person", "author": "bob", "options": {"force": True}},
            "Force stop asked for by bob: done. Seen.",
        ),
        ({"options": {"hibernate": True}}, "Hibernate by Nightly: done. Seen."),
        ({"origin": "enforce"}, "Stop to put the server back as Nightly wants it: done. Seen."),
        ({"state": "skipped", "schedule": None, "detail": ""}, "Stop by a deleted schedule: it did not run."),
    ],
)
def test_an_operation_is_told_in_a_sentence(values: dict[str, Any], text: str) -> None:
    assert done(operation(0, **values)).text == text


def test_a_change_is_told_with_who_did_it_and_what_came_of_it() -> None:
    text = observed(SEEN, at=NOON, operation=None, schedule=NIGHTLY).text
    assert text.startswith("Seen stopped, after running. Somebody shut it down from inside")
    assert text.endswith("somebody should look at it.")


def test_a_change_is_told_in_the_words_of_the_page() -> None:
    text = observed(
        replace(SEEN, before="stopped", after="pending"), at=NOON, operation=None, schedule=None
    ).text
    assert text.startswith("Seen starting, after stopped.")


def line(who: Person, server: Server, **query: str) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = who.get(f"servers/{server.id}/timeline?{asked}")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.django_db
def test_past_and_future_are_one_line(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    make_operation(server, state="succeeded", due_at=moment - timedelta(hours=2), schedule_id=often["id"])
    make_observation(server, asked_at=moment - timedelta(hours=1), cause="outside", schedule=often["id"])
    make_operation(server, due_at=moment - timedelta(hours=25))
    make_operation(make_server(server.region), due_at=moment)
    told = line(alice, server)
    kinds = [entry["kind"] for entry in told["entries"]]
    assert kinds == ["operation", "observation", "planned", "planned", "planned", "planned"]
    first, second, third = told["entries"][:3]
    assert (
        first["schedule"]
        == second["schedule"]
        == third["schedule"]
        == {
            "id": often["id"],
            "name": often["name"],
        }
    )
    assert (first["operation"] is not None, second["observation"]["cause"]) == (True, "outside")
    assert (third["action"], third["state"], third["text"]) == (
        "stop",
        None,
        f"Stop by {often['name']} is planned.",
    )
    assert (told["from"] < first["at"], told["more"]) == (True, False)


@pytest.mark.django_db
def test_a_busy_past_hides_neither_what_is_newest_nor_what_is_planned(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    moments = [moment - timedelta(seconds=20 * step) for step in range(1, 601)]
    Operation.objects.bulk_create(
        Operation(
            workspace=server.workspace,
            server=server,
            action="stop",
            origin="rule",
            state="succeeded",
            due_at=at,
            not_before=at,
            requested_at=at,
            grace_until=at,
        )
        for at in moments
    )
    told = line(alice, server)
    assert (len(told["entries"]), told["more"]) == (500, True)
    kinds = [entry["kind"] for entry in told["entries"]]
    assert kinds[-1] == "planned"
    newest = [entry for entry in told["entries"] if entry["kind"] == "operation"][-1]
    assert newest["at"][:19] == iso(moments[0])[:19]


@pytest.mark.django_db
def test_the_line_goes_on_beyond_the_stored_moments(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    entries = line(alice, server, **{"from": iso(moment), "to": iso(moment + timedelta(days=30))})["entries"]
    assert 118 <= len(entries) <= 122
    far = moment + timedelta(days=3000)
    assert len(line(alice, server, **{"from": iso(far), "to": iso(far + timedelta(days=2))})["entries"]) in (
        8,
        9,
    )


@pytest.mark.django_db
def test_a_moment_that_the_clock_has_not_fired_yet_is_due_now(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    Rule.objects.update(next_run_at=moment - timedelta(minutes=3))
    assert line(alice, server)["entries"][0]["text"].endswith("is due now.")


@pytest.mark.django_db
def test_what_has_just_fired_is_not_planned_as_well(
    alice: Person, server: Server, often: dict[str, Any]
) -> None:
    rule = Rule.objects.get()
    make_operation(server, rule=rule, schedule_id=often["id"], due_at=rule.next_run_at)
    kinds = [entry["kind"] for entry in line(alice, server)["entries"] if entry["at"] == often["next"]["at"]]
    assert kinds == ["operation"]


@pytest.mark.django_db
def test_one_end_of_the_span_is_enough(alice: Person, server: Server) -> None:
    told = line(alice, server, to="2020-01-03T00:00:00Z")
    assert (told["from"], told["to"]) == ("2020-01-01T00:00:00Z", "2020-01-03T00:00:00Z")
    told = line(alice, server, **{"from": "2020-01-01T00:00:00%2B01:00"})
    assert told["to"] == "2020-01-02T23:00:00Z"


@pytest.mark.django_db
def test_a_longer_line_takes_no_more_queries(
    alice: Person, server: Server, moment: datetime, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        made = schedule(alice, servers=[server.id])
        make_operation(server, state="succeeded", schedule_id=made["id"])
        make_observation(server, schedule=made["id"])
    with django_assert_max_num_queries(17):
        assert len(line(alice, server)["entries"]) >= 8
