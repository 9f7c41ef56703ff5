"""A browser of somebody who works here, for tests of what needs a person: a session and its CSRF token."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from api.tests.conftest import HOST, Person

LOGIN = "/api/v1/auth/browser/v1/auth/login"
SESSION = "/api/v1/auth/browser/v1/auth/session"
PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Somebody's browser, signed in."""

    client: Client

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer to one request; `path` stands behind /api/v1/."""
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"].value}
        data = "" if body is None else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )


def browser() -> Client:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": HOST})
    client.get(SESSION)
    return client


def set_password(who: Person) -> None:
    who.user.set_password(PASSWORD)
    who.user.save(update_fields=["password"])


def login(client: Client, email: str, password: str) -> Any:
    body = {"email": email, "password": password}
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    return client.post(LOGIN, body, content_type="application/json", headers=headers)


def sign_in(who: Person) -> Browser:
    client = browser()
    set_password(who)
    answer = login(client, who.user.email, PASSWORD)
    if answer.status_code != 200:
        raise AssertionError(answer.content)
    return Browser(client)
