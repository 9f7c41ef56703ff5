"""A person presses Start, Stop or Reboot."""

import time

from playwright.sync_api import expect

from deploy.demo.client import patiently
from tests.e2e.fleet import Fleet
from tests.e2e.screen import Screen, Toast

OPERATIONS = "/api/v1/operations"


def test_a_persons_own_stop_is_asked_once_and_followed_closely(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("own", "running")
    fleet.settle(stop=9)
    screen.open("/servers").press("Stop", server)
    pressed = time.time()
    screen.shows(server, "Stopping", within=5)
    screen.wait_until(pressed + 11)
    close = screen.watch.statuses(since=pressed + 1.5, until=pressed + 11)
    assert 2 <= len(close) <= 4, f"{len(close)} questions in 9.5 s"
    screen.shows(server, "Stopped")
    (post,) = screen.watch.posts(OPERATIONS)
    assert len(post.headers["idempotency-key"]) >= 16
    assert screen.toasts(server) == [Toast("Server stopped", f"{server.name} · you asked")]
    assert fleet.state(server)["state"] == "stopped"
    assert len(fleet.calls(server, "StopInstances")) == 1


def test_a_stopped_server_is_started_with_its_button(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("own", "stopped")
    fleet.settle(start=3)
    screen.open("/servers").press("Start", server)
    screen.shows(server, "Starting", within=5)
    screen.shows(server, "Running")
    expect(screen.button("Stop", server)).to_be_visible()
    assert screen.toasts(server) == [Toast("Server started", f"{server.name} · you asked")]
    assert fleet.state(server)["state"] == "running"


def test_a_reboot_is_shown_until_it_is_proven(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("own", "running")
    fleet.settle(reboot_lag=2, reboot_dip=5)
    screen.open("/servers").choose("Reboot", server)
    screen.shows(server, "Rebooting", within=5)
    patiently(lambda: fleet.state(server)["checks"] != "ok" or None, what="the checks to dip", seconds=20)
    assert screen.pill(server).text_content() == "Rebooting"
    screen.shows(server, "Running")
    assert fleet.state(server)["checks"] == "ok"
    screen.toast("Server rebooted", server)
    assert screen.toasts(server) == [Toast("Server rebooted", f"{server.name} · you asked")]
    assert len(fleet.calls(server, "RebootInstances")) == 1


def test_the_keyboard_alone_stops_a_server(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("keys", "running")
    fleet.settle(stop=1)
    screen.open(f"/servers?search={server.name}")
    expect(screen.button("Stop", server)).to_be_visible()
    for _ in range(60):
        screen.page.keyboard.press("Tab")
        if screen.button("Stop", server).evaluate("(button) => button === document.activeElement"):
            break
    expect(screen.button("Stop", server)).to_be_focused()
    screen.page.keyboard.press("Enter")
    screen.shows(server, "Stopped")
    assert fleet.state(server)["state"] == "stopped"


def test_a_failed_start_stays_on_screen_with_the_reason_of_ec2(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("own", "stopped")
    fleet.settle(start=2)
    fleet.fault(kind="failed_start", instance=server.instance, count=1)
    screen.open("/servers").press("Start", server)
    toast = screen.toast("Start failed", server, within=20)
    (operation,) = fleet.operations(server)
    assert (operation["state"], operation["reason"]) == ("failed", "failed_start")
    expect(toast).to_contain_text(server.name)
    expect(toast).to_contain_text(operation["detail"])
    screen.shows(server, "Stopped")
    expect(screen.row(server)).to_contain_text("Start failed")
    screen.wait(6)
    expect(toast).to_be_visible()
    assert [each.title for each in screen.toasts(server)] == ["Start failed"]
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_be_hidden()
    screen.open(f"/servers/{server.id}")
    expect(screen.page.get_by_role("main")).to_contain_text(operation["detail"])


def test_the_console_tells_each_move_to_whoever_asks_for_it(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("traced", "running")
    fleet.settle(stop=4)
    screen.page.add_init_script("localStorage.setItem('cloudevy.debug', '1')")
    screen.open(f"/servers?search={server.name}").press("Stop", server)
    screen.shows(server, "Stopping")
    screen.shows(server, "Stopped")
    assert "🔄 Auto-polling 1 server(s) in transitional state" in screen.watch.lines
    assert f"   {server.name}: stopping → stopped" in screen.watch.lines
