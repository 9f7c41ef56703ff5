"""Every screen, in both themes and at two widths: axe-core finds nothing, nothing sticks out to the side.

A picture of each is kept under var/e2e/ to look at. With PICTURES=docs/img in the environment, the one of the
README is put there.
"""

import os
from pathlib import Path

from deploy.demo.client import Json
from tests.e2e.conftest import OpenScreen
from tests.e2e.fleet import Fleet
from tests.e2e.schedule_form import ScheduleForm
from tests.e2e.visit import HEIGHTS, LOOKS, WIDE, Visit
from tests.e2e.watch import refused

MOST_BYTES = 200_000


def server_named(fleet: Fleet, name: str) -> Json:
    return fleet.api.all(f"/servers?search={name}")[0]


def test_the_sign_in_is_fit_to_be_seen(open_screen: OpenScreen, kept: Path) -> None:
    visit = Visit(open_screen(reduced_motion="reduce"), kept)
    visit.screen.watch.allow(refused(401))
    visit.screen.open("/sign-in")
    visit.see("sign-in")
    assert visit.found == []


def test_every_screen_is_fit_to_be_seen(visit: Visit, fleet: Fleet) -> None:
    server, failed = (server_named(fleet, name)["id"] for name in ("api-dev-1", "batch-2"))
    schedule = fleet.api.all(f"/schedules?server={server}")[0]["id"]
    operation = fleet.api.all(f"/operations?server={failed}")[0]["id"]
    paths = {
        "servers": "/servers",
        "no-match": "/servers?search=nothing-is-called-this",
        "server": f"/servers/{server}",
        "server-failed": f"/servers/{failed}",
        "schedules": "/schedules",
        "schedule": f"/schedules/{schedule}",
        "accounts": "/accounts",
        "activity": "/activity",
        "changes": "/activity/changes",
        "operation": f"/operations/{operation}",
        "team": "/team",
        "tokens": "/tokens",
        "nowhere": "/nowhere",
    }
    for name, path in paths.items():
        visit.screen.open(path)
        visit.see(name)
    assert visit.found == []


def test_dialogs_menus_and_errors_are_fit_to_be_seen(visit: Visit, fleet: Fleet) -> None:
    screen, page = visit.screen, visit.page
    screen.open("/accounts").page.get_by_role("button", name="Request limits").first.click()
    page.get_by_role("region", name="Request limits").get_by_role("table").wait_for()
    visit.see("limits")
    page.get_by_role("button", name="Add account").click()
    screen.dialog("Connect an AWS account").get_by_role("button", name="Add account").click()
    visit.see("dialog-account", whole=False)
    screen.open("/team").page.get_by_role("button", name="Invite").click()
    screen.dialog("Invite somebody")
    visit.see("dialog-invite", whole=False)
    screen.open("/tokens").page.get_by_role("button", name="Make token").click()
    screen.dialog("Make a token").get_by_label("What is it for").fill("Nightly build")
    visit.see("dialog-token", whole=False)
    screen.open("/schedules").page.get_by_role("button", name="Pause Nightly Shutdown").click()
    screen.dialog("Pause Nightly Shutdown?")
    visit.see("dialog-pause", whole=False)
    page.keyboard.press("Escape")
    page.get_by_role("article", name="Nightly Shutdown").get_by_role("button", name="Last operations").click()
    visit.see("schedules-runs")
    page.get_by_role("button", name="Your account and appearance").click()
    page.get_by_role("menuitem", name="Sign out").wait_for()
    visit.see("menu", whole=False)
    screen.open("/schedules/new").page.get_by_role("button", name="Create schedule").click()
    visit.see("schedule-errors")
    ScheduleForm(screen).zone_button.click()
    page.get_by_label("Search time zones").fill("eastern")
    page.get_by_role("option", name="America/New York · Eastern Time").wait_for()
    visit.see("zones", whole=False)
    assert visit.found == []


def test_servers_on_their_way_make_the_picture_of_the_readme(visit: Visit, fleet: Fleet) -> None:
    fleet.settle(stop=15, start=15)
    for action, name in (("stop", "build-runner-1"), ("start", "qa-db")):
        fleet.api.post("/operations", {"servers": [server_named(fleet, name)["id"]], "action": action})
    visit.page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})
    visit.screen.open("/servers").wait(4)
    visit.see("servers-changing", looks=LOOKS[:2], whole=False)
    assert visit.found == []
    picture = visit.folder / "servers-changing-light-1280.png"
    assert picture.stat().st_size < MOST_BYTES
    if wanted := os.environ.get("PICTURES"):
        Path(wanted).mkdir(parents=True, exist_ok=True)
        Path(wanted, "servers.png").write_bytes(picture.read_bytes())
