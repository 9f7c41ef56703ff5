"""The page as nginx serves it, in a real browser; and https by certificate files."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from deploy.checks import browser as chromium
from deploy.embedded import ports
from tests.images.server import OWNER, ROOT, Server

KEPT = ROOT / "var" / "images"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert chromium.ensure() is None
    options: dict[str, Any] = {"executable_path": chromium.find(), "args": ["--no-sandbox", "--disable-gpu"]}
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as found:
        yield found


@pytest.fixture(scope="module")
def secure(server: Server) -> Iterator[str]:
    """The same installation under https, with a certificate of its own making; its address."""
    port = ports.free()
    url, secrets = f"https://127.0.0.1:{port}", server.folder / "secrets"
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    about = ("-days", "2", "-subj", "/CN=cloudevy test", "-addext", "subjectAltName=IP:127.0.0.1")
    server.must(*made, *about, "-keyout", str(secrets / "tls.key"), "-out", str(secrets / "tls.crt"))
    for name in ("tls.key", "tls.crt"):
        (secrets / name).chmod(0o444)
    server.write(
        {
            "COMPOSE_PROFILES": "demo,tls",
            "CLOUDEVY_PUBLIC_URL": url,
            "CLOUDEVY_TLS_PORT": str(port),
            "CLOUDEVY_TLS_BIND": "127.0.0.1",
        }
    )
    server.must("./pull-images.sh")
    yield url
    server.must("docker", "compose", "rm", "--stop", "--force", "tls")
    server.write({"COMPOSE_PROFILES": "demo", "CLOUDEVY_PUBLIC_URL": server.url})
    server.must("./pull-images.sh")


def headers(
    url: str, more: Mapping[str, str] | None = None, *, trust: Path | None = None
) -> tuple[int, Message]:
    """Status and headers, redirects not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    context = ssl.create_default_context(cafile=str(trust)) if trust else None
    handlers = [Stay(), *([urllib.request.HTTPSHandler(context=context)] if context else [])]
    request = urllib.request.Request(url, headers=dict(more or {}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=5) as reply:
            return reply.status, reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def test_static_files_carry_the_same_policy_as_the_api(server: Server) -> None:
    policy = headers(f"{server.url}/api/v1/me")[1]["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    for path in ("/", "/servers", "/api/v1/me"):
        _, found = headers(f"{server.url}{path}")
        assert found["Content-Security-Policy"] == policy, path
        assert found["X-Content-Type-Options"] == "nosniff"
        assert found["X-Frame-Options"] == "DENY"
        assert found["Server"] == "nginx"


def test_hashed_files_are_kept_for_ever_and_the_entry_is_not(server: Server) -> None:
    entry = server.docker("exec", "cloudevy-frontend", "cat", "/usr/share/cloudevy/index.html")
    script = entry.split('src="/assets/')[1].split('"')[0]
    assert "immutable" in headers(f"{server.url}/assets/{script}")[1]["Cache-Control"]
    assert headers(f"{server.url}/servers/7")[1]["Cache-Control"] == "no-cache"
    assert headers(f"{server.url}/assets/missing.js")[0] == 404
    assert (
        headers(f"{server.url}/assets/{script}", {"Accept-Encoding": "gzip"})[1]["Content-Encoding"] == "gzip"
    )


def test_a_person_signs_in_and_stops_a_server(server: Server, browser: Browser) -> None:
    with browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(OWNER)
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1, name="Servers")).to_be_visible(timeout=10_000)
        row = page.locator("tr").filter(has=page.get_by_role("link", name="crm-test", exact=True))
        expect(row.locator(".pill")).to_have_text("Running", timeout=10_000)
        page.get_by_role("button", name="Stop crm-test", exact=True).click()
        expect(row.locator(".pill")).to_have_text("Stopped", timeout=30_000)
        KEPT.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=KEPT / "servers.png")
        page.get_by_role("button", name="Start crm-test", exact=True).click()
        expect(row.locator(".pill")).to_have_text("Running", timeout=30_000)
        # Asking who is there before signing in is answered with 401; the browser calls that an error.
        assert [each for each in complaints if "401" not in each] == []


def test_https_has_its_headers_and_plain_http_leads_to_it(server: Server, secure: str) -> None:
    certificate = server.folder / "secrets" / "tls.crt"
    for path in ("/", "/api/v1/me"):
        _, found = headers(f"{secure}{path}", trust=certificate)
        assert found["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers(f"{secure}/", trust=certificate)[0] == 200
    status, found = headers(f"{server.url}/servers?status=running")
    assert (status, found["Location"]) == (301, f"{secure}/servers?status=running")
    assert headers(f"{server.url}/healthz")[0] == 200


def test_nobody_from_outside_can_claim_to_have_come_by_https(server: Server, secure: str) -> None:
    claim = {"X-Forwarded-Proto": "https", "Host": secure.removeprefix("https://")}
    api = f"http://127.0.0.1:{server.ports['CLOUDEVY_API_PORT']}"
    for base in (server.url, api):
        assert headers(f"{base}/api/v1/me", claim)[0] == 301


def test_signing_in_by_https_gives_cookies_tied_to_this_host(
    server: Server, secure: str, browser: Browser
) -> None:
    with browser.new_context(base_url=secure, ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(OWNER)
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1, name="Servers")).to_be_visible(timeout=10_000)
        cookies = {each["name"]: each for each in context.cookies()}
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    assert all(each["secure"] for each in cookies.values())
