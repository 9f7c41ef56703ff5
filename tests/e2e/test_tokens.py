"""API tokens made in the page: they work at once, and not a moment longer than they should."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from deploy.demo.client import Client, Refused
from tests.e2e.fleet import Fleet
from tests.e2e.installation import Installation
from tests.e2e.screen import Screen

NAME = "Nightly build"


@pytest.fixture(autouse=True)
def _none_left(installation: Installation) -> Iterator[None]:
    yield
    ready = installation.ready
    api = Client.sign_in(ready.url, email=ready.username, password=ready.password)
    for token in api.all(f"/tokens?search={NAME.replace(' ', '%20')}"):
        api.call("DELETE", f"/tokens/{token['id']}")


def test_a_token_is_made_used_and_revoked_in_the_page(screen: Screen, fleet: Fleet) -> None:
    page = screen.open("/servers").page
    page.get_by_role("button", name="Your account and appearance").click()
    page.get_by_role("menuitem", name="API tokens").click()
    expect(page.get_by_role("heading", level=1, name="API tokens")).to_be_visible()
    page.get_by_role("button", name="Make token").click()
    dialog = screen.dialog("Make a token")
    dialog.get_by_label("What is it for").fill(NAME)
    dialog.get_by_label("It may").select_option("viewer")
    dialog.get_by_role("button", name="Make token").click()
    shown = screen.dialog(f"Token {NAME} made")
    value = shown.get_by_label("Token", exact=True).inner_text()
    shown.get_by_role("button", name="I have copied it").click()
    machine = Client(fleet.api.url, value)
    assert machine.get("/me")["role"] == "viewer"
    with pytest.raises(Refused) as refusal:
        machine.post("/schedules", {"name": "No"})
    assert refusal.value.status == 403
    row = page.get_by_role("listitem").filter(has_text=NAME)
    expect(row).to_contain_text(re.compile("ends in (89|90) d"))
    expect(row).to_contain_text(value[:12])
    row.get_by_role("button", name=f"Revoke {NAME}").click()
    screen.confirm(f"Revoke {NAME}?", "Revoke token")
    expect(row).to_be_hidden()
    with pytest.raises(Refused) as refusal:
        machine.get("/me")
    assert refusal.value.status == 401
