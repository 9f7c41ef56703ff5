"""Schedules made, changed, paused and removed in the page."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, expect

from tests.e2e.fleet import Fleet, Server
from tests.e2e.schedule_form import ScheduleForm
from tests.e2e.screen import SEE_THE_END, Screen
from tests.e2e.watch import refused

ZONE = "America/New_York"


def card(screen: Screen, name: str) -> Locator:
    return screen.page.get_by_role("article", name=f"Schedule {name}")


def new_schedule(screen: Screen, server: Server) -> ScheduleForm:
    """The form, opened from the server's own page."""
    screen.open(f"/servers/{server.id}")
    screen.page.get_by_role("link", name="New schedule").click()
    return ScheduleForm(screen)


def test_a_schedule_is_created_changed_paused_resumed_and_deleted(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("planned", "running")
    name = f"Evenings {server.name}"
    form = (
        new_schedule(screen, server).name(name).zone(ZONE).action("stop").weekdays("Mon", "Fri").time("19:45")
    )
    expect(screen.page.get_by_role("region", name="In words")).to_contain_text("19:45")
    form.saved()
    shown = card(screen, name)
    expect(shown).to_contain_text("19:45")
    expect(shown).to_contain_text("New York time")
    expect(shown).to_contain_text("Stops")

    shown.get_by_role("link", name=f"Edit {name}").click()
    form.time("20:15").saved()
    screen.open(f"/servers/{server.id}")
    expect(shown).to_contain_text("20:15")

    shown.get_by_role("button", name=f"Pause {name}").click()
    dialog = screen.dialog(f"Pause {name}?")
    dialog.get_by_label("Reason").fill("Load test this week")
    dialog.get_by_role("button", name="Pause schedule").click()
    expect(shown).to_contain_text("Paused until somebody resumes it: Load test this week")
    expect(shown).to_contain_text("Nothing planned")
    shown.get_by_role("button", name=f"Resume {name}").click()
    expect(shown).not_to_contain_text("Paused")
    expect(shown).to_contain_text("Stops")

    shown.get_by_role("button", name=f"Delete {name}").click()
    screen.confirm(f"Delete {name}?", "Cancel")
    expect(shown).to_be_visible()
    shown.get_by_role("button", name=f"Delete {name}").click()
    screen.confirm(f"Delete {name}?", "Delete schedule")
    expect(shown).to_have_count(0)
    assert fleet.api.all(f"/schedules?server={server.id}") == []


def test_the_last_runs_of_a_schedule_tell_how_each_ended(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("ran", "running")
    name = f"Once {server.name}"
    lead = timedelta(seconds=20)
    due = datetime.now(UTC) + lead
    new_schedule(screen, server).name(name).zone(ZONE).action("stop").once(due, ZONE).saved()
    screen.heading_shows("Stopped", within=lead.total_seconds() + SEE_THE_END)
    shown = card(screen, name)
    expect(shown).to_contain_text("Stop succeeded", timeout=15_000)
    shown.get_by_role("button", name="Last operations").click()
    run = shown.get_by_role("listitem")
    expect(run).to_have_count(1)
    expect(run).to_contain_text("Stop succeeded")
    expect(run).to_contain_text(f"by {name}")


def test_what_is_wrong_with_a_schedule_stands_at_its_field(screen: Screen, fleet: Fleet) -> None:
    screen.watch.allow(refused(422), refused(400))
    server = fleet.add("wrong", "running")
    form = new_schedule(screen, server).zone(ZONE)
    form.save()
    expect(form.wrong("Name")).to_contain_text("name")
    form.name(f"Wrong {server.name}").cron("61 25 * * *").save()
    expect(form.wrong("Cron line")).not_to_be_empty()
    form.cron("30 18 * * 1-5")
    expect(form.page.get_by_label("Cron line")).not_to_have_attribute("aria-invalid", "true")
    form.once(datetime.now(UTC) - timedelta(hours=1), ZONE).save()
    expect(form.wrong("Date and time")).to_contain_text("has passed")
    assert fleet.api.all(f"/schedules?server={server.id}") == []


def test_leaving_a_half_written_schedule_asks_first(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("left", "running")
    new_schedule(screen, server).name("Half written")
    screen.page.get_by_role("navigation", name="Main").get_by_role("link", name="Servers").click()
    screen.confirm("Leave without saving?", "Stay")
    expect(screen.page.get_by_label("Name", exact=True)).to_have_value("Half written")
    screen.page.get_by_role("navigation", name="Main").get_by_role("link", name="Servers").click()
    screen.confirm("Leave without saving?", "Leave")
    expect(screen.page.get_by_role("heading", level=1, name="Servers")).to_be_visible()


def test_a_schedule_that_somebody_else_changed_is_not_overwritten_unasked(
    screen: Screen, fleet: Fleet
) -> None:
    screen.watch.allow(refused(412))
    server = fleet.add("both", "running")
    body = {"name": f"Both {server.name}", "timezone": ZONE, "servers": [server.id]}
    made = fleet.api.post("/schedules", {**body, "rules": stop_at(20)})
    path = f"/schedules/{made['id']}"
    screen.open(path)
    form = ScheduleForm(screen)
    expect(form.rule.get_by_label("Time", exact=True)).to_have_value("20:00")
    theirs = {"If-Match": f'"{made["revision"]}"'}
    fleet.api.call("PATCH", path, body={"rules": stop_at(21)}, headers=theirs)
    form.time("22:00").save()
    versions = screen.page.get_by_role("region", name="Two versions")
    expect(versions).to_contain_text("Somebody changed this schedule")
    differ = versions.get_by_role("row", name="Hours and actions")
    expect(differ.get_by_role("cell")).to_contain_text(
        [re.compile("Stop .*22:00.*you changed it"), re.compile("Stop .*21:00.*they changed it")]
    )
    assert fleet.api.get(path)["rules"][0]["cron"] == "0 21 * * 1-5"
    versions.get_by_role("button", name="Save mine over it").click()
    expect(screen.page.get_by_role("heading", level=1, name="Schedules")).to_be_visible()
    assert fleet.api.get(path)["rules"][0]["cron"] == "0 22 * * 1-5"


def stop_at(hour: int) -> list[dict[str, str]]:
    return [{"action": "stop", "cron": f"0 {hour} * * 1-5"}]
