"""Threads of their own: what hangs holds up neither the clock nor other accounts."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from scheduler import hands, tasks
from scheduler.app import app
from scheduler.lanes import Lanes, Piece
from shared import broker
from shared.fleet.models import Region

THREADS = 16
SOON = 1.0


class Workshop:
    """Work that hangs until it is let go, or is done at once and noted."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun: SimpleQueue[str] = SimpleQueue()
        self.done: SimpleQueue[str] = SimpleQueue()
        self.lanes = Lanes(self.run, threads=THREADS)

    def run(self, name: str, **ids: int | str) -> None:
        self.begun.put(name)
        if name.startswith("hang"):
            self.gate.wait(30)
        self.done.put(name)

    def hang(self, account: int, count: int) -> None:
        """So many pieces of work for this account that do not end; returns when its threads are taken."""
        for number in range(count):
            assert self.lanes.take(Piece("hang", (("region", number),)), account=account)

    def held(self, account: int) -> int:
        return self.lanes.busy[account]


@pytest.fixture
def shop() -> Iterator[Workshop]:
    shop = Workshop()
    yield shop
    shop.gate.set()
    shop.lanes.close()


def test_a_firing_begins_at_once_while_all_work_hangs(shop: Workshop) -> None:
    for account in range(8):
        shop.hang(account, 24)
    assert shop.lanes.busy.total() == THREADS
    assert shop.lanes.tick(Piece(broker.FIRE), most=3)
    assert shop.done.get(timeout=SOON) == broker.FIRE


def test_the_regions_of_one_account_that_hang_leave_half_of_the_threads_to_others(shop: Workshop) -> None:
    shop.hang(1, 17)
    assert shop.held(1) == THREADS // 2
    shop.lanes.take(Piece("look"), account=2)
    assert shop.done.get(timeout=SOON) == "look"
    shop.hang(2, 17)
    assert shop.held(2) == THREADS // 4
    shop.lanes.take(Piece("look"), account=3)
    assert shop.done.get(timeout=SOON) == "look"


def test_an_account_with_many_regions_gets_through_them_all(shop: Workshop) -> None:
    for number in range(100):
        shop.lanes.take(Piece("look", (("region", number),)), account=1)
    assert [shop.done.get(timeout=10 * SOON) for _ in range(100)] == ["look"] * 100
    shop.lanes.close()
    assert not shop.lanes.busy


def test_the_same_piece_waits_only_once(shop: Workshop) -> None:
    shop.hang(1, THREADS)
    for _ in range(5):
        shop.lanes.take(Piece("look", (("region", 7),)), account=1)
    assert shop.lanes.waiting[1].count(Piece("look", (("region", 7),))) == 1


def test_what_is_to_be_sent_goes_before_what_is_to_be_looked_at(shop: Workshop) -> None:
    shop.hang(1, THREADS // 2)
    shop.lanes.take(Piece("look"), account=1)
    shop.lanes.take(Piece("send", urgent=True), account=1)
    shop.hang(2, 1)
    assert shop.lanes.waiting[1] == [Piece("look"), Piece("send", urgent=True)]
    shop.gate.set()
    order = [shop.begun.get(timeout=SOON) for _ in range(THREADS // 2 + 3)]
    assert order.index("send") < order.index("look")


def test_of_one_kind_of_tick_only_so_many_run_at_once(shop: Workshop) -> None:
    assert [shop.lanes.tick(Piece("hang"), most=2) for _ in range(3)] == [True, True, False]
    shop.gate.set()
    shop.done.get(timeout=SOON)
    shop.done.get(timeout=SOON)
    assert shop.lanes.tick(Piece("other"), most=1)


def test_closing_finishes_what_runs_and_takes_nothing_more(shop: Workshop) -> None:
    shop.hang(1, THREADS)
    closing = threading.Thread(target=shop.lanes.close)
    closing.start()
    while shop.lanes.is_open:
        shop.gate.wait(0.01)
    assert not shop.lanes.take(Piece("look"), account=2)
    assert not shop.lanes.tick(Piece(broker.FIRE), most=3)
    assert closing.is_alive()
    shop.gate.set()
    closing.join(timeout=10)
    assert [shop.done.get(timeout=SOON) for _ in range(shop.done.qsize())] == ["hang"] * (THREADS // 2)


@pytest.fixture
def lanes(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(hands, "lanes", shop.lanes)
    return shop


def test_a_message_only_hands_over(lanes: Workshop, region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's own few threads are free again at once, whatever hangs."""
    # It would end the test's transaction.
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    app.tasks[broker.LOOK_AT_REGION].run(region=region.id)
    app.tasks[broker.SEND].run()
    assert {lanes.begun.get(timeout=SOON) for _ in range(2)} == {broker.LOOK_AT_REGION, broker.SEND}


def test_regions_and_tests_of_one_account_share_its_threads(lanes: Workshop, region: Region) -> None:
    assert hands.account_of({"region": region.id, "action": "stop"}) == region.account_id
    assert hands.account_of({"account": region.account_id}) == region.account_id
    assert hands.account_of({"region": region.id + 1000}) == 0
