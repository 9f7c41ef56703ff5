"""The client signs in as a browser does, keeps to the public name, and gives up where asking is no use."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from deploy.demo import client
from deploy.demo.client import CannotSignIn, Client, NotInTime, Refused
from deploy.embedded import ports

EMAIL, PASSWORD = "admin@example.com", "right"
PUBLIC = "http://cloudevy.example:8001"


class Door(BaseHTTPRequestHandler):
    """Signs in like the API: a CSRF cookie first, a new one with the session; it answers to one name only."""

    away: ClassVar[int] = 0
    logins: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if type(self).away:
            type(self).away -= 1
            self.reply(503)
        elif self.path == "/moved":
            self.reply(301, "Location: https://cloudevy.example/moved")
        elif self.path.endswith("/me"):
            self.reply(200 if "sessionid=s1" in self.headers.get("Cookie", "") else 401)
        else:
            self.reply(401, "Set-Cookie: csrftoken=before; Path=/; SameSite=Lax")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = "after" if "sessionid" in self.headers.get("Cookie", "") else "before"
        if self.headers.get("X-CSRFToken") != token or f"csrftoken={token}" not in self.headers["Cookie"]:
            self.reply(403)
        elif not self.path.endswith("/auth/login"):
            self.reply(200)
        else:
            type(self).logins.append(body["password"])
            cookies = ("Set-Cookie: sessionid=s1; HttpOnly", "Set-Cookie: csrftoken=after")
            self.reply(200, *cookies) if body["password"] == PASSWORD else self.reply(400)

    def reply(self, status: int, *headers: str) -> None:
        status = status if self.headers["Host"] == "cloudevy.example:8001" else 421
        self.send_response(status)
        for header in headers:
            self.send_header(*header.split(": ", 1))
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def door(*, away: int = 0) -> Iterator[str]:
    Door.away, Door.logins = away, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def enter(url: str, *, password: str = PASSWORD, public_url: str = PUBLIC, seconds: float = 20) -> Client:
    return Client.sign_in(url, public_url=public_url, email=EMAIL, password=password, seconds=seconds)


def test_after_signing_in_it_may_read_and_change() -> None:
    with door() as url:
        signed = enter(url)
        assert signed.get("/me") == {}
        assert signed.post("/servers", {}) == {}


def test_an_api_that_is_not_there_yet_is_waited_for() -> None:
    with door(away=3) as url:
        assert enter(url).get("/me") == {}


def test_a_wrong_password_is_tried_once() -> None:
    with door() as url, pytest.raises(CannotSignIn, match=EMAIL):
        enter(url, password="wrong")
    assert Door.logins == ["wrong"]


def test_a_redirect_is_not_followed() -> None:
    with door() as url:
        with pytest.raises(Refused, match=r"https://cloudevy\.example/moved") as refused:
            Client(url, host="cloudevy.example:8001").get("/moved")
        assert refused.value.status == 301


def test_another_name_than_the_public_one_is_refused_in_the_others_words() -> None:
    with door() as url, pytest.raises(NotInTime, match="421"):
        enter(url, public_url="http://127.0.0.1:8001", seconds=0.3)


def test_nobody_there_is_said_after_the_wait() -> None:
    with pytest.raises(NotInTime, match="the API at"):
        enter(f"http://127.0.0.1:{ports.free()}", seconds=0.3)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{ports.free()}")
    with door() as url:
        assert enter(url).get("/me") == {}


def test_the_simulator_is_steered_under_the_name_of_loopback() -> None:
    assert client.simulator("http://simulator:8004").common_headers()["Host"] == "127.0.0.1"


def test_passwords_tokens_and_cookies_are_told_to_the_other_side_only() -> None:
    with door() as url:
        assert "s1" not in repr(enter(url))
    assert "cvy_" not in repr(Client("", "cvy_1"))
