"""The public API and the simulator's control endpoints, as any program would call them. Knows no database."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.client import HTTPException
from http.cookies import SimpleCookie
from typing import Any, TypeVar
from urllib.parse import urlsplit

TIMEOUT = 10.0
LONGEST_WAIT = 60.0
PAUSE = 0.1
SESSION = "/auth/browser/v1/auth/session"
LOGIN = "/auth/browser/v1/auth/login"
ALREADY = 409
SIMULATED_HOST = "127.0.0.1"
Json = dict[str, Any]
Found = TypeVar("Found")


class Refused(RuntimeError):
    """The other side said no; its own words, and its HTTP status."""

    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class NotInTime(RuntimeError):
    """What was waited for did not happen."""


class CannotSignIn(RuntimeError):
    """The API answers, but not to this person; asking again will not help."""


def opener() -> urllib.request.OpenerDirector:
    """No proxy: both sides are near. No redirects: they lead to the public address, which may be far."""
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        made.add_handler(handler)
    return made


OPENER = opener()


@dataclass(frozen=True)
class Client:
    """Calls below one address, with a token or with the cookies of a session (`sign_in`).

    `host` is what the Host header says where that is not the address: behind it stands somebody who answers
    to their public name only.
    """

    url: str
    token: str = field(default="", repr=False)
    host: str = ""
    cookies: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def sign_in(
        cls, url: str, *, email: str, password: str, public_url: str = "", seconds: float = LONGEST_WAIT
    ) -> "Client":
        """A session of that person at the API, which is waited for. CannotSignIn when it says no.

        `public_url`: under which it is known, where that differs. A browser's way: the first question brings
        the CSRF cookie, the second the session.
        """
        client = cls(f"{url}/api/v1", host=urlsplit(public_url).netloc)
        patiently(partial(prepare, client), what=f"the API at {url}", seconds=seconds)
        login = partial(sign_in, client, email=email, password=password)
        patiently(login, what=f"the sign-in of {email}", seconds=seconds)
        return client

    def get(self, path: str) -> Json:
        return self.call("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> Json:
        return self.call("POST", path, body=body)

    def all(self, path: str) -> list[Json]:
        """The results of a list's first page; enough for samples."""
        return list(self.get(path)["results"])

    def call(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        """JSON in, JSON out. Refused for any answer but 2xx, OSError when nobody answers."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        for name, value in {**self.common_headers(), **(headers or {})}.items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with OPENER.open(request, timeout=TIMEOUT) as reply:
                self.keep(reply.headers)
                return dict(json.loads(reply.read() or b"{}"))
        except urllib.error.HTTPError as error:
            self.keep(error.headers)
            words = error.headers.get("Location") or error.read().decode(errors="replace")[:500]
            raise Refused(f"{method} {path}: {error.code} {words}", status=error.code) from None
        except HTTPException as error:
            raise ConnectionError(f"{method} {path}: the answer broke off ({error})") from error

    def common_headers(self) -> dict[str, str]:
        """Who asks: by token, or by cookies and the token against forged requests that goes with them."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        forged = [value for name, value in self.cookies.items() if name.endswith("csrftoken")]
        headers = {
            "Host": self.host,
            "Authorization": f"Bearer {self.token}" if self.token else "",
            "Cookie": cookies,
            "X-CSRFToken": forged[0] if forged else "",
        }
        return {"Accept": "application/json"} | {name: value for name, value in headers.items() if value}

    def keep(self, headers: Message) -> None:
        for line in headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})


def prepare(client: Client) -> bool:
    """401 is the answer to somebody who is not signed in yet."""
    try:
        client.get(SESSION)
    except Refused as error:
        if error.status < 400:
            raise CannotSignIn(
                f"{client.url} leads elsewhere ({error}); sign-in has to work there."
            ) from None
        if error.status != 401:
            raise
    return True


def sign_in(client: Client, *, email: str, password: str) -> bool:
    try:
        client.post(LOGIN, {"email": email, "password": password})
    except Refused as error:
        if error.status >= 500:
            raise
        if error.status != ALREADY:
            raise CannotSignIn(
                f"{email} was not signed in ({error}). Has the password been changed?"
            ) from None
    return True


def simulator(url: str) -> Client:
    """The control endpoints, wherever they are: they listen to whoever calls them by the name of loopback."""
    return Client(url, host=SIMULATED_HOST)


def patiently(ask: Callable[[], Found | None], *, what: str, seconds: float) -> Found:
    """What `ask` answers once it is not None. While a part restarts, no answer only means: ask again."""
    deadline = time.monotonic() + seconds
    last = "it never came true"
    while time.monotonic() < deadline:
        try:
            found = ask()
        except (Refused, OSError) as error:
            found, last = None, str(error)
        if found is not None:
            return found
        time.sleep(PAUSE)
    raise NotInTime(f"Waited {seconds:.0f} s for {what}: {last}")
