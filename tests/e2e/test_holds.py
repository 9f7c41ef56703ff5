"""Somebody keeps a server on or off until a moment, or leaves out what comes next; both can be taken back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from playwright.sync_api import Locator, expect

from deploy.demo.client import Json
from tests.e2e.fleet import Fleet, Server
from tests.e2e.installation import Installation
from tests.e2e.screen import Screen
from tests.e2e.visit import LOOKS, Visit

ZONE = "Europe/Berlin"
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(ZONE))


def soon(**ahead: float) -> datetime:
    """A whole minute to come, on the wall clock of the zone."""
    return local(datetime.now(UTC) + timedelta(**ahead)).replace(second=0, microsecond=0)


def office(fleet: Fleet, server: Server, *, to: datetime) -> Json:
    """Hours that began some time ago and end then, every day."""
    hours = {"days": EVERY_DAY, "from": f"{to - timedelta(hours=6):%H:%M}", "to": f"{to:%H:%M}"}
    body = {"name": f"Hours of {server.name}", "timezone": ZONE, "servers": [server.id], "windows": [hours]}
    return fleet.api.post("/schedules", body)


def hold(fleet: Fleet, server: Server) -> Json | None:
    found: Json | None = fleet.api.get(f"/servers/{server.id}")["hold"]
    return found


def panel(screen: Screen, title: str) -> Locator:
    return screen.page.get_by_role("region", name=title)


def test_a_server_is_kept_on_past_its_stop_and_that_can_be_undone(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("kept", "running")
    stop = soon(minutes=40)
    office(fleet, server, to=stop)
    screen.open(f"/servers?search={server.name}")
    expect(screen.row(server)).to_contain_text("Stops")
    dialog = screen.keep("Keep on until", server)
    dialog.get_by_label("+1 h").check()
    expect(dialog.get_by_role("status")).to_contain_text(f"Hours of {server.name} wants it off, so it stops.")
    dialog.get_by_label("Reason").fill("Demo for the board")
    dialog.get_by_role("button", name="Keep on until").click()
    expect(dialog).to_be_hidden()

    badge = screen.row(server).get_by_text(re.compile("^Kept on by .* until"))
    expect(badge).to_contain_text(re.compile(rf"\(rule says .*{stop:%H:%M}\)"))
    expect(screen.row(server)).to_contain_text("Demo for the board")
    made = hold(fleet, server)
    assert made is not None
    assert (made["want"], made["reason"]) == ("on", "Demo for the board")
    screen.undo("Kept on until")
    expect(badge).to_have_count(0)
    screen.until(lambda: hold(fleet, server) is None)
    assert fleet.operations(server) == []


def test_a_stopped_server_is_started_and_kept_on_by_one_press(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("woken", "stopped")
    fleet.settle(start=3)
    screen.open(f"/servers?search={server.name}")
    dialog = screen.keep("Start and keep on until", server)
    expect(dialog.get_by_role("status")).to_contain_text("no schedule wants anything of it, so it stays on")
    dialog.get_by_role("button", name="Start and keep on until").click()
    screen.shows(server, "Starting", within=5)
    screen.shows(server, "Running")
    expect(screen.row(server)).to_contain_text("Kept on by")
    (operation,) = fleet.operations(server)
    assert (operation["action"], operation["state"]) == ("start", "succeeded")


def test_a_running_server_is_stopped_and_kept_off_from_its_menu(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("rested", "running")
    fleet.settle(stop=2)
    screen.open(f"/servers?search={server.name}").choose("Stop and keep off until…", server)
    dialog = screen.dialog(f"Stop {server.name} and keep it off")
    dialog.get_by_label(re.compile("^08:00")).check()
    dialog.get_by_role("button", name="Stop and keep off until tomorrow 08:00").click()
    screen.shows(server, "Stopped")
    expect(screen.row(server)).to_contain_text("until tomorrow 08:00")
    screen.choose("Stop keeping it off", server)
    expect(screen.row(server)).not_to_contain_text("Kept off")
    screen.until(lambda: hold(fleet, server) is None)


def test_what_the_schedules_want_is_applied_when_a_hold_ends(
    screen: Screen, fleet: Fleet, installation: Installation
) -> None:
    server = fleet.add("over", "running")
    fleet.settle(stop=2)
    office(fleet, server, to=soon(minutes=-5))
    until = datetime.now(UTC) + timedelta(hours=1)
    fleet.api.post(f"/servers/{server.id}/hold", {"want": "on", "until": until.isoformat()})
    screen.open(f"/servers?search={server.name}")
    expect(screen.row(server)).to_contain_text("Kept on by")
    shorten(installation, server, until=datetime.now(UTC) + timedelta(seconds=5))
    screen.shows(server, "Stopping", within=20)
    screen.shows(server, "Stopped")
    expect(screen.row(server)).not_to_contain_text("Kept on")
    (operation,) = fleet.operations(server)
    assert (operation["action"], operation["origin"], operation["state"]) == ("stop", "hold", "succeeded")


def shorten(installation: Installation, server: Server, *, until: datetime) -> None:
    """A person has to say five minutes at least; a test has no five minutes."""
    with psycopg.connect(installation.database_url) as connection:
        connection.execute(
            "UPDATE schedules_hold SET until = %s WHERE server_id = %s AND ended_at IS NULL",
            [until, server.id],
        )


def test_the_next_stop_is_skipped_and_that_can_be_undone(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("spared", "running")
    stop = soon(minutes=40)
    office(fleet, server, to=stop)
    screen.open(f"/servers?search={server.name}")
    screen.choose(re.compile("^Skip next stop"), server)
    expect(screen.row(server)).not_to_contain_text("Stops in 3")
    skips: list[dict[str, Any]] = fleet.api.all(f"/skips?server={server.id}")
    assert [each["action"] for each in skips] == ["stop"]
    screen.undo("skipped")
    expect(screen.row(server)).to_contain_text(f"{stop:%H:%M}")
    screen.until(lambda: fleet.api.all(f"/skips?server={server.id}") == [])


def test_what_comes_is_skipped_and_taken_back_where_it_is_explained(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("told", "running")
    stop = soon(minutes=40)
    office(fleet, server, to=stop)
    screen.open(f"/servers/{server.id}")
    why = panel(screen, "Why and what next")
    expect(why).to_contain_text(f"Hours of {server.name}")
    coming = why.get_by_role("list", name="What comes next").get_by_role("listitem")
    expect(coming).to_have_count(10)
    first = coming.first
    first.get_by_role("button", name=re.compile("^Skip stop")).click()
    expect(first).to_contain_text("skipped")
    expect(first.locator("s")).to_contain_text(f"{stop:%H:%M}")
    planned = panel(screen, "Timeline").get_by_role("listitem").first
    expect(planned).to_contain_text("will not run")
    planned.get_by_role("button", name=re.compile("^Undo skipping stop")).click()
    expect(first.locator("s")).to_have_count(0)
    assert fleet.api.all(f"/skips?server={server.id}") == []


def test_the_keyboard_alone_keeps_a_server_on(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("typed", "running")
    screen.open(f"/servers?search={server.name}")
    until = screen.page.get_by_role("button", name=f"Keep on until: {server.name}")
    until.focus()
    keyboard = screen.page.keyboard
    keyboard.press("Enter")
    dialog = screen.dialog(f"Keep {server.name} on")
    expect(dialog.get_by_label("+1 h")).to_be_focused()
    keyboard.press("ArrowDown")
    expect(dialog.get_by_label("+2 h")).to_be_checked()
    keyboard.press("Escape")
    expect(until).to_be_focused()
    keyboard.press("Enter")
    expect(dialog.get_by_label("+1 h")).to_be_focused()
    keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(screen.row(server)).to_contain_text("Kept on by")
    expect(until).to_be_focused()


def test_a_protected_server_says_why_it_is_not_kept(screen: Screen, fleet: Fleet) -> None:
    screen.watch.allow("status of 409")
    server = fleet.add("shielded", "stopped")
    fleet.api.call("PATCH", f"/servers/{server.id}", body={"protected": True})
    screen.open(f"/servers?search={server.name}")
    dialog = screen.keep("Start and keep on until", server)
    dialog.get_by_label("Reason").fill("Kept for later")
    dialog.get_by_role("button", name="Start and keep on until").click()
    expect(dialog.get_by_role("alert")).to_contain_text("protected")
    expect(dialog.get_by_label("Reason")).to_have_value("Kept for later")
    assert hold(fleet, server) is None


@pytest.mark.parametrize("width", [1280, 360])
def test_holds_are_fit_to_be_seen(visit: Visit, fleet: Fleet, width: int) -> None:
    server = fleet.add("seen", "running")
    office(fleet, server, to=soon(minutes=40))
    until = datetime.now(UTC) + timedelta(hours=2)
    fleet.api.post(f"/servers/{server.id}/hold", {"want": "on", "until": until.isoformat(), "reason": "Demo"})
    looks = [look for look in LOOKS if look[1] == width]
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.screen.open(f"/servers?search={server.name}")
    expect(visit.screen.row(server)).to_contain_text("Kept on by")
    visit.see(f"hold-row-{width}", looks=looks)
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.screen.keep("Keep on until", server).get_by_label("Another moment").check()
    visit.see(f"hold-dialog-{width}", looks=looks, whole=False)
    visit.screen.open(f"/servers/{server.id}")
    expect(panel(visit.screen, "Why and what next")).to_contain_text("Kept on by")
    visit.see(f"hold-server-{width}", looks=looks)
    assert visit.found == []
