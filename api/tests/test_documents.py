"""Schedules as a document: out and in again changes nothing, and neither does a dry run."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_operation, make_server
from api.tests.documenting import NONE, SMALL, bring_in, everything, export, refused
from shared.clock import now
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules.models import Rule, Schedule, Target

pytestmark = pytest.mark.django_db

STOP = [{"action": "stop", "cron": "30 18 * * 1-5"}]
OFFICE = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "20:00"}]
HOLIDAYS = [{"day": "2099-12-26"}, {"day": "2099-12-25", "note": "Christmas: at home"}]


@pytest.fixture
def some(alice: Person, server: Server) -> Sequence[str]:
    """Schedules of every kind; their names in order."""
    other = make_server(server.region, name="other", tags={"team": "qa"})
    for body in (
        {"name": "Nightly", "timezone": "UTC", "rules": STOP, "servers": [], "enabled": False},
        {
            "name": "Office hours",
            "windows": OFFICE,
            "skip_dates": HOLIDAYS,
            "valid_from": "2026-01-01",
            "valid_to": "2199-12-31",
            "mode": "enforce",
            "servers": [other.id, server.id],
        },
        {
            "name": "yes",
            "timezone": "Asia/Kolkata",
            "rules": [
                {"action": "reboot", "cron": "0 5 * * 1#1"},
                {"action": "start", "at": "2199-12-24T07:00"},
            ],
            "grace_seconds": 600,
            "hibernate": True,
            "tag_query": "team=qa AND env!=prod",
        },
    ):
        answer = alice.post("schedules", body)
        assert answer.status_code == 201, answer.content
    return ["Nightly", "Office hours", "yes"]


def test_the_document_is_readable_and_leaves_out_what_is_usual(
    alice: Person, server: Server, some: Sequence[str]
) -> None:
    other = Server.objects.get(name="other")
    assert (
        export(alice)
        == f"""version: 1
schedules:
- name: Nightly
  timezone: UTC
  enabled: false
  rules:
  - action: stop
    cron: "30 18 * * 1-5"
  servers: []

- name: Office hours
  timezone: Europe/Berlin
  mode: enforce
  windows:
  - days: [mon, tue, wed, thu, fri]
    from: "08:00"
    to: "20:00"
  skip_dates:
  - {{day: "2099-12-25", note: 'Christmas: at home'}}
  - {{day: "2099-12-26"}}
  valid_from: "2026-01-01"
  valid_to: "2199-12-31"
  servers:
  - {server.instance_id}
  - {other.instance_id}

- name: 'yes'
  timezone: Asia/Kolkata
  rules:
  - action: reboot
    cron: "0 5 * * 1#1"
  - action: start
    at: "2199-12-24T07:00"
  grace_seconds: 600
  hibernate: true
  tag_query: team=qa AND env!=prod
