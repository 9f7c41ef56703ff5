"""Around the API: health, headers, the page, the schema, and what the public address decides."""

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from api import VERSION, health, origin, proxies
from api.tests.conftest import Person, make_operation, schedule
from deploy.embedded import ports
from shared.clock import now
from shared.env import BadEnvironment
from shared.fleet.models import Server
from shared.operations.models import Tick

ROOT = Path(__file__).parents[2]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def test_the_process_is_alive_without_anything(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_without_redis_beat_and_worker_it_is_degraded_and_ready(client: Client, settings: Any) -> None:
    settings.BROKER_URL = f"redis://127.0.0.1:{ports.free()}/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    checks = answer.json()["checks"]
    assert (checks["postgres"], checks["migrations"], checks["redis"]) == ("ok", "ok", "unreachable")
    assert (checks["beat"], checks["worker"]) == ("silent", "silent")


@pytest.mark.django_db
@pytest.mark.usefixtures("broker")
def test_with_everything_up_it_is_ok(client: Client) -> None:
    for name in ("clock.fire", "clock.send", "clock.sweep"):
        Tick.objects.create(name=name, ran_at=now() - timedelta(seconds=2))
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    PeriodicTask.objects.create(name="fire", task="clock.fire", interval=every, last_run_at=now())
    answer = client.get("/readyz").json()
    assert answer["status"] == "ok", answer
    assert set(answer["checks"]["ticks"]) == {"clock.fire", "clock.send", "clock.sweep"}
    Tick.objects.filter(name="clock.fire").update(ran_at=now() - timedelta(minutes=1))
    assert client.get("/readyz").json()["checks"]["worker"] == "silent"


@pytest.mark.django_db
@pytest.mark.parametrize(("fault", "check"), [("postgres", "postgres"), ("migrations", "migrations")])
def test_without_postgres_or_with_migrations_to_run_it_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: str, check: str
) -> None:
    def gone() -> None:
        raise OperationalError if fault == "postgres" else health.MigrationsPending

    monkeypatch.setattr(health, "all_migrated", gone)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["checks"][check] != "ok"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["me", "servers"])
def test_a_lost_database_is_a_503_to_try_again(
    alice: Person, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("connection to 10.0.0.7 refused")

    monkeypatch.setattr("api.authentication.tokens.verify", gone)
    answer = alice.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"]
    assert b"10.0.0.7" not in answer.content


@pytest.mark.django_db
def test_every_answer_carries_the_security_headers(alice: Person) -> None:
    for answer in (alice.get("me"), alice.get("nothing"), alice.client.get("/healthz")):
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Request-Id"]
    assert alice.get("me").headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_proxys_request_id_is_kept_when_it_looks_like_one(alice: Person) -> None:
    assert alice.get("me", **{"x-request-id": "abc-12345678"}).headers["X-Request-Id"] == "abc-12345678"
    assert alice.get("me", **{"x-request-id": "<script>"}).headers["X-Request-Id"] != "<script>"


@pytest.fixture
def page(settings: Any, tmp_path: Path) -> Client:
    """A browser in front of a built page."""
    (tmp_path / "index.html").write_text("<!doctype html><title>Cloudevy</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-a1B2c3D4.js").write_text("1")
    settings.STATIC_DIR = settings.WHITENOISE_ROOT = tmp_path
    return Client(headers={"host": "127.0.0.1:8001"})


@pytest.mark.parametrize("path", ["/", "/servers", "/schedules/12/edit", "/apiary"])
def test_the_page_answers_for_every_address_of_its_own(page: Client, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 200
    assert b"Cloudevy" in b"".join(answer) if answer.streaming else answer.content
    assert answer.headers["Content-Security-Policy"] == CSP
    assert "immutable" not in answer.headers["Cache-Control"]


def test_files_of_one_build_are_kept_for_good_and_others_are_not(page: Client) -> None:
    assert "immutable" in page.get("/assets/index-a1B2c3D4.js").headers["Cache-Control"]
    assert "immutable" not in page.get("/favicon.svg").headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/assets/gone-a1B2c3D4.js", "/api/nowhere", "/api/v1/nowhere", "/robots.txt"]
)
def test_what_is_no_page_is_not_answered_with_one(page: Client, path: str) -> None:
    answer = page.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_the_docs_are_served_from_here(client: Client) -> None:
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    assert b"http" not in answer.content.replace(b"<!DOCTYPE html>", b"")
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


def test_the_committed_schema_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(fresh), validate=True, fail_on_warn=True)
    committed = ROOT / "frontend" / "openapi.json"
    assert json.loads(fresh.read_text()) == json.loads(committed.read_text()), (
        "Write it anew: python -m api spectacular --format openapi-json --file frontend/openapi.json"
    )


