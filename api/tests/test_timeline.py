"""A server's line of time: what is planned, what was done and what was seen, in one order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.servers import planning
from api.servers.timeline import Done, Named, Plan, Seen, done, merged, observed, planned
from api.tests.conftest import Person, make_observation, make_operation, make_server, schedule
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.operations.verdicts import Occurrence
from shared.schedules import ahead
from shared.schedules.models import Hold, Rule, Schedule, Skip

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


@pytest.fixture
def often(alice: Person, server: Server) -> dict[str, Any]:
    """A schedule with more moments in a week than a rule keeps stored."""
    return schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "0 */6 * * *"}])


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
def test_nobody_waits_for_the_decades_before_a_far_span(often: dict[str, Any], moment: datetime) -> None:
    rule = Rule.objects.select_related("schedule").get()
    start = moment + timedelta(days=30_000)
    found = planning.beyond(rule, ahead.stored(rule), planning.Span(start, start + timedelta(days=2), moment))
    assert next(found).at >= start


@pytest.mark.django_db
def test_what_bends_a_schedule_bends_its_line(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    rule = Rule.objects.get()
    assert rule.next_run_at is not None
    Hold.objects.create(
        workspace=server.workspace, server=server, want="on", until=rule.next_run_at + timedelta(seconds=1)
    )
    second = rule.following[0]
    Skip.objects.create(
        workspace=server.workspace, rule=rule, server=server, nominal=second["nominal"], fold=second["fold"]
    )
    held, skipped, *rest = line(alice, server)["entries"]
    assert (held["state"], "Kept on until" in held["text"]) == ("skipped", True)
    assert (skipped["state"], "set to be skipped" in skipped["text"]) == ("skipped", True)
    assert {entry["state"] for entry in rest} == {None}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "values", "words"),
    [
        (Server, {"protected": True}, "protected"),
        (Server, {"observed_state": "terminated"}, "terminated"),
        (Server, {"flags": {"asg": "web"}}, "Auto Scaling"),
        (Server, {"left_at": "2026-11-24T00:00:00Z"}, "no longer be found"),
        (Region, {"enabled": False}, "switched off"),
        (Schedule, {"mode": "observe"}, "only observes"),
    ],
)
def test_what_will_not_run_says_why(
    alice: Person, server: Server, often: dict[str, Any], model: Any, values: dict[str, Any], words: str
) -> None:
    model.objects.update(**values)
    entries = line(alice, server)["entries"]
    assert {entry["state"] for entry in entries} == {"skipped"}
    assert all(words in entry["text"] for entry in entries)


@pytest.mark.django_db
def test_each_moment_stands_under_its_own_rule(alice: Person, server: Server) -> None:
    rules = [{"action": "start", "cron": "0 8 * * *"}, {"action": "stop", "cron": "0 20 * * *"}]
    schedule(alice, servers=[server.id], rules=rules)
    by_action = {rule.action: rule.id for rule in Rule.objects.all()}
    told = [(entry["at"][11:16], entry["action"], entry["rule"]) for entry in line(alice, server)["entries"]]
    assert {(action, rule) for _, action, rule in told} == set(by_action.items())
    assert len({(at, action) for at, action, _ in told}) == 2


@pytest.mark.django_db
def test_a_planned_moment_can_be_skipped_from_the_line_and_the_skip_taken_back(
    alice: Person, server: Server, often: dict[str, Any]
) -> None:
    rule = Rule.objects.get()
    made = Skip.objects.create(
        workspace=server.workspace, rule=rule, server=server, nominal=rule.next_nominal, fold=rule.next_fold
    )
    first, second, *_ = line(alice, server)["entries"]
    assert (first["rule"], first["skip"], first["state"]) == (rule.id, made.id, "skipped")
    assert (second["rule"], second["skip"], second["state"]) == (rule.id, None, None)


@pytest.mark.django_db
def test_a_clock_change_is_told_on_the_line(alice: Person, server: Server) -> None:
    rules = [{"action": "stop", "cron": "30 2 * * *"}]
    schedule(alice, servers=[server.id], rules=rules)
    told = line(alice, server, **{"from": "2027-03-27T00:00:00Z", "to": "2027-03-29T12:00:00Z"})["entries"]
    notes = [entry["note"] for entry in told]
    assert notes == [None, "Clocks change: 02:30 does not exist that day, so it runs at 03:00.", None]


@pytest.mark.django_db
def test_what_the_hours_of_another_schedule_keep_on_is_told_so(alice: Person, server: Server) -> None:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    windows = [{"days": days, "from": "01:00", "to": "00:30"}]
    schedule(alice, name="Office hours", servers=[server.id], rules=None, windows=windows)
    stop = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "30 18 * * *"}])
    mine = [each for each in line(alice, server)["entries"] if each["schedule"]["id"] == stop["id"]]
    assert {each["state"] for each in mine} == {"skipped"}
    assert all(each["text"].endswith("Kept on by the hours of 'Office hours'.") for each in mine)


@pytest.mark.django_db
def test_a_pause_is_empty_and_ends_when_it_says(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    path = f"schedules/{often['id']}"
    alice.post(f"{path}/pause", {})
    assert line(alice, server)["entries"] == []
    until = moment + timedelta(hours=12)
    alice.post(f"{path}/pause", {"until": iso(until)})
    entries = line(alice, server)["entries"]
    assert 2 <= len(entries) <= 3
    assert all(entry["at"] >= iso(until) for entry in entries)
    alice.post(f"{path}/resume")
    alice.patch(path, {"enabled": False}, **{"if-match": "*"})
    assert line(alice, server)["entries"] == []


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
