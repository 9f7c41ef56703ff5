"""Whom a proxy speaks for: its headers are believed when its operator named it, and nobody else's are."""

import socket
import threading
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from api import proxies
from api.names import Names
from api.proxies import plain
from api.tests.browsing import LOGIN, PASSWORD, SESSION, set_password
from api.tests.conftest import HOST, Person
from api.visitors import CLAIMS, Visitors
from shared.env import BadEnvironment

TRUSTED = proxies.parse("10.0.0.0/8, ::1, 192.0.2.7")


def as_seen(settings: Any, peer: str, **headers: str) -> dict[str, str]:
    """Who asks and how, after the middleware."""
    settings.TRUSTED_PROXIES = TRUSTED
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    Visitors(view)(RequestFactory().get("/", headers=named, REMOTE_ADDR=peer))
    return {key: value for key, value in seen[0].META.items() if key in (*CLAIMS, "REMOTE_ADDR")}


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "198.51.100.1, 203.0.113.9, 192.0.2.7, 10.9.9.9", "203.0.113.9"),
        ("10.1.2.3", "10.4.4.4, 10.5.5.5", "10.4.4.4"),
        ("10.1.2.3", "203.0.113.9, nonsense, 10.5.5.5", "10.5.5.5"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9:4711", "203.0.113.9"),
        ("::1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("::ffff:10.1.2.3", "::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.50", "198.51.100.1", "203.0.113.50"),
        ("203.0.113.50", "10.1.2.3", "203.0.113.50"),
        ("127.0.0.1", "198.51.100.1", "127.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_visitor_is_the_first_from_the_right_who_is_no_proxy(
    settings: Any, peer: str, forwarded_for: str, address: str
) -> None:
    assert as_seen(settings, peer, x_forwarded_for=forwarded_for) == {"REMOTE_ADDR": address}


@pytest.mark.parametrize(
    ("peer", "said", "believed"),
    [
        ("10.1.2.3", "https", "https"),
        ("10.1.2.3", "HTTP", "http"),
        ("10.1.2.3", "https, http", "http"),
        ("10.1.2.3", "gopher", None),
        ("203.0.113.50", "https", None),
    ],
)
def test_only_a_trusted_proxy_says_how_the_visitor_came(
    settings: Any, peer: str, said: str, believed: str | None
) -> None:
    assert as_seen(settings, peer, x_forwarded_proto=said).get("HTTP_X_FORWARDED_PROTO") == believed


@pytest.mark.parametrize("peer", ["10.1.2.3", "203.0.113.50"])
def test_no_other_claim_is_left_for_anybody_to_believe(settings: Any, peer: str) -> None:
    claims = {
        "x_forwarded_host": "evil.example",
        "x_forwarded_port": "1",
        "x_real_ip": "1.1.1.1",
        "forwarded": "for=1.1.1.1;proto=https",
    }
    assert as_seen(settings, peer, **claims) == {"REMOTE_ADDR": peer}


@pytest.mark.parametrize("text", ["", " , "])
def test_without_the_setting_nobody_is_trusted(text: str) -> None:
    assert not proxies.parse(text)


@pytest.mark.parametrize("text", ["10.0.0.5/8", "0.0.0.0/0", "::/0", "*", "a b", "1.2.3", "300.1.1.1", "-x"])
def test_a_setting_that_cannot_be_meant_stops_the_start(text: str) -> None:
    with pytest.raises(BadEnvironment, match="CLOUDEVY_TRUSTED_PROXIES"):
        proxies.parse(f"10.0.0.5, {text}")


class Resolver:
    """A name server of the test; `now` is the test's clock."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.now = 1000.0
        self.asked = 0

    def __call__(self, name: str) -> list[str]:
        self.asked += 1
        if name not in self.answers:
            raise socket.gaierror("no such name")
        return self.answers[name]

    def names(self) -> Names:
        return Names(["frontend"], resolve=self, clock=lambda: self.now)


def has(names: Names, address: str) -> bool:
    found = plain(address)
    assert found
    return names.have(found)


def test_a_name_stands_for_its_addresses() -> None:
    resolver = Resolver()
    resolver.answers["frontend"] = ["172.18.0.4", "fd00::4"]
    names = resolver.names()
    assert has(names, "172.18.0.4")
    assert has(names, "fd00::4")
    assert not has(names, "172.18.0.5")


def test_a_new_address_is_noticed_and_strangers_cause_one_question_a_second() -> None:
    resolver = Resolver()
    resolver.answers["frontend"] = ["172.18.0.4"]
    names = resolver.names()
    assert has(names, "172.18.0.4")
    resolver.answers["frontend"] = ["172.18.0.9"]
    assert not has(names, "172.18.0.9")
    resolver.now += 1.1
    assert has(names, "172.18.0.9")
    asked = resolver.asked
    for _ in range(5):
        assert not has(names, "203.0.113.1")
    assert resolver.asked == asked


def test_a_dead_name_server_is_no_trust_and_no_error_but_what_is_known_holds_for_a_while() -> None:
    resolver = Resolver()
    names = resolver.names()
    assert not has(names, "172.18.0.4")
    resolver.answers["frontend"] = ["172.18.0.4"]
    resolver.now += 2
    assert has(names, "172.18.0.4")
    resolver.answers.clear()
    resolver.now += 20
    assert has(names, "172.18.0.4")
    resolver.now += 15
    assert not has(names, "172.18.0.4")


def test_a_name_server_that_hangs_holds_no_request_up() -> None:
    hung = threading.Event()

    def hang(name: str) -> list[str]:
        hung.wait(30)
        return []

    names = Names(["frontend"], resolve=hang)
    assert not has(names, "172.18.0.4")
    hung.set()


@pytest.fixture
def proxied(settings: Any, alice: Person) -> None:
    set_password(alice)
    settings.TRUSTED_PROXIES = TRUSTED


def guess(peer: str, visitor: str) -> str:
    """One wrong password of the visitor, through that peer; the code of the answer."""
    client = Client(headers={"host": HOST}, REMOTE_ADDR=peer)
    client.get(SESSION)
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value, "X-Forwarded-For": visitor}
    body = {"email": "alice@example.com", "password": f"not {PASSWORD}"}
    answer = client.post(LOGIN, body, content_type="application/json", headers=headers)
    return str(answer.json()["errors"][0]["code"])


@pytest.mark.usefixtures("proxied")
def test_visitors_behind_one_proxy_are_counted_apart() -> None:
    codes = {guess("10.1.2.3", f"203.0.113.{number}") for number in range(8)}
    assert codes == {"email_password_mismatch"}
    assert [guess("10.1.2.3", "203.0.113.1") for _ in range(5)][-1] == "too_many_login_attempts"


@pytest.mark.usefixtures("proxied")
def test_made_up_visitors_of_a_stranger_are_counted_as_the_stranger() -> None:
    codes = [guess("203.0.113.50", f"198.51.100.{number}") for number in range(6)]
    assert codes == ["email_password_mismatch"] * 5 + ["too_many_login_attempts"]


@pytest.mark.usefixtures("proxied")
def test_made_up_addresses_on_the_left_do_not_reset_the_count() -> None:
    codes = [guess("10.1.2.3", f"198.51.100.{number}, 203.0.113.50") for number in range(6)]
    assert codes[-1] == "too_many_login_attempts"
