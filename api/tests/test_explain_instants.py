"""Why, and what next, at any instant: before and after now, under a pause, at a clock change."""

from datetime import datetime, timedelta

import pytest

from api.tests.asking import iso, office, why
from api.tests.conftest import Person, schedule
from shared.fleet.models import Server
from shared.schedules.models import Rule, Schedule

pytestmark = pytest.mark.django_db


def test_any_instant_is_judged_by_the_schedules_as_they_are_now(
    alice: Person, server: Server, moment: datetime
) -> None:
    office(alice, server, moment)
    noon = moment - timedelta(minutes=59)
    past, future = (
        why(alice, server, noon - timedelta(days=365)),
        why(alice, server, noon + timedelta(days=3650)),
    )
    assert (past["want"], future["want"]) == ("on", "on")
    assert past["sentence"].endswith("as the schedules are now. They may have been different then.")
    assert "will want it on until " in future["sentence"]
    for told, at in ((past, noon - timedelta(days=365)), (future, noon + timedelta(days=3650))):
        assert (told["at"], len(told["next"])) == (iso(at), 10)
        assert iso(at) < told["next"][0]["at"] < iso(at + timedelta(days=1))
        assert {each["state"] for each in told["next"]} == {"planned"}
    assert why(alice, server, noon - timedelta(days=365, hours=3))["want"] == "off"


def test_a_pause_counts_for_the_instants_it_covers(alice: Person, server: Server, moment: datetime) -> None:
    office(alice, server, moment)
    until = (moment + timedelta(days=2)).replace(microsecond=0)
    Schedule.objects.update(paused_at=moment - timedelta(minutes=10), paused_until=until)
    Rule.objects.update(next_run_at=None, following=[])
    assert why(alice, server)["others"][0]["reason"] == "paused"
    assert why(alice, server)["next"][0]["at"] >= iso(until)
    assert why(alice, server, until)["want"] == "on"
    before = why(alice, server, moment - timedelta(days=1))
    assert before["want"] == "on"
    assert [each["action"] for each in before["next"][:2]] == ["stop", "start"]
    assert not [each for each in before["next"] if iso(moment) < each["at"] < iso(until)]
    assert why(alice, server, moment - timedelta(minutes=30))["next"][0]["at"] >= iso(until)


def test_what_comes_after_a_past_instant_is_judged_by_the_hours_of_its_own_moment(
    alice: Person, server: Server, moment: datetime
) -> None:
    office(alice, server, moment)
    inside, outside = (moment + timedelta(hours=each) for each in (2, 12))
    for name, at in (("Tea", inside), ("Night", outside)):
        rules = [{"action": "stop", "cron": f"{at.minute} {at.hour} * * *"}]
        schedule(alice, name=name, timezone="UTC", servers=[server.id], rules=rules)
    told = why(alice, server, moment - timedelta(days=7))["next"]
    assert {each["reason"] for each in told if each["schedule"]["name"] == "Tea"} == {"kept_on"}
    assert {each["reason"] for each in told if each["schedule"]["name"] == "Night"} == {None}


def test_what_is_due_and_has_not_fired_comes_first(alice: Person, server: Server, moment: datetime) -> None:
    office(alice, server, moment, hours=3)
    late = (moment - timedelta(minutes=5)).replace(microsecond=0)
    Rule.objects.filter(action="stop").update(next_run_at=late)
    assert why(alice, server)["next"][0]["at"] == iso(late)


def test_a_clock_change_is_told_at_its_transition(alice: Person, server: Server) -> None:
    windows = [{"days": ["sat"], "from": "22:00", "to": "02:30"}]
    schedule(alice, servers=[server.id], rules=None, windows=windows)
    told = why(alice, server, "2027-03-27T12:00:00Z")
    start, stop, *_ = told["next"]
    assert (start["note"], stop["local"]) == (None, "2027-03-28T03:00:00+02:00")
    assert stop["note"] == "Clocks change: 02:30 does not exist that day, so it runs at 03:00."


@pytest.mark.parametrize(
    "at",
    ["yesterday", "2026-11-24", "2026-11-24T10:00:00", "1989-01-01T00:00:00Z", "2199-01-01T00:00:00Z", ""],
)
def test_an_instant_that_is_none_is_refused(alice: Person, server: Server, at: str) -> None:
    problem = alice.get(f"servers/{server.id}/explain?at={at}")
    assert (problem.status_code, problem.json()["code"]) == (400, "invalid_query")
    assert problem.json()["errors"][0]["pointer"] == "?at"