"""
    )


def test_it_is_a_file_of_yaml_also_for_who_accepts_nothing_else(alice: Person, stranger: Any) -> None:
    answer = alice.get("schedules/export", accept="application/yaml")
    assert answer.headers["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="schedules.yaml"'
    assert answer.content == b"version: 1\nschedules: []\n"
    assert stranger.get("/api/v1/schedules/export", headers={"accept": "application/yaml"}).status_code == 401


def test_out_and_in_again_changes_nothing(alice: Person, some: Sequence[str]) -> None:
    before = everything()
    told = bring_in(alice, export(alice), remove_others=True)
    assert told == NONE | {"unchanged": some}
    assert everything() == before


def test_an_import_makes_the_same_schedules_again(alice: Person, some: Sequence[str]) -> None:
    document, targets = export(alice), Target.objects.count()
    Schedule.objects.all().delete()
    told = bring_in(alice, document)
    assert (told["created"], told["changed"], told["unchanged"]) == (some, [], [])
    assert export(alice) == document
    assert Target.objects.count() == targets
    assert Rule.objects.filter(next_run_at=None).count() == 1


def test_the_second_import_changes_nothing_and_moves_no_revision(alice: Person, some: Sequence[str]) -> None:
    document = export(alice).replace("20:00", "19:00").replace("Christmas", "Xmas")
    assert [each["name"] for each in bring_in(alice, document)["changed"]] == ["Office hours"]
    before = everything()
    assert bring_in(alice, document)["unchanged"] == some
    assert everything() == before
    assert Schedule.objects.get(name="Office hours").revision == 2


def test_what_differs_is_told_in_words_and_changed(
    alice: Person, server: Server, some: Sequence[str]
) -> None:
    document = export(alice).replace("20:00", "19:00").replace("mode: enforce", "mode: alert")
    document = document.replace('  valid_from: "2026-01-01"\n', "").replace(f"  - {server.instance_id}\n", "")
    other = Server.objects.get(name="other")
    assert bring_in(alice, document)["changed"] == [
        {
            "name": "Office hours",
            "fields": [
                {"field": "mode", "before": "enforce", "after": "alert"},
                {"field": "windows", "before": "Mon-Fri 08:00-20:00", "after": "Mon-Fri 08:00-19:00"},
                {"field": "valid_from", "before": "2026-01-01", "after": None},
                {
                    "field": "servers",
                    "before": f"{server.instance_id}; {other.instance_id}",
                    "after": other.instance_id,
                },
            ],
        }
    ]


WEEKLY = "  windows:\n  - {days: [sun], from: 08:00, to: 09:00}\n"
CHANGES = [
    ('  rules:\n  - action: stop\n    cron: "30 18 * * 1-5"\n', WEEKLY),
    ("  servers: []\n", "  tag_query: team=qa\n"),
    ("  tag_query: team=qa AND env!=prod\n", "  servers: []\n"),
    ("  grace_seconds: 600\n  hibernate: true\n", ""),
    ("  enabled: false\n", ""),
    ('    at: "2199-12-24T07:00"', '    at: "2199-12-24T07:00:30"'),
    ("  timezone: UTC\n", ""),
    ("  timezone: UTC\n", "  timezone: Asia/Tokyo\n"),
    ("note: 'Christmas: at home'", "note: Xmas"),
    ('  - {day: "2099-12-26"}\n', ""),
    ('  valid_to: "2199-12-31"\n', ""),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_every_field_follows_the_document(alice: Person, some: Sequence[str], old: str, new: str) -> None:
    before = export(alice)
    assert old in before
    document = before.replace(old, new)
    told = bring_in(alice, document)
    assert len(told["changed"]) == 1
    assert all(each["before"] != each["after"] for each in told["changed"][0]["fields"])
    assert bring_in(alice, export(alice))["unchanged"] == some
    assert bring_in(alice, document)["unchanged"] == some


def test_a_dry_run_tells_the_same_and_changes_nothing(alice: Person, some: Sequence[str]) -> None:
    Rule.objects.filter(schedule__name="Office hours").update(next_run_at=now() - timedelta(minutes=1))
    document = export(alice).replace("20:00", "19:00").replace("name: Nightly", "name: New")
    before = everything()
    foretold = bring_in(alice, document, dry_run=True, remove_others=True)
    assert everything() == before
    assert (foretold["created"], foretold["removed"], foretold["unchanged"]) == (
        ["New"],
        ["Nightly"],
        ["yes"],
    )
    done = bring_in(alice, document, remove_others=True)
    assert done == foretold | {"dry_run": False}
    assert everything() != before


def test_others_stay_unless_they_are_to_be_removed(alice: Person, some: Sequence[str]) -> None:
    document = SMALL.replace("- name", "- timezone: UTC\n  enabled: false\n  name")
    assert bring_in(alice, document) == NONE | {"unchanged": ["Nightly"]}
    assert bring_in(alice, document, remove_others=True)["removed"] == ["Office hours", "yes"]
    assert list(Schedule.objects.values_list("name", flat=True)) == ["Nightly"]


def test_a_document_that_names_none_removes_none(alice: Person, some: Sequence[str]) -> None:
    empty = "version: 1\nschedules: []\n"
    assert [(pointer, code) for pointer, code, _ in refused(alice, empty, remove_others=True)] == [
        ("#/remove_others", "names_none")
    ]
    assert bring_in(alice, empty)["removed"] == []


def test_a_pause_is_not_the_documents_business(alice: Person, some: Sequence[str]) -> None:
    office = Schedule.objects.get(name="Office hours")
    alice.post(f"schedules/{office.id}/pause", {"reason": "holidays"})
    document = export(alice)
    assert "paus" not in document
    bring_in(alice, document.replace("20:00", "19:00"))
    office.refresh_from_db()
    assert office.pause_reason == "holidays"


def test_an_import_is_not_retroactive(alice: Person, server: Server, some: Sequence[str]) -> None:
    """What was due under the old timetable is on record; what it asked for and is not sent is withdrawn."""
    office = Schedule.objects.get(name="Office hours")
    waiting = make_operation(server, schedule=office)
    due = now() - timedelta(minutes=1)
    office.rules.filter(action="stop").update(next_run_at=due, next_nominal="2026-01-05T20:00:00")
    bring_in(alice, export(alice).replace("20:00", "19:00"))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "schedule_changed")
    assert Operation.objects.filter(schedule=office, due_at=due).count() == 2


def test_a_schedule_of_another_workspace_is_out_of_reach(
    alice: Person, charlie: Person, some: Sequence[str]
) -> None:
    assert export(charlie) == "version: 1\nschedules: []\n"
    assert bring_in(charlie, SMALL, remove_others=True)["created"] == ["Nightly"]
    assert len(Schedule.objects.filter(workspace=alice.workspace)) == 3
    document = export(alice)
    instance = Server.objects.get(name="other").instance_id
    assert instance in document
    assert {code for _, code, _ in refused(charlie, document)} == {"unknown_server"}


def test_who_may_only_look_may_export_and_not_import(alice: Person, bob: Person) -> None:
    assert export(bob) == export(alice)
    assert bob.post("schedules/import", {"document": SMALL}).status_code == 403
    assert not Schedule.objects.exists()


def test_times_and_dates_need_no_quotes(alice: Person) -> None:
    document = """
version: 1
schedules:
- name: on
  windows: [{days: [mon], from: 08:00, to: 20:00}]
  skip_dates: [{day: 2099-12-25, note: no}]
  servers: []
"""
    bring_in(alice, document)
    [saved] = alice.get("schedules").json()["results"]
    assert saved["name"] == "on"
    assert saved["windows"] == [{"days": ["mon"], "from": "08:00", "to": "20:00"}]
    assert saved["skip_dates"] == [{"day": "2099-12-25", "note": "no"}]


def test_the_log_tells_of_every_schedule_but_not_of_a_dry_run(
    alice: Person, some: Sequence[str], caplog: pytest.LogCaptureFixture
) -> None:
    document = export(alice).replace("20:00", "19:00").replace("name: Nightly", "name: New")
    caplog.clear()
    bring_in(alice, document, dry_run=True, remove_others=True)
    assert heard(caplog) == []
    bring_in(alice, document, remove_others=True)
    assert heard(caplog) == [
        "Schedule saved by alice@example.com: New",
        "Schedule saved by alice@example.com: Office hours",
        "Schedule deleted by alice@example.com: Nightly",
    ]


def heard(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines, from "Schedule" up to the id."""
    lines = [record.getMessage() for record in caplog.records]
    return [line[line.index("Schedule") :].partition(" (")[0] for line in lines]