@pytest.mark.django_db
def test_answers_have_the_shapes_that_the_schema_promises(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    made = make_operation(server, state="succeeded", schedule_id=nightly["id"])
    make_operation(server)
    Server.objects.update(transition="stopping", transition_operation=made.id)
    schedule(alice, servers=[server.id])
    document = json.loads((ROOT / "frontend" / "openapi.json").read_text())
    for path, template in {
        "me": "me",
        "accounts": "accounts",
        f"accounts/{server.region.account_id}": "accounts/{id}",
        "servers": "servers",
        f"servers/{server.id}": "servers/{id}",
        f"servers/{server.id}/status": "servers/{id}/status",
        f"servers/{server.id}/metrics": "servers/{id}/metrics",
        f"servers/{server.id}/timeline": "servers/{id}/timeline",
        f"servers/{server.id}/explain": "servers/{id}/explain",
        f"servers/strips?ids={server.id}": "servers/strips",
        f"accounts/{server.region.account_id}/limits": "accounts/{id}/limits",
        "observations": "observations",
        f"servers/statuses?ids={server.id}": "servers/statuses",
        "operations": "operations",
        f"operations/{made.id}": "operations/{id}",
        "schedules": "schedules",
        f"schedules/{nightly['id']}": "schedules/{id}",
    }.items():
        promised = document["paths"][f"/api/v1/{template}"]["get"]["responses"]["200"]
        shape = strict(promised["content"]["application/json"]["schema"], document)
        jsonschema.validate(alice.get(path).json(), shape)


def strict(node: Any, document: dict[str, Any]) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: references put in, nothing unsaid allowed."""
    if isinstance(node, list):
        return [strict(each, document) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return strict(document["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]], document)
    plain = {key: strict(value, document) for key, value in node.items() if key != "nullable"}
    if plain.get("type") == "object" and "properties" in plain:
        plain["additionalProperties"] = False
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


@pytest.mark.parametrize(
    ("url", "allow_plain", "secure", "plain_http", "cookie"),
    [
        ("https://cloudevy.example.com", False, True, False, "__Host-sessionid"),
        ("http://127.0.0.1:8001", False, False, False, "sessionid"),
        ("http://localhost:8001/", False, False, False, "sessionid"),
        ("http://[::1]:8001", False, False, False, "sessionid"),
        ("http://10.0.0.5:8001", True, False, True, "sessionid"),
    ],
)
def test_the_public_address_decides_about_cookies(
    url: str, allow_plain: bool, secure: bool, plain_http: bool, cookie: str
) -> None:
    known = origin.parse(url, allow_plain=allow_plain)
    assert (known.secure, known.plain_http) == (secure, plain_http)
    chosen = known.settings()
    assert chosen["SESSION_COOKIE_NAME"] == cookie
    assert (
        chosen["SECURE_SSL_REDIRECT"]
        == chosen["SESSION_COOKIE_SECURE"]
        == chosen["CSRF_COOKIE_SECURE"]
        == secure
    )
    assert bool(chosen["SECURE_HSTS_SECONDS"]) == secure
    assert "127.0.0.1" in known.hosts


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.5:8001", "ftp://x", "cloudevy.example.com", "https://x/app", "http://127.0.0.1.evil.com"],
)
def test_an_address_that_would_be_unsafe_or_unusable_stops_the_start(url: str) -> None:
    with pytest.raises(BadEnvironment, match="CLOUDEVY_PUBLIC_URL"):
        origin.parse(url, allow_plain=False)


def test_over_https_everything_but_health_is_redirected(client: Client, settings: Any) -> None:
    for name, value in origin.parse("https://cloudevy.example.com", allow_plain=False).settings().items():
        setattr(settings, name, value)
    settings.TRUSTED_PROXIES = proxies.parse("127.0.0.1")
    host = {"host": "cloudevy.example.com"}
    fresh = Client()
    answer = fresh.get("/api/v1/me", headers=host)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://cloudevy.example.com/api/v1/me")
    assert fresh.get("/healthz", headers={"host": "127.0.0.1:8002"}).status_code == 200
    secured = fresh.get("/healthz", headers=host | {"x-forwarded-proto": "https"})
    assert secured.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    settings.TRUSTED_PROXIES = proxies.parse("192.0.2.1")
    spoofed = Client().get("/api/v1/me", headers=host | {"x-forwarded-proto": "https"})
    assert (spoofed.status_code, spoofed.headers["Location"]) == (
        301,
        "https://cloudevy.example.com/api/v1/me",
    )
