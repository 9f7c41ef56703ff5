"""The page stays true when it is reloaded, hidden, cut off, or overtaken by somebody else."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.e2e.fleet import Fleet
from tests.e2e.installation import Installation
from tests.e2e.screen import Screen, Toast
from tests.e2e.watch import UNREACHABLE

BANNER = "Can’t reach the API"


def test_a_page_loaded_in_mid_transition_picks_it_up(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("reload", "running")
    fleet.settle(stop=6)
    screen.open("/servers").press("Stop", server)
    screen.shows(server, "Stopping", within=5)
    screen.page.reload()
    screen.shows(server, "Stopping", within=5)
    screen.shows(server, "Stopped")
    expect(screen.button("Start", server)).to_be_visible()
    screen.toast("Server stopped", server)
    assert [toast.title for toast in screen.toasts(server)] == ["Server stopped"]
    assert fleet.state(server)["state"] == "stopped"


def test_a_hidden_tab_asks_nothing_and_is_right_soon_after_it_comes_back(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("hidden", "running")
    fleet.settle(stop=2)
    screen.open("/servers").press("Stop", server)
    screen.shows(server, "Stopping", within=5)
    screen.hide()
    hidden = time.time()
    screen.wait(12)
    assert screen.watch.everything(since=hidden + 0.3, until=time.time()) == []
    assert screen.pill(server).text_content() == "Stopping"
    screen.come_back()
    back = time.time()
    screen.shows(server, "Stopped", within=3)
    asked = screen.watch.statuses(since=back - 0.1, until=back + 3)
    assert len(asked) == 1
    assert asked[0].at - back < 1
    assert [toast.title for toast in screen.toasts(server)] == ["Server stopped"]


@contextmanager
def no_api(installation: Installation) -> Iterator[None]:
    """The api dies, and dies again with every start, until the block ends."""
    over = threading.Event()

    def kill() -> None:
        killed = 0
        while not over.wait(0.02):
            if (pid := installation.pid("api")) != killed:
                os.kill(pid, signal.SIGKILL)
                killed = pid

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_an_api_that_dies_and_returns_leaves_the_page_right(
    screen: Screen, fleet: Fleet, installation: Installation
) -> None:
    server = fleet.add("outage", "running")
    fleet.settle(stop=3)
    screen.watch.allow(UNREACHABLE)
    screen.open("/servers").press("Stop", server)
    screen.shows(server, "Stopping", within=5)
    banner = screen.page.get_by_role("alert").filter(has_text=BANNER)
    with no_api(installation):
        expect(banner).to_be_visible(timeout=20_000)
        assert screen.pill(server).text_content() == "Stopping"
    expect(banner).to_be_hidden(timeout=60_000)
    screen.shows(server, "Stopped", within=2)
    assert fleet.status(server)["status"] == "stopped"
    assert screen.toasts(server) == [Toast("Server stopped", f"{server.name} · you asked")]


def test_a_change_from_outside_appears_by_itself(screen: Screen, fleet: Fleet) -> None:
    server = fleet.sample("crm-test")
    screen.open("/servers")
    screen.shows(server, "Running")
    fleet.outside(server, "stop")
    screen.shows(server, "Stopped", within=90)
    screen.toast("Server stopped", server)
    said = Toast("Server stopped", f"{server.name} · changed outside Cloudevy")
    assert screen.toasts(server) == [said]
    expect(screen.button("Start", server)).to_be_visible()
    fleet.outside(server, "start")
