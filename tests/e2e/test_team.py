"""People join, lose their way in and leave, in the page; with real browsers on both sides."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import OpenScreen
from tests.e2e.fleet import Fleet
from tests.e2e.screen import Screen
from tests.e2e.watch import refused

EMAIL = "ivy@example.com"
POWER = re.compile("^(Start|Stop) ")
FIRST, SECOND = "correct horse battery", "another horse battery"


@pytest.fixture
def team(screen: Screen) -> Iterator[Screen]:
    """The owner's page of the team; Ivy is gone from it afterwards."""
    yield screen.open("/team")
    page = screen.open("/team").page
    expect(page.get_by_role("list", name="Members")).to_be_visible()
    for button in (page.get_by_role("button", name=f"Take back the link for {EMAIL}"), removal(screen)):
        if button.is_visible():
            button.click()
            if screen.page.get_by_role("dialog").is_visible():
                screen.confirm("Remove Ivy?", "Remove from the team")
            expect(button).to_be_hidden()


def removal(screen: Screen) -> Locator:
    return screen.page.get_by_role("button", name="Remove Ivy")


def link(screen: Screen) -> str:
    """The address in the dialog that shows it once."""
    dialog = screen.dialog(f"Link for {EMAIL}")
    address = dialog.get_by_label("Link", exact=True).inner_text()
    dialog.get_by_role("button", name="I have copied it").click()
    expect(dialog).to_be_hidden()
    return address


def use(visitor: Screen, address: str, *, button: str, password: str, name: str = "") -> None:
    visitor.open(address)
    if name:
        visitor.page.get_by_label("Your name").fill(name)
    visitor.page.get_by_label("Password").fill(password)
    visitor.page.get_by_role("button", name=button).click()
    expect(visitor.page.get_by_role("heading", level=1, name="Servers")).to_be_visible()


def test_somebody_joins_forgets_the_password_and_leaves(
    team: Screen, open_screen: OpenScreen, fleet: Fleet
) -> None:
    page = team.page
    page.get_by_role("button", name="Invite").click()
    dialog = team.dialog("Invite somebody")
    dialog.get_by_label("E-mail").fill(EMAIL)
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_role("button", name="Make a link").click()
    address = link(team)
    assert address not in page.content()

    ivy = open_screen()
    for status in (401, 410, 400):
        ivy.watch.allow(refused(status))
    ivy.open(address)
    expect(ivy.page.get_by_text("invites you to default as viewer")).to_be_visible()
    use(ivy, address, button="Join", password=FIRST, name="Ivy")
    expect(ivy.page.get_by_role("button", name=POWER)).to_have_count(0)

    page.reload()
    role = page.get_by_label("Role of Ivy")
    role.select_option("operator")
    expect(role).to_have_value("operator")
    ivy.open("/servers")
    expect(ivy.page.get_by_role("button", name=POWER).first).to_be_visible()

    page.get_by_role("button", name="New password for Ivy").click()
    address = link(team)
    use(ivy, address, button="Set the password", password=SECOND)
    ivy.sign_out()
    ivy.sign_in(EMAIL, FIRST)
    expect(ivy.page.get_by_role("alert")).to_be_visible()
    ivy.sign_in(EMAIL, SECOND)
    expect(ivy.page.get_by_role("heading", level=1, name="Servers")).to_be_visible()
    ivy.open(address)
    expect(ivy.page.get_by_text("This link was used")).to_be_visible()

    page.reload()
    removal(team).click()
    team.confirm("Remove Ivy?", "Remove from the team")
    expect(removal(team)).to_be_hidden()
    assert [each["email"] for each in fleet.api.all("/team")] == ["admin@example.com"]
