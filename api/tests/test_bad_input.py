"""Bad input, form by form: the status, the code, and the field it points at. One row is one bad request."""

from typing import Any

import pytest
from django.test import Client

from api.tests.bodies import BODIES, KEYS, OPERATION, PREVIEW, SCHEDULE
from api.tests.conftest import HOST, Person
from shared.fleet.models import Server

pytestmark = pytest.mark.django_db
BODY_OF = {"schedules/preview": PREVIEW}


@pytest.mark.parametrize(("path", "good", "change", "pointer", "code"), BODIES)
def test_a_wrong_value_is_refused_at_its_field(
    alice: Person, path: str, good: dict[str, Any], change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = alice.post(path, good | change)
    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "validation"
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])


@pytest.mark.parametrize("path", ["schedules", "schedules/preview", "schedules/impact"])
@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("61 * * * *", "The minute field '61' (field 1 of 5)"),
        ("0 61 * * *", "The hour field '61' (field 2 of 5)"),
        ("0 0 * * 9", "The weekday field '9' (field 5 of 5)"),
        ("@reboot", "Cron needs five fields"),
    ],
)
def test_wrong_cron_is_told_with_its_field(alice: Person, path: str, cron: str, words: str) -> None:
    good = BODY_OF.get(path, SCHEDULE)
    answer = alice.post(path, good | {"rules": [{"action": "stop", "cron": cron}]})
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("#/rules/0/cron", "invalid_cron")
    assert error["detail"].startswith(words)


MISSING = [
    ("schedules", SCHEDULE, "name"),
    ("schedules", SCHEDULE, "rules"),
    ("schedules", SCHEDULE, "servers"),
    ("operations", OPERATION, "servers"),
    ("operations", OPERATION, "action"),
    ("accounts", KEYS, "name"),
    ("accounts", KEYS, "kind"),
    ("accounts", KEYS, "regions"),
    ("accounts", KEYS, "access_key_id"),
    ("accounts", KEYS, "secret_access_key"),
]


@pytest.mark.parametrize(("path", "good", "field"), MISSING)
def test_a_missing_value_is_named(alice: Person, path: str, good: dict[str, Any], field: str) -> None:
    answer = alice.post(path, {name: value for name, value in good.items() if name != field})
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (f"#/{field}", "required")
    ]


def test_several_wrong_values_are_all_named(alice: Person) -> None:
    problem = alice.post("accounts", KEYS | {"name": "", "regions": []}).json()
    assert {error["pointer"] for error in problem["errors"]} == {"#/name", "#/regions"}
    assert problem["detail"] == "2 fields need attention."


