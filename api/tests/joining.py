"""Links and people over HTTP, for tests: use a link, read one from an answer, say who owns what."""

from typing import Any

from api.tests.browsing import PASSWORD, Browser, browser
from api.tests.conftest import Person
from shared.people.models import Membership, Role
from shared.people.team import By

NEW = {"email": "ivy@example.com"}


def membership(who: Person) -> int:
    return Membership.objects.get(user=who.user, workspace=who.workspace).id


def stranger() -> Browser:
    return Browser(browser())


def join(link: str, **said: str) -> Any:
    """Use a link as somebody who is not signed in."""
    return stranger().call("POST", "auth/join", {"link": link, "password": PASSWORD} | said)


def value(answer: Any) -> str:
    """What stands behind # in the link of an answer."""
    assert answer.status_code == 201, answer.content
    return str(answer.json()["url"].partition("/join#")[2])


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def owner_of(who: Person) -> By:
    return By(who.user, Role.OWNER)
