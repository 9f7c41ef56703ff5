"""Why, and what next, over the API: what stands in the tables makes the case, whatever the instant."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.asking import hold, iso, office, skip, why
from api.tests.conftest import Person, make_observation, make_operation, make_server, schedule
from shared.fleet.models import Region, Server
from shared.schedules.models import Rule

pytestmark = pytest.mark.django_db


def test_a_server_without_schedules_is_left_alone(alice: Person, server: Server) -> None:
    told = why(alice, server)
    assert told["sentence"] == "No schedule says anything about this server."
    assert (told["want"], told["others"], told["next"]) == (None, [], [])
    assert told["decided"] == {"kind": "none", "schedule": None, "rule": None, "since": None, "hold": None}


def test_hours_that_are_on_decide_and_the_next_ten_transitions_follow(
    alice: Person, server: Server, moment: datetime
) -> None:
    made = office(alice, server, moment)
    told = why(alice, server)
    begin = (moment - timedelta(hours=1)).replace(second=0, microsecond=0)
    assert told["want"] == "on"
    assert told["sentence"].startswith("Running because Office hours says on until ")
    start, stop = Rule.objects.order_by("action")
    assert told["decided"] == {
        "kind": "schedule",
        "schedule": {"id": made["id"], "name": "Office hours"},
        "rule": start.id,
        "since": iso(begin),
        "hold": None,
    }
    assert len(told["next"]) == 10
    assert [each["at"] for each in told["next"]] == sorted(each["at"] for each in told["next"])
    first = told["next"][0]
    assert (first["action"], first["rule"], first["at"]) == ("stop", stop.id, iso(begin + timedelta(hours=8)))
    assert (first["kind"], first["state"], first["timezone"]) == ("occurrence", "planned", "UTC")
    assert first["local"] == f"{begin + timedelta(hours=8):%Y-%m-%dT%H:%M:%S}+00:00"


def test_losers_stand_beside_the_winner_with_their_reasons(
    alice: Person, server: Server, moment: datetime
) -> None:
    office(alice, server, moment)
    stop = [{"action": "stop", "cron": f"{moment - timedelta(minutes=30):%M %H} * * *"}]
    changes: dict[str, dict[str, Any]] = {
        "kept_on": {},
        "paused": {},
        "disabled": {"enabled": False},
        "observe_only": {"mode": "observe"},
        "not_valid_yet": {"valid_from": f"{moment + timedelta(days=30):%Y-%m-%d}"},
    }
    made = {
        name: schedule(alice, name=name, timezone="UTC", servers=[server.id], rules=stop, **values)
        for name, values in changes.items()
    }
    alice.post(f"schedules/{made['paused']['id']}/pause", {"reason": "Ferien"})
    at = [{"action": "stop", "at": f"{moment + timedelta(days=2):%Y-%m-%dT%H:%M}"}]
    schedule(alice, name="no_say", timezone="UTC", servers=[server.id], rules=at)
    told = why(alice, server)
    others = {each["schedule"]["name"]: each for each in told["others"]}
    assert {name: each["reason"] for name, each in others.items()} == {name: name for name in others}
    assert len(others) == 6
    assert (others["kept_on"]["want"], others["observe_only"]["want"], others["paused"]["want"]) == (
        "off",
        "off",
        None,
    )
    assert others["paused"]["detail"] == "It is paused until somebody resumes it: Ferien."
    reasons = {
        each["schedule"]["name"]: each["reason"] for each in told["next"] if each["state"] == "skipped"
    }
    assert reasons["observe_only"] == "observe_only"
    assert "paused" not in reasons
    assert "disabled" not in {each["schedule"]["name"] for each in told["next"]}


def test_a_hold_decides_and_its_end_is_a_transition(alice: Person, server: Server, moment: datetime) -> None:
    made = office(alice, server, moment, hours=3)
    until = (moment + timedelta(hours=5)).replace(microsecond=0)
    row = hold(server, until, by=alice)
    told = why(alice, server)
    assert (told["want"], told["decided"]["kind"], told["decided"]["hold"]["id"]) == ("on", "hold", row.id)
    assert told["decided"]["hold"]["author"]["email"] == alice.user.email
    assert [each["reason"] for each in told["others"]] == ["held"]
    held, end, start, *_ = told["next"]
    assert (held["action"], held["state"], held["reason"]) == ("stop", "skipped", "held")
    assert (end["kind"], end["at"], end["action"], end["rule"]) == ("hold", iso(until), "stop", None)
    assert end["schedule"] == {"id": made["id"], "name": "Office hours"}
    assert (start["action"], start["state"], start["kind"]) == ("start", "planned", "occurrence")
    assert f"; {alice.user} keeps it on until " in told["sentence"]
    assert ", so it stops " in told["sentence"]
    assert why(alice, server, until)["decided"]["kind"] == "schedule"
    assert why(alice, server, until - timedelta(seconds=1))["want"] == "on"


def test_at_the_end_of_a_hold_what_is_due_by_itself_stands_alone(
    alice: Person, server: Server, moment: datetime
) -> None:
    office(alice, server, moment, hours=3)
    stop = Rule.objects.get(action="stop")
    assert stop.next_run_at is not None
    hold(server, stop.next_run_at)
    first, second, *_ = why(alice, server)["next"]
    assert (first["kind"], first["action"], first["state"]) == ("occurrence", "stop", "planned")
    assert second["action"] == "start"


def test_a_skip_is_told_with_the_way_back(alice: Person, server: Server, moment: datetime) -> None:
    office(alice, server, moment)
    stop = Rule.objects.get(action="stop")
    made = skip(server, stop, stop.next_nominal)
    told = why(alice, server)
    first = told["next"][0]
    assert (first["state"], first["reason"], first["skip"]) == ("skipped", "skipped_once", made.id)
    assert "; the stop " in told["sentence"]
    assert told["sentence"].endswith(" is skipped.")


def test_a_skipped_moment_that_has_passed_does_not_count(
    alice: Person, server: Server, moment: datetime
) -> None:
    made = office(alice, server, moment)
    start = Rule.objects.get(action="start")
    begin = (moment - timedelta(hours=1)).replace(second=0, microsecond=0)
    skip(server, start, f"{begin:%Y-%m-%dT%H:%M:%S}")
    other = schedule(
        alice,
        name="Morning",
        timezone="UTC",
        servers=[server.id],
        rules=[{"action": "start", "cron": f"{begin - timedelta(hours=1):%M %H} * * *"}],
    )
    told = why(alice, server)
    assert told["decided"]["schedule"]["id"] == other["id"]
    [loser] = told["others"]
    assert (loser["schedule"]["id"], loser["want"], loser["reason"]) == (made["id"], "off", "skipped_once")


@pytest.mark.parametrize(
    ("model", "values", "code"),
    [
        (Server, {"protected": True}, "protected"),
        (Server, {"left_at": "2026-11-24T00:00:00Z"}, "server_gone"),
        (Server, {"observed_state": "terminated"}, "server_gone"),
        (Region, {"enabled": False}, "account_disabled"),
        (Server, {"flags": {"asg": "web"}}, "auto_scaling"),
    ],
)
def test_what_nothing_scheduled_touches_says_so(
    alice: Person, server: Server, moment: datetime, model: Any, values: dict[str, Any], code: str
) -> None:
    office(alice, server, moment, hours=3)
    hold(server, moment + timedelta(hours=5))
    model.objects.update(**values)
    told = why(alice, server)
    assert (told["want"], told["decided"]["kind"]) == (None, "none")
    [other] = told["others"]
    assert (other["reason"], other["want"]) == (code, "on")
    assert other["detail"] in told["sentence"]
    assert {each["state"] for each in told["next"]} == {"skipped"}
    assert {each["reason"] for each in told["next"]} == {code}
    assert "hold" in {each["kind"] for each in told["next"]}


def test_a_change_against_the_schedule_is_told_with_who_did_it(
    alice: Person, server: Server, moment: datetime
) -> None:
    office(alice, server, moment)
    make_operation(server, action="start", state="succeeded", due_at=moment - timedelta(hours=1))
    make_observation(
        server,
        cause="outside",
        reaction="respected",
        asked_at=moment - timedelta(minutes=20),
        before="running",
    )
    Server.objects.update(observed_state="stopped", state_since=moment - timedelta(minutes=20))
    told = why(alice, server)
    assert told["sentence"].startswith("Office hours wants it on, but somebody stopped it ")
    assert "; respected until the next action " in told["sentence"]
    make_operation(
        server, action="stop", origin="person", author=alice.user, state="succeeded", due_at=moment
    )
    assert f"but {alice.user} stopped it " in why(alice, server)["sentence"]


def test_a_start_that_failed_is_told_with_its_reason(alice: Person, server: Server, moment: datetime) -> None:
    made = office(alice, server, moment)
    rule = Rule.objects.get(action="start")
    begin = (moment - timedelta(hours=1)).replace(second=0, microsecond=0)
    make_operation(
        server,
        action="start",
        state="failed",
        detail="EC2 has no room.",
        rule=rule,
        schedule_id=made["id"],
        due_at=begin,
    )
    Server.objects.update(observed_state="stopped")
    assert why(alice, server)["sentence"].endswith("but its start failed: EC2 has no room.")


def test_who_did_it_is_a_schedule_that_may_be_gone(alice: Person, server: Server, moment: datetime) -> None:
    schedule(alice, name="Nightly", timezone="UTC", servers=[server.id])
    schedule(
        alice,
        name="Off",
        timezone="UTC",
        servers=[server.id],
        rules=[{"action": "stop", "cron": f"{moment - timedelta(hours=2):%M %H} * * *"}],
    )
    Server.objects.update(observed_state="stopped", state_since=moment - timedelta(hours=2))
    row = make_operation(server, state="succeeded", due_at=moment - timedelta(hours=2))
    assert ": A deleted schedule stopped it " in why(alice, server)["sentence"]
    row.snapshot = {"schedule": "Weekend"}
    row.save()
    assert ": Weekend stopped it " in why(alice, server)["sentence"]


def test_more_schedules_take_no_more_queries(
    alice: Person, server: Server, moment: datetime, django_assert_max_num_queries: Any
) -> None:
    hold(server, moment + timedelta(hours=5))
    for number in range(20):
        made = office(alice, server, moment, name=f"Office {number}", hours=8 - number % 6)
        make_operation(server, state="succeeded", schedule_id=made["id"])
        make_observation(server, cause="outside", schedule=made["id"])
    other = make_server(server.region)
    schedule(alice, servers=[server.id, other.id])
    with django_assert_max_num_queries(20):
        assert len(why(alice, server)["others"]) == 21
