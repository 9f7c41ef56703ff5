"""Somebody starts or stops a server past Cloudevy, and the page tells what its schedule did about it."""

import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from deploy.demo.client import Json, patiently
from tests.e2e.fleet import ENDS, Fleet, Server
from tests.e2e.screen import Screen


def kept_off(fleet: Fleet, server: Server) -> Json:
    """A schedule that has just seen to it that the server is off, and puts it back when it is not."""
    due = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    body = {"name": f"Off {server.name}", "timezone": "UTC", "mode": "enforce", "servers": [server.id]}
    schedule = fleet.api.post("/schedules", {**body, "rules": [{"action": "stop", "at": due}]})
    patiently(lambda: ended(fleet, server), what="the rule to be done with", seconds=20)
    return schedule


def ended(fleet: Fleet, server: Server) -> bool | None:
    """Whether the newest operation has come to its end."""
    found = fleet.operations(server)
    return (bool(found) and found[0]["state"] in ENDS) or None


def changed_outside(fleet: Fleet, screen: Screen, server: Server, action: str, *, to: str) -> None:
    """Done by somebody else, and seen; whoever asks for a status has the server looked at."""
    began = time.time()
    fleet.outside(server, action)

    def answered() -> bool:
        fleet.status(server)
        newest = fleet.api.all(f"/observations?server={server.id}&cause=outside")
        return any(each["reaction"] == to for each in newest)

    screen.until(answered, within=30)
    assert time.time() - began < 30


def test_a_change_from_outside_is_put_back_or_told_as_the_schedule_says_and_kept_in_the_ledger(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("drift", "stopped")
    fleet.settle(start=1, stop=1)
    schedule = kept_off(fleet, server)
    screen.open(f"/servers?search={server.name}")
    screen.shows(server, "Stopped")
    changed_outside(fleet, screen, server, "start", to="put_back")
    screen.until(lambda: any("put back by" in toast.description for toast in screen.toasts(server)))
    screen.shows(server, "Stopped")
    assert fleet.state(server)["state"] == "stopped"

    match = {"If-Match": f'"{schedule["revision"]}"'}
    fleet.api.call("PATCH", f"/schedules/{schedule['id']}", body={"mode": "alert"}, headers=match)
    changed_outside(fleet, screen, server, "start", to="alerted")
    expect(screen.row(server)).to_contain_text("Changed outside", timeout=15_000)
    screen.open(f"/servers/{server.id}")
    banner = screen.page.get_by_role("group", name="Needs attention")
    banner.get_by_role("button", name="Acknowledge").click()
    expect(banner).to_be_hidden()

    screen.open("/activity/changes")
    link = screen.page.get_by_role("link", name=server.name)
    lines = screen.page.get_by_role("listitem").filter(has=link)
    expect(lines.filter(has_text="you were told")).to_contain_text("Acknowledged by")
    lines.filter(has_text="Put back").get_by_role("link", name="what was done").click()
    expect(screen.page.get_by_role("list", name="Steps")).to_contain_text("to put the server back")
