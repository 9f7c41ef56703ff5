"""What must always work: a schedule acts, and the open page shows it without a refresh."""

import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.e2e.fleet import Fleet, Server
from tests.e2e.schedule_form import ScheduleForm
from tests.e2e.screen import Screen, Toast

ZONE = "Asia/Kolkata"
SOON, LATER = timedelta(seconds=20), timedelta(seconds=30)


def named(server: Server, action: str) -> str:
    return f"Once {action} {server.id}"


def plan(screen: Screen, server: Server, action: str, *, ahead: timedelta) -> float:
    """A one-off schedule, made in the form of the page; then back to the list. Answers when it is due."""
    due = datetime.now(UTC).replace(microsecond=0) + ahead
    screen.open(f"/servers/{server.id}")
    screen.page.get_by_role("link", name="New schedule").click()
    form = ScheduleForm(screen).name(named(server, action)).zone(ZONE)
    form.action(action).once(due, ZONE).saved()
    screen.go("Servers")
    expect(screen.row(server)).to_contain_text(f"{action.capitalize()}s")
    return due.timestamp()


def polls_calmly_until_due(screen: Screen, due: float) -> None:
    """Every 10 s while nothing of this tab is open, and once right after the next action."""
    began = time.time()
    screen.wait_until(due)
    span = time.time() - began
    calm = screen.watch.statuses(since=began, until=due)
    assert len(calm) <= span / 10 + 2, f"{len(calm)} questions in {span:.0f} s"
    screen.wait_until(due + 5)
    after = screen.watch.statuses(since=due, until=due + 4.5)
    assert 1 <= len(after) <= 2, f"{len(after)} questions right after the next action"


def test_a_schedule_made_in_the_form_stops_a_server_while_the_page_watches(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("story-stop", "running")
    fleet.settle(stop=8)
    due = plan(screen, server, "stop", ahead=LATER)
    screen.shows(server, "Running")
    polls_calmly_until_due(screen, due)
    screen.shows(server, "Stopping", within=2)
    screen.shows(server, "Stopped")
    expect(screen.button("Start", server)).to_be_visible()
    expect(screen.button("Stop", server)).to_be_hidden()
    screen.wait(1)
    assert screen.toasts(server) == [Toast("Server stopped", f"{server.name} · by {named(server, 'stop')}")]
    assert fleet.state(server)["state"] == "stopped"
    (call,) = fleet.calls(server, "StopInstances")
    assert call["ids"] == [server.instance]
    assert due <= call["at"] < due + 5
    (operation,) = fleet.operations(server)
    assert (operation["state"], operation["origin"]) == ("succeeded", "rule")


def test_a_schedule_made_in_the_form_starts_a_server_and_measures_it_only_once_it_runs(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("story-start", "stopped")
    fleet.settle(start=6)
    due = plan(screen, server, "start", ahead=SOON)
    screen.row(server).scroll_into_view_if_needed()
    screen.shows(server, "Stopped")
    screen.wait_until(due)
    screen.shows(server, "Starting", within=5)
    assert screen.watch.metrics(server.id) == []
    screen.shows(server, "Running")
    running = time.time()
    expect(screen.button("Stop", server)).to_be_visible()
    screen.wait(4)
    measured = screen.watch.metrics(server.id)
    assert len(measured) == 1
    assert 1 <= measured[0].at - running <= 4
    assert screen.toasts(server) == [Toast("Server started", f"{server.name} · by {named(server, 'start')}")]
    assert fleet.state(server)["state"] == "running"
    assert len(fleet.calls(server, "StartInstances")) == 1


def test_measurements_are_asked_for_servers_that_run_and_for_no_others(screen: Screen, fleet: Fleet) -> None:
    stopped = fleet.add("idle", "stopped")
    running = fleet.add("busy", "running")
    screen.open("/servers")
    for server in (stopped, running):
        screen.row(server).scroll_into_view_if_needed()
        screen.wait(3)
    assert screen.watch.metrics(stopped.id) == []
    assert len(screen.watch.metrics(running.id)) == 1
