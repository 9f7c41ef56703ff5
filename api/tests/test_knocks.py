"""Row first, knock after: a broker that is away or silent costs no request anything worth naming."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from api import knocks
from api.tests.conftest import Person
from deploy.embedded import ports, processes
from deploy.embedded.pytest_plugin import running
from deploy.embedded.redis_server import RedisServer
from shared import broker
from shared.broker import Door, sender
from shared.fleet.models import Server
from shared.operations.models import Operation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def a_fresh_door(settings: Any) -> Iterator[None]:
    """It remembers no failure of an earlier test, and nobody is at home."""
    settings.BROKER_URL = f"redis://127.0.0.1:{ports.free()}/0"
    knocks.door.cache_clear()
    yield
    knocks.door.cache_clear()


def ask(alice: Person, server: Server) -> float:
    """Seconds one POST took; the operation is there afterwards."""
    Operation.objects.all().delete()
    began = time.monotonic()
    answer = alice.post("operations", {"servers": [server.id], "action": "stop"})
    took = time.monotonic() - began
    assert answer.status_code == 202, answer.content
    assert Operation.objects.filter(server=server, state="requested").count() == 1
    return took


def test_without_a_broker_a_request_is_answered_all_the_same(alice: Person, server: Server) -> None:
    assert ask(alice, server) < 2
    assert knocks.door().failures == 1


def test_after_a_failure_nobody_knocks_for_a_while(alice: Person, server: Server) -> None:
    for _ in range(5):
        ask(alice, server)
    assert knocks.door().failures == 1


def test_a_broker_that_accepts_and_never_answers_is_given_up(
    alice: Person, server: Server, settings: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.BROKER_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        assert ask(alice, server) < 2
        assert knocks.door().failures == 1


def test_a_knock_arrives_with_ids_only(home: Path, alice: Person, server: Server, settings: Any) -> None:
    listening = RedisServer(port=ports.free(), password="secret")
    settings.BROKER_URL = listening.url
    with running(replace(listening.program(), name="listening")) as child:
        processes.wait_until(listening.answers, child, name="Redis")
        ask(alice, server)
        with knocks.door().app.connection_for_read() as connection:
            message = connection.SimpleQueue("work").get(timeout=5)
            message.ack()
    assert knocks.door().failures == 0
    assert message.headers["task"] == "work.drain"
    assert message.payload[1] == {"region": server.region_id, "action": "stop"}


def test_a_broker_that_dies_later_is_noticed_at_the_next_knock(home: Path) -> None:
    server = RedisServer(port=ports.free(), password="secret")
    door = Door(sender(server.url))
    with running(replace(server.program(), name="mortal")) as child:
        processes.wait_until(server.answers, child, name="Redis")
        assert door.knock(broker.LOOK_AT_REGION, region=1)
    assert not door.knock(broker.LOOK_AT_REGION, region=1)
    assert door.failures == 1


def test_a_rolled_back_wish_knocks_at_nobodys_door(server: Server) -> None:
    def ask_and_fail() -> None:
        with transaction.atomic():
            knocks.after_commit(broker.LOOK_AT_REGION, region=server.region_id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()
    assert knocks.door().failures == 0
