"""Getting in and out."""

from playwright.sync_api import expect

from tests.e2e.installation import Installation
from tests.e2e.screen import Screen
from tests.e2e.watch import refused

DEMO = ("api-dev-1", "web-stage", "qa-db", "batch-2", "build-runner-1", "crm-test", "analytics-sandbox")


def test_a_wrong_password_says_so_and_lets_nobody_in(stranger: Screen, installation: Installation) -> None:
    stranger.watch.allow(refused(400), refused(401))
    stranger.open("/servers")
    stranger.sign_in(installation.ready.username, "not the password")
    expect(stranger.page.get_by_role("alert")).to_contain_text("password is not right")
    expect(stranger.page.get_by_role("heading", name="Sign in to Cloudevy")).to_be_visible()


def test_signing_in_shows_the_sample_servers_and_signing_out_ends_it(
    stranger: Screen, installation: Installation
) -> None:
    stranger.watch.allow(refused(401))
    stranger.open("/")
    stranger.sign_in(installation.ready.username, installation.ready.password)
    expect(stranger.page.get_by_role("heading", level=1, name="Servers")).to_be_visible()
    for name in DEMO:
        expect(stranger.row(name)).to_be_visible()
    stranger.sign_out()
    expect(stranger.page.get_by_role("heading", name="Sign in to Cloudevy")).to_be_visible()
    stranger.open("/servers")
    expect(stranger.page.get_by_role("heading", name="Sign in to Cloudevy")).to_be_visible()


def test_signing_in_leads_to_the_page_that_was_asked_for(
    stranger: Screen, installation: Installation
) -> None:
    stranger.watch.allow(refused(401))
    stranger.open("/schedules")
    stranger.sign_in(installation.ready.username, installation.ready.password)
    expect(stranger.page.get_by_role("heading", level=1, name="Schedules")).to_be_visible()


def test_the_keyboard_alone_signs_in(stranger: Screen, installation: Installation) -> None:
    stranger.watch.allow(refused(401))
    stranger.open("/sign-in")
    expect(stranger.page.get_by_label("E-mail")).to_be_focused()
    keyboard = stranger.page.keyboard
    keyboard.type(installation.ready.username)
    keyboard.press("Tab")
    keyboard.type(installation.ready.password)
    keyboard.press("Enter")
    expect(stranger.page.get_by_role("heading", level=1, name="Servers")).to_be_visible()
