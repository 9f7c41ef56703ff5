"""Previews: what a timetable would do, and nothing saved."""

from typing import Any

import pytest

from api.tests.conftest import Person
from shared.schedules.models import Schedule

pytestmark = pytest.mark.django_db


def preview(who: Person, **values: Any) -> Any:
    answer = who.post(
        "schedules/preview", {"timezone": "Europe/Berlin", "after": "2026-11-23T00:00:00Z"} | values
    )
    assert answer.status_code == 200, answer.content
    assert Schedule.objects.count() == 0
    return answer.json()


def test_a_preview_tells_the_moments_of_all_rules_in_order(alice: Person) -> None:
    rules = [
        {"action": "stop", "cron": "30 18 * * 1-5"},
        {"action": "start", "at": "2026-11-24T07:00"},
    ]
    told = preview(alice, rules=rules, count=3)
    assert [(each["action"], each["at"], each["local"]) for each in told["occurrences"]] == [
        ("stop", "2026-11-23T17:30:00Z", "2026-11-23T18:30:00+01:00"),
        ("start", "2026-11-24T06:00:00Z", "2026-11-24T07:00:00+01:00"),
        ("stop", "2026-11-24T17:30:00Z", "2026-11-24T18:30:00+01:00"),
    ]
    assert told["sentence"].endswith("Berlin time.")


def test_a_preview_notes_a_time_that_clocks_skip(alice: Person) -> None:
    told = preview(alice, rules=[{"action": "stop", "at": "2027-03-28T02:30"}])
    assert told["occurrences"][0]["local"] == "2027-03-28T03:00:00+02:00"
    assert "02:30" in told["occurrences"][0]["note"]


def test_a_preview_of_windows_tells_their_edges(alice: Person) -> None:
    told = preview(
        alice,
        windows=[
            {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "20:00"},
            {"days": ["fri"], "from": "20:00", "to": "02:00"},
        ],
        after="2026-11-26T12:00:00Z",
        count=4,
    )
    assert [(each["action"], each["local"][:16]) for each in told["occurrences"]] == [
        ("stop", "2026-11-26T20:00"),
        ("start", "2026-11-27T08:00"),
        ("stop", "2026-11-28T02:00"),
        ("start", "2026-11-30T08:00"),
    ]
    assert told["sentence"] == "On Mon-Fri 08:00-20:00 and Fri 20:00-02:00, Berlin time."


def test_a_skip_date_removes_both_edges_of_the_window_that_begins_on_it(alice: Person) -> None:
    night = [{"days": ["tue", "wed"], "from": "22:00", "to": "06:00"}]
    told = preview(alice, windows=night, skip_dates=["2026-11-24"], count=2)
    assert [(each["action"], each["local"][:16]) for each in told["occurrences"]] == [
        ("start", "2026-11-25T22:00"),
        ("stop", "2026-11-26T06:00"),
    ]


def test_a_skip_date_removes_the_single_actions_on_it(alice: Person) -> None:
    rules = [{"action": "stop", "cron": "30 18 * * *"}]
    told = preview(alice, rules=rules, skip_dates=["2026-11-23"], count=1)
    assert told["occurrences"][0]["local"][:10] == "2026-11-24"
