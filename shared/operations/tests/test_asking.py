"""Asking from many sides at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from shared.clock import now
from shared.errors import ServerBusy
from shared.fleet.models import Account, Region, Server
from shared.operations import asking
from shared.operations.models import Operation, Request
from shared.operations.wishes import Wish
from shared.people.models import User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Server:
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="prod", kind="keys")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    values = {"instance_id": "i-1", "name": "test1", "observed_state": "running", "observed_at": now()}
    return Server.objects.create(workspace=workspace, region=region, **values)


@pytest.fixture
def alice(server: Server) -> asking.Asker:
    return asking.Asker(server.workspace, User.objects.create_user("alice@example.com"))


def nobody_hears(task: str, **ids: int | str) -> None:
    """A knock at no door."""


def ask(server: Server, alice: asking.Asker, *, key: str | None) -> list[int]:
    wish = Wish([server.id], "stop")
    answer = asking.request(wish, by=alice, key=key, knock=nobody_hears, now=now())
    return [operation.id for operation in answer.operations]


def at_once(what: Callable[[], object], *, times: int) -> list[object]:
    """Each call's answer, or the error it ended with."""

    def call(_: int) -> object:
        try:
            return what()
        except ServerBusy as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(call, range(times)))


def test_one_of_many_wishes_at_once_gets_the_server(server: Server, alice: asking.Asker) -> None:
    answers = at_once(lambda: ask(server, alice, key=None), times=6)
    assert sum(isinstance(answer, ServerBusy) for answer in answers) == 5
    assert Operation.objects.count() == 1


def test_the_same_key_at_once_makes_one_request_and_one_answer(server: Server, alice: asking.Asker) -> None:
    answers = at_once(lambda: ask(server, alice, key="k1"), times=6)
    assert answers == [answers[0]] * 6
    assert (Operation.objects.count(), Request.objects.count()) == (1, 1)
