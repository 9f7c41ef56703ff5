"""A real browser on the real page of a running installation. Screenshots and logs stay under var/e2e/.

The installation is one of this run's own; with RUNNING=var in the environment it is the one that `./run`
keeps there.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, ViewportSize, expect, sync_playwright

from deploy.checks import browser as chromium
from deploy.embedded import ready
from tests.e2e.fleet import Fleet
from tests.e2e.installation import Installation
from tests.e2e.screen import TOAST_RECORDER, Screen
from tests.e2e.visit import Visit
from tests.e2e.watch import CSP_LISTENER, Watch

KEPT = Path("var", "e2e")
COMMON: dict[str, Any] = {
    "viewport": ViewportSize(width=1280, height=1000),
    "timezone_id": "Europe/Berlin",
    "locale": "en-GB",
}
FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
OpenScreen = Callable[..., Screen]
failed = pytest.StashKey[bool]()
expect.set_options(timeout=10_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    item.stash[failed] = item.stash.get(failed, False) or report.failed
    return report


@pytest.fixture(scope="session")
def kept() -> Path:
    """Where the pictures of this run go; those of an earlier one are gone."""
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    return KEPT


@pytest.fixture(scope="session")
def installation(request: pytest.FixtureRequest, kept: Path) -> Iterator[Installation]:
    """What is tested; its logs outlive it."""
    if running := os.environ.get("RUNNING"):
        yield Installation(ready.read(Path(running) / "run" / "ready.json"), Path(running))
        return
    found, folder = request.getfixturevalue("cloudevy"), request.getfixturevalue("folder")
    yield Installation(found, folder / "data")
    shutil.copytree(folder / "data" / "logs", kept / "logs")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    options: dict[str, Any] = {"executable_path": chromium.find(), "args": [*FLAGS, *root]}
    with sync_playwright() as playwright, playwright.chromium.launch(**options) as found:
        yield found


@pytest.fixture(scope="session")
def session(browser: Browser, installation: Installation) -> StorageState:
    """Somebody who signed in once, in the form."""
    with browser.new_context(base_url=installation.url) as context:
        page = context.new_page()
        page.goto("/sign-in")
        Screen(page, Watch(page, installation.url)).sign_in(
            installation.ready.username, installation.ready.password
        )
        page.wait_for_url("**/servers")
        return context.storage_state()


@pytest.fixture
def fleet(installation: Installation) -> Iterator[Fleet]:
    """Servers to play with; afterwards nothing is under way."""
    fleet = Fleet(installation.ready)
    fleet.settle()
    yield fleet
    fleet.quiet()


@pytest.fixture
def open_screen(
    browser: Browser, installation: Installation, kept: Path, request: pytest.FixtureRequest
) -> Iterator[OpenScreen]:
    """Opens tabs; at the end of the test none of them may have complained."""
    opened: list[Screen] = []
    with ExitStack() as stack:

        def open_one(**options: Any) -> Screen:
            context = stack.enter_context(
                browser.new_context(**(COMMON | options), base_url=installation.url)
            )
            opened.append(tab(context, installation.url))
            return opened[-1]

        yield open_one
        if request.node.stash.get(failed, False):
            picture(opened, kept, request.node.name)
        complaints = [each for screen in opened for each in screen.watch.troubles]
    assert not complaints, "\n".join(complaints)


def tab(context: BrowserContext, url: str) -> Screen:
    context.add_init_script(CSP_LISTENER)
    context.add_init_script(TOAST_RECORDER)
    page = context.new_page()
    return Screen(page, Watch(page, url))


def picture(screens: list[Screen], kept: Path, name: str) -> None:
    """What a failed test saw last."""
    for place, screen in enumerate(screens):
        screen.page.screenshot(path=kept / "failed" / f"{name}-{place}.png")


@pytest.fixture
def stranger(open_screen: OpenScreen) -> Screen:
    """A tab in which nobody is signed in."""
    return open_screen()


@pytest.fixture
def screen(open_screen: OpenScreen, session: StorageState) -> Screen:
    """A tab of the owner."""
    return open_screen(storage_state=session)


@pytest.fixture
def visit(open_screen: OpenScreen, session: StorageState, kept: Path) -> Visit:
    """The owner's."""
    return Visit(open_screen(storage_state=session, reduced_motion="reduce"), kept)