RAW = [
    (b'{"name": "x",', 400, "malformed_json"),
    (b"", 422, "validation"),
    (b'{"name": "x", "name": "y"}', 400, "malformed_json"),
    (b'{"name": NaN}', 400, "malformed_json"),
    (b'{"name": Infinity}', 400, "malformed_json"),
    (b'{"name": 1e999}', 400, "malformed_json"),
    (b'{"name": "a\\u0000b"}', 400, "malformed_json"),
    (b'{"name": "\\ud800"}', 400, "malformed_json"),
    (b'{"name": "\xff"}', 400, "malformed_json"),
    (b"[" * 1000 + b"]" * 1000, 400, "malformed_json"),
    (b'{"a":' * 11 + b"1" + b"}" * 11, 400, "malformed_json"),
    (b"[" * 100_000, 413, "body_too_large"),
    (b'{"name": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
    (b'{"name": "' + b"x" * 65_536 + b'"}', 413, "body_too_large"),
]


@pytest.mark.parametrize(("raw", "status", "code"), RAW)
@pytest.mark.parametrize("path", ["schedules", "operations", "accounts", "schedules/preview"])
def test_a_body_that_cannot_be_read_is_refused(
    alice: Person, path: str, raw: bytes, status: int, code: str
) -> None:
    answer = alice.call("POST", path, raw)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"7", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(alice: Person, raw: bytes) -> None:
    answer = alice.call("POST", "operations", raw)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["not_an_object"]


QUERIES = [
    ("servers?colour=red", "?colour"),
    ("servers?page_size=100000", "?page_size"),
    ("servers?page_size=0", "?page_size"),
    ("servers?page=-1", "?page"),
    ("servers?page=x", "?page"),
    ("servers?page=2", "?page"),
    ("servers?ordering=password", "?ordering"),
    ("servers?ordering=region__account__sealed", "?ordering"),
    ("servers?status=dancing", "?status"),
    ("servers?account=x", "?account"),
    ("servers?account=1.5", "?account"),
    ("servers?account=99999999999999999999", "?account"),
    ("servers?search=%00", "?search"),
    ("servers?status=running&status=stopped", "?status"),
    ("servers/statuses", "?ids"),
    ("servers/statuses?ids=", "?ids"),
    ("servers/statuses?ids=1,x", "?ids"),
    ("servers/statuses?ids=1,99999999999999999999", "?ids"),
    ("servers/statuses?ids=" + ",".join(["1"] * 201), "?ids"),
    ("servers/statuses?ids=1&now=1", "?now"),
    ("accounts?ordering=sealed", "?ordering"),
    ("operations?state=dancing", "?state"),
    ("operations?server=-1", "?server"),
    ("schedules?enabled=maybe", "?enabled"),
    ("servers?attention=yes", "?attention"),
    ("servers?left=1", "?left"),
    ("observations?cause=alien", "?cause"),
    ("observations?reaction=ignored", "?reaction"),
    ("observations?acknowledged=x", "?acknowledged"),
    ("observations?server=x", "?server"),
    ("observations?ordering=reason", "?ordering"),
    ("observations?actor=api", "?actor"),
    ("servers/{server}/timeline?from=yesterday", "?from"),
    ("servers/{server}/timeline?from=", "?from"),
    ("servers/{server}/timeline?from=2026-11-24", "?from"),
    ("servers/{server}/timeline?from=2026-11-24T00:00:00", "?from"),
    ("servers/{server}/timeline?from=2026-11-24T00:00:00+01:00", "?from"),
    ("servers/{server}/timeline?from=2026-02-30T00:00:00Z", "?from"),
    ("servers/{server}/timeline?from=0001-01-01T00:00:00Z", "?from"),
    ("servers/{server}/timeline?to=9999-12-31T23:59:59Z", "?to"),
    ("servers/{server}/timeline?to=0001-01-01T00:00:00%2B23:59", "?to"),
    ("servers/{server}/timeline?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", "?to"),
    ("servers/{server}/timeline?from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:00Z", "?to"),
    ("servers/{server}/timeline?from=2026-10-01T00:00:00Z&to=2026-11-02T00:00:00Z", "?to"),
    ("servers/{server}/timeline?from=2026-10-01T00:00:00Z&from=2026-10-02T00:00:00Z", "?from"),
    ("servers/{server}/timeline?page=1", "?page"),
    ("accounts/{account}/limits?action=stop", "?action"),
    ("operations/1?steps=1", "?steps"),
    ("me?x=1", "?x"),
]


@pytest.mark.parametrize(("path", "pointer"), QUERIES)
def test_a_query_nobody_understands_is_refused(
    alice: Person, server: Server, path: str, pointer: str
) -> None:
    answer = alice.get(path.format(server=server.id, account=server.region.account_id))
    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_query", pointer)


@pytest.mark.parametrize(
    "path",
    [
        "servers/0",
        "servers/../../etc/passwd",
        "servers/1%20OR%201=1",
        "servers/x",
        "servers/-1",
        "servers/99999999999999999999",
        "operations/77777",
        "schedules/77777",
        "accounts/77777",
        "accounts/77777/limits",
        "servers/77777/timeline",
        "observations/77777",
        "servers/",
        "nothing",
    ],
)
def test_what_is_not_there_is_not_found(alice: Person, path: str) -> None:
    answer = alice.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "servers"),
        ("POST", "servers"),
        ("PUT", "schedules/1"),
        ("DELETE", "operations/1"),
        ("POST", "observations"),
        ("POST", "accounts/1/limits"),
        ("POST", "servers/1/timeline"),
        ("POST", "me"),
    ],
)
def test_a_method_nobody_defined_is_refused_with_what_there_is(alice: Person, method: str, path: str) -> None:
    answer = alice.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_read(alice: Person, kind: str) -> None:
    headers = {"host": HOST, "authorization": f"Bearer {alice.token}"}
    answer = alice.client.generic("POST", "/api/v1/operations", "a=b", content_type=kind, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_of_unknown_length_is_refused(alice: Person) -> None:
    answer = alice.get("servers", **{"transfer-encoding": "chunked"})
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_only_json_is_answered(alice: Person) -> None:
    answer = alice.get("servers", accept="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_a_foreign_host_is_refused(alice: Person) -> None:
    answer = alice.get("servers", host="evil.example")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_host")


@pytest.mark.parametrize("key", ["x" * 300, "", "caf\u00e9"])
def test_an_idempotency_key_nobody_can_keep_is_refused(alice: Person, server: Server, key: str) -> None:
    answer = alice.post("operations", {"servers": [server.id], "action": "stop"}, **{"idempotency-key": key})
    assert answer.status_code == 422


def test_a_secret_is_not_echoed_when_it_is_refused(alice: Person) -> None:
    answer = alice.post(
        "accounts", KEYS | {"secret_access_key": "hunter2" * 5, "access_key_id": "hunter2hunter2"}
    )
    assert answer.status_code == 422
    assert b"hunter2" not in answer.content


def test_an_unexpected_failure_says_nothing_but_the_request_id(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.servers.reading.full", lambda *_, **__: 1 / 0)
    answer = alice.get("servers")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["instance"] == f"/requests/{answer.headers['X-Request-Id']}"
    assert b"division" not in answer.content


def test_strangers_meet_problems_too(stranger: Client) -> None:
    answer = stranger.get("/api/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
