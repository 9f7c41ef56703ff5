"""Every screen, in both themes and at two widths: axe-core finds nothing, nothing sticks out to the side.

A picture of each is kept under var/e2e/ to look at. With PICTURES=docs/img in the environment, the one of the
README is put there.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import StorageState, ViewportSize, expect

from deploy.embedded.client import Json
from tests.e2e.axe import findings
from tests.e2e.conftest import OpenScreen
from tests.e2e.fleet import Fleet
from tests.e2e.schedule_form import ScheduleForm
from tests.e2e.screen import Screen
from tests.e2e.watch import refused

HEIGHTS = {1280: 900, 360: 780}
MOST_BYTES = 200_000
look = pytest.mark.parametrize(
    ("theme", "width"), [(theme, width) for theme in ("light", "dark") for width in HEIGHTS]
)


@dataclass
class Visit:
    """One tab in one theme and width, and what was found on its way."""

    screen: Screen
    folder: Path
    mark: str

    def __post_init__(self) -> None:
        self.found: list[str] = []

    def see(self, name: str, *, whole: bool = True) -> None:
        """Judge and keep what is on screen once all of it is there."""
        page = self.screen.page
        expect(page.locator(".animate-breathe")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.found += [f"{name} is {wider} pixels too wide"] if wider > 0 else []
        self.found += findings(page)
        picture = self.folder / f"{name}-{self.mark}.png"
        if whole:
            self.unrolled(picture)
        else:
            page.screenshot(path=picture)

    def unrolled(self, picture: Path) -> None:
        """All of the page as on a very high screen; the browser's own way leaves bars in the middle."""
        page, size = self.screen.page, self.screen.page.viewport_size
        assert size
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.screenshot(path=picture)
        page.set_viewport_size(size)


@pytest.fixture
def visit(open_screen: OpenScreen, session: StorageState, kept: Path, theme: str, width: int) -> Visit:
    """The owner's tab. Colours on their way from one to another would be judged as they are: no motion."""
    return Visit(tab(open_screen, theme, width, storage_state=session), kept, f"{theme}-{width}")


def tab(open_screen: OpenScreen, theme: str, width: int, **more: object) -> Screen:
    size = ViewportSize(width=width, height=HEIGHTS[width])
    return open_screen(color_scheme=theme, viewport=size, reduced_motion="reduce", **more)


def server_named(fleet: Fleet, name: str) -> Json:
    return fleet.api.all(f"/servers?search={name}")[0]


@look
def test_the_sign_in_is_fit_to_be_seen(open_screen: OpenScreen, kept: Path, theme: str, width: int) -> None:
    visit = Visit(tab(open_screen, theme, width), kept, f"{theme}-{width}")
    visit.screen.watch.allow(refused(401))
    visit.screen.open("/sign-in")
    visit.see("sign-in")
    assert visit.found == []


@look
def test_every_screen_is_fit_to_be_seen(visit: Visit, fleet: Fleet) -> None:
    server, failed = (server_named(fleet, name)["id"] for name in ("api-dev-1", "batch-2"))
    schedule = fleet.api.all(f"/schedules?server={server}")[0]["id"]
    paths = {
        "servers": "/servers",
        "no-match": "/servers?search=nothing-is-called-this",
        "server": f"/servers/{server}",
        "server-failed": f"/servers/{failed}",
        "schedules": "/schedules",
        "schedule": f"/schedules/{schedule}",
        "accounts": "/accounts",
        "activity": "/activity",
        "nowhere": "/nowhere",
    }
    for name, path in paths.items():
        visit.screen.open(path)
        visit.see(name)
    assert visit.found == []


@look
def test_dialogs_menus_and_errors_are_fit_to_be_seen(visit: Visit, fleet: Fleet) -> None:
    screen, page = visit.screen, visit.screen.page
    screen.open("/accounts").page.get_by_role("button", name="Add account").click()
    screen.dialog("Connect an AWS account").get_by_role("button", name="Add account").click()
    visit.see("dialog-account", whole=False)
    screen.open("/schedules").page.get_by_role("button", name="Pause Nightly Shutdown").click()
    screen.dialog("Pause Nightly Shutdown?")
    visit.see("dialog-pause", whole=False)
    page.keyboard.press("Escape")
    page.get_by_role("article", name="Nightly Shutdown").get_by_role("button", name="Last runs").click()
    visit.see("schedules-runs")
    page.get_by_role("button", name="Your account and appearance").click()
    page.get_by_role("menuitem", name="Sign out").wait_for()
    visit.see("menu", whole=False)
    screen.open("/schedules/new").page.get_by_role("button", name="Create schedule").click()
    visit.see("schedule-errors")
    ScheduleForm(screen).zone_button.click()
    page.get_by_label("Search time zones").wait_for()
    visit.see("zones", whole=False)
    assert visit.found == []


def test_servers_on_their_way_make_the_picture_of_the_readme(
    open_screen: OpenScreen, session: StorageState, fleet: Fleet, kept: Path
) -> None:
    screen = tab(open_screen, "dark", 1280, storage_state=session)
    fleet.settle(stop=15, start=15)
    for action, name in (("stop", "build-runner-1"), ("start", "qa-db")):
        fleet.api.post("/operations", {"servers": [server_named(fleet, name)["id"]], "action": action})
    screen.open("/servers").wait(4)
    found = []
    for theme in ("dark", "light"):
        screen.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        visit = Visit(screen, kept, f"{theme}-1280")
        visit.see("servers-changing", whole=False)
        found += visit.found
    assert found == []
    picture = kept / "servers-changing-light-1280.png"
    assert picture.stat().st_size < MOST_BYTES
    if wanted := os.environ.get("PICTURES"):
        Path(wanted).mkdir(parents=True, exist_ok=True)
        Path(wanted, "servers.png").write_bytes(picture.read_bytes())
