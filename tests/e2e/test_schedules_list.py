"""The list of schedules: what each does at a glance, running one now, and all of them as a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Locator, expect

from deploy.demo.client import Json
from tests.e2e.fleet import Fleet, Server
from tests.e2e.screen import Screen
from tests.e2e.visit import LOOKS, Visit

WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
HOURS = [{"days": WORKDAYS, "from": "08:00", "to": "20:00"}]

NOBODYS = {"name": "Nobody's hours", "timezone": "UTC", "tag_query": "team=nobody-at-all", "windows": HOURS}


def card(screen: Screen, name: str) -> Locator:
    return screen.page.get_by_role("article", name=f"Schedule {name}")


def office(fleet: Fleet, *servers: Server) -> Json:
    body = {
        "name": f"Office hours of {servers[0].name}",
        "timezone": "Asia/Kolkata",
        "servers": [server.id for server in servers],
        "windows": HOURS,
    }
    return fleet.api.post("/schedules", body)


@contextmanager
def rested(fleet: Fleet, *servers: Server) -> Iterator[Json]:
    """A schedule of these servers that does not act while a test looks; afterwards it is gone."""
    made = office(fleet, *servers)
    path = f"/schedules/{made['id']}"
    fleet.api.post(f"{path}/pause", {"reason": "A test looks"})
    try:
        yield made
    finally:
        newest = fleet.api.get(path)["revision"]
        fleet.api.call("DELETE", path, headers={"If-Match": f'"{newest}"'})


def test_a_schedule_shows_its_week_its_hours_and_why_it_is_paused(screen: Screen, fleet: Fleet) -> None:
    server = fleet.add("listed", "running")
    with rested(fleet, server) as made:
        shown = card(screen.open("/schedules"), made["name"])
        expect(shown).to_contain_text("On Mon-Fri 08:00-20:00")
        expect(shown.get_by_role("img", name="60 h on, 108 h off a week")).to_be_visible()
        expect(shown).to_contain_text("Kolkata time · 1 server")
        expect(shown).to_contain_text("A test looks")
        shown.get_by_role("link", name=f"Duplicate {made['name']}").click()
        expect(screen.page.get_by_role("heading", level=1, name="New schedule")).to_be_visible()
        expect(screen.page.get_by_label("Name", exact=True)).not_to_be_empty()


def test_the_servers_of_a_schedule_are_stopped_now_once_their_names_were_read(
    screen: Screen, fleet: Fleet
) -> None:
    servers = [fleet.add("now", "running"), fleet.add("now", "running")]
    fleet.settle(stop=1)
    with rested(fleet, *servers) as made:
        screen.open("/schedules")
        screen.page.get_by_role("button", name=f"Run now: {made['name']}").click()
        screen.page.get_by_role("menuitem", name="Stop its servers").click()
        dialog = screen.dialog("Stop 2 servers now?")
        for server in servers:
            expect(dialog.get_by_role("list", name="Servers")).to_contain_text(server.name)
        assert fleet.operations(servers[0]) == []
        dialog.get_by_label("Reason").fill("Fire drill")
        dialog.get_by_role("button", name="Stop 2 servers").click()
        expect(dialog).to_be_hidden()
        screen.until(lambda: all(fleet.state(each)["state"] == "stopped" for each in servers))
        for server in servers:
            (operation,) = fleet.operations(server)
            assert (operation["action"], operation["note"]) == ("stop", "Fire drill")
        assert fleet.api.get(f"/schedules/{made['id']}")["revision"] == made["revision"]


def test_schedules_go_out_as_a_file_and_come_back_after_a_look_at_what_changes(
    screen: Screen, fleet: Fleet, tmp_path: Path
) -> None:
    server = fleet.add("filed", "running")
    with rested(fleet, server) as made:
        screen.open("/schedules")
        with screen.page.expect_download() as download:
            screen.page.get_by_role("link", name="Export YAML").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        document = yaml.safe_load(file.read_text())
        mine = next(each for each in document["schedules"] if each["name"] == made["name"])
        mine["timezone"] = "Europe/Lisbon"
        file.write_text(yaml.safe_dump({**document, "schedules": [mine]}))

        screen.page.get_by_role("button", name="Import YAML").click()
        dialog = screen.dialog("Import schedules")
        dialog.get_by_label("File").set_input_files(file)
        dialog.get_by_role("button", name="Show what changes").click()
        changes = dialog.get_by_role("region", name="What changes")
        expect(changes).to_contain_text("1 changed")
        expect(changes.get_by_role("listitem")).to_contain_text("Europe/Lisbon")
        assert fleet.api.get(f"/schedules/{made['id']}")["timezone"] == "Asia/Kolkata"
        dialog.get_by_role("button", name="Import", exact=True).click()
        expect(dialog).to_be_hidden()
        expect(card(screen, made["name"])).to_contain_text("Lisbon time")
        assert fleet.api.get(f"/schedules/{made['id']}")["timezone"] == "Europe/Lisbon"


def test_a_wrong_document_says_where_and_changes_nothing(screen: Screen, fleet: Fleet) -> None:
    screen.watch.allow("status of 4")
    before = fleet.api.all("/schedules?page_size=200")
    screen.open("/schedules").page.get_by_role("button", name="Import YAML").click()
    dialog = screen.dialog("Import schedules")
    dialog.get_by_label("Document").fill("version: 1\nschedules: [{name: 7}]")
    dialog.get_by_role("button", name="Show what changes").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Line 2, schedule 1, name: Write this as a text.")
    expect(dialog.get_by_label("Document")).to_have_value("version: 1\nschedules: [{name: 7}]")
    assert fleet.api.all("/schedules?page_size=200") == before


@pytest.mark.parametrize("width", [1280, 360])
def test_the_list_and_its_dialogs_are_fit_to_be_seen(visit: Visit, fleet: Fleet, width: int) -> None:
    looks = [look for look in LOOKS if look[1] == width]
    page = visit.page
    with rested(fleet, fleet.add("neat", "running")) as made:
        visit.screen.open("/schedules")
        visit.see(f"schedules-list-{width}", looks=looks)
        page.get_by_role("button", name=f"Run now: {made['name']}").click()
        page.get_by_role("menuitem", name="Stop its servers").click()
        visit.screen.dialog("Stop 1 server now?").get_by_role("list", name="Servers").wait_for()
        visit.see(f"schedules-run-{width}", looks=looks, whole=False)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Import YAML").click()
        dialog = visit.screen.dialog("Import schedules")
        dialog.get_by_label("Document").fill(yaml.safe_dump({"version": 1, "schedules": [NOBODYS]}))
        dialog.get_by_role("button", name="Show what changes").click()
        expect(dialog.get_by_role("region", name="What changes")).to_contain_text("1 created")
        visit.see(f"schedules-import-{width}", looks=looks, whole=False)
    assert visit.found == []
