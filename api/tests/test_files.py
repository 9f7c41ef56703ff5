"""Files that come as a body: holiday calendars, and how large such bodies may be."""

import json
from typing import Any

import pytest
from django.test import Client

from api.tests.conftest import HOST, Person
from shared.clock import now

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


def calendar(*lines: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])


def test_a_calendar_gives_dates_that_a_schedule_takes(alice: Person, bob: Person) -> None:
    year = now().year + 1
    ics = calendar(f"DTSTART;VALUE=DATE:{year}1225", "SUMMARY:Christmas")
    answer = bob.post("schedules/calendar", {"ics": ics})
    assert answer.status_code == 200
    assert answer.json() == {"dates": [{"day": f"{year}-12-25", "note": "Christmas"}], "ignored": 0}
    body = {"name": "n", "rules": [{"action": "stop", "cron": "0 7 * * *"}], "servers": []}
    saved = alice.post("schedules", body | {"skip_dates": answer.json()["dates"]})
    assert saved.json()["skip_dates"] == answer.json()["dates"]


def test_years_are_counted_from_today(alice: Person) -> None:
    ics = calendar("DTSTART;VALUE=DATE:20000229", "RRULE:FREQ=DAILY;UNTIL=20000301")
    assert alice.post("schedules/calendar", {"ics": ics}).json() == {"dates": [], "ignored": 1}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"ics": "hello"}, "#/ics", "invalid_calendar"),
        ({"ics": ""}, "#/ics", "invalid_calendar"),
        ({"ics": 7}, "#/ics", "wrong_type"),
        ({"ics": None}, "#/ics", "required"),
        ({}, "#/ics", "required"),
        ({"ics": "", "file": "x"}, "#/file", "unknown_field"),
    ],
    ids=str,
)
def test_what_is_no_calendar_is_refused(alice: Person, body: Any, pointer: str, code: str) -> None:
    answer = alice.post("schedules/calendar", body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "#/document", "required"),
        ({"document": {}}, "#/document", "wrong_type"),
        ({"document": "x", "dry_run": "yes"}, "#/dry_run", "wrong_type"),
        ({"document": "x", "remove_others": 1}, "#/remove_others", "wrong_type"),
        ({"document": "x", "force": True}, "#/force", "unknown_field"),
    ],
    ids=str,
)
def test_what_is_no_import_is_refused(alice: Person, body: Any, pointer: str, code: str) -> None:
    answer = alice.post("schedules/import", body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def of_size(name: str, size: int) -> bytes:
    """A body of exactly that many bytes."""
    empty = len(json.dumps({name: ""}))
    return json.dumps({name: "x" * (size - empty)}).encode()


@pytest.mark.parametrize(("path", "name"), [("schedules/calendar", "ics"), ("schedules/import", "document")])
def test_a_file_may_be_a_mebibyte_and_no_more(alice: Person, path: str, name: str) -> None:
    most = alice.call("POST", path, of_size(name, MIB))
    assert (most.status_code, most.json()["errors"][0]["pointer"]) == (422, f"#/{name}")
    more = alice.call("POST", path, of_size(name, MIB + 1))
    assert (more.status_code, more.json()["code"]) == (413, "body_too_large")
    assert "1024 KiB" in more.json()["detail"]


@pytest.mark.parametrize("path", ["schedules", "schedules/preview", "operations", "schedules/import/"])
def test_elsewhere_a_body_is_as_small_as_ever(alice: Person, path: str) -> None:
    answer = alice.call("POST", path, of_size("name", 64 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "64 KiB" in answer.json()["detail"]


def test_a_signed_in_browser_may_send_a_file_too(alice: Person) -> None:
    """The check of the CSRF token comes before the body is read, and must not trip over its size."""
    browser = Client(enforce_csrf_checks=True, headers={"host": HOST})
    browser.get("/api/v1/auth/browser/v1/auth/session")
    browser.force_login(alice.user)
    body, path = of_size("document", MIB), "/api/v1/schedules/import"
    refused = browser.post(path, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    answer = browser.post(path, body, content_type="application/json", headers=token)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_an_object")
