"""Cloud accounts connected, tested and searched in the page."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from deploy.embedded.programs import FLEET
from tests.e2e.fleet import Fleet
from tests.e2e.installation import Installation
from tests.e2e.screen import Screen
from tests.e2e.watch import refused

FIRST, OTHER = json.loads(FLEET.read_text())["accounts"]
KEY, SECRET = OTHER["keys"][0]["access_key_id"], OTHER["keys"][0]["secret_access_key"]
FREE, TAKEN = (f"arn:aws:iam::{each['id']}:role/{each['roles'][0]['name']}" for each in (FIRST, OTHER))
REGION = "us-west-2"
NAMES = ("Wrong key", "Right key", "By role")


@pytest.fixture(autouse=True)
def _none_left(installation: Installation) -> Iterator[None]:
    """What these tests connect is disconnected again."""
    yield
    api = Fleet(installation.ready).api
    for account in api.all("/accounts"):
        if account["name"] in NAMES:
            api.call("DELETE", f"/accounts/{account['id']}")


def card(screen: Screen, name: str) -> Locator:
    return screen.page.get_by_role("article", name=f"Account {name}")


def connect(screen: Screen, name: str, *, by: str, **fields: str) -> None:
    """Fill in and send the dialog."""
    screen.page.get_by_role("button", name="Add account").click()
    dialog = screen.dialog("Connect an AWS account")
    dialog.get_by_label(by).check()
    dialog.get_by_label("Name", exact=True).fill(name)
    for label, text in fields.items():
        dialog.get_by_label(label.replace("_", " ")).fill(text)
    dialog.get_by_label("Search regions").fill(REGION)
    dialog.get_by_role("checkbox", name=REGION).check()
    dialog.get_by_role("button", name="Add account").click()
    expect(dialog).to_be_hidden()


def test_a_wrong_key_is_told_in_words_and_put_right_by_editing(screen: Screen, fleet: Fleet) -> None:
    screen.open("/accounts")
    connect(screen, "Wrong key", by="Access keys", Access_key_ID=KEY, Secret_access_key=SECRET[::-1])
    shown = card(screen, "Wrong key")
    expect(shown.locator(".pill")).to_have_text("Denied", timeout=20_000)
    expect(shown.get_by_role("status")).to_contain_text(re.compile("key|credential", re.IGNORECASE))
    expect(shown).not_to_contain_text(SECRET)

    shown.get_by_role("button", name="Edit Wrong key").click()
    dialog = screen.dialog("Change Wrong key")
    dialog.get_by_label("Access key ID").fill(KEY)
    dialog.get_by_label("Secret access key").fill(SECRET)
    dialog.get_by_role("button", name="Save changes").click()
    expect(shown.locator(".pill")).to_have_text("Connected", timeout=20_000)


def test_a_connected_account_is_tested_and_searched_on_demand(screen: Screen, fleet: Fleet) -> None:
    screen.open("/accounts")
    connect(screen, "Right key", by="Access keys", Access_key_ID=KEY, Secret_access_key=SECRET)
    shown = card(screen, "Right key")
    expect(shown.locator(".pill")).to_have_text("Connected", timeout=20_000)
    expect(shown).to_contain_text(f"AWS {OTHER['id']}")
    expect(shown).to_contain_text(f"key ends in {KEY[-4:]}")
    expect(shown).to_contain_text("0 servers")
    made = next(each for each in fleet.api.all("/accounts") if each["name"] == "Right key")
    shown.get_by_role("button", name="Test Right key").click()
    shown.get_by_role("button", name="Discover Right key").click()
    expect(shown.locator(".pill")).to_have_text("Connected", timeout=20_000)

    def again() -> bool:
        """Both happened once more."""
        now = fleet.api.get(f"/accounts/{made['id']}")
        searched = now["regions"][0]["discovered_at"] > made["regions"][0]["discovered_at"]
        return searched and now["checked_at"] > made["checked_at"]

    screen.until(again)


def test_a_role_gets_its_external_id_before_it_exists_and_then_is_connected(
    screen: Screen, fleet: Fleet
) -> None:
    screen.open("/accounts")
    connect(screen, "By role", by="Role (recommended)")
    shown = card(screen, "By role")
    expect(shown.locator(".pill")).to_have_text("Needs its role")
    made = next(each for each in fleet.api.all("/accounts") if each["name"] == "By role")
    assert len(made["external_id"]) >= 16
    expect(shown.get_by_text(made["external_id"], exact=True)).to_be_visible()
    expect(shown.get_by_label("Trust policy", exact=True)).to_contain_text(made["external_id"])
    expect(shown.get_by_label("Permission policy", exact=True)).to_contain_text("ec2:StopInstances")
    shown.get_by_label("Role ARN").fill("not an arn")
    shown.get_by_role("button", name="Connect role").click()
    expect(shown).to_contain_text("A role ARN looks like")
    screen.watch.allow(refused(422))
    shown.get_by_label("Role ARN").fill(TAKEN)
    shown.get_by_role("button", name="Connect role").click()
    expect(shown).to_contain_text("belongs to an account already")
    shown.get_by_label("Role ARN").fill(FREE)
    shown.get_by_role("button", name="Connect role").click()
    expect(shown.locator(".pill")).to_have_text("Connected", timeout=20_000)


def test_deleting_an_account_asks_first(screen: Screen, fleet: Fleet) -> None:
    screen.open("/accounts")
    connect(screen, "Right key", by="Access keys", Access_key_ID=KEY, Secret_access_key=SECRET)
    shown = card(screen, "Right key")
    shown.get_by_role("button", name="Delete Right key").click()
    screen.confirm("Delete Right key?", "Cancel")
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="Delete Right key").click()
    screen.confirm("Delete Right key?", "Delete account")
    expect(shown).to_have_count(0)


def test_an_action_that_aws_refuses_is_told_once_at_its_account_until_it_is_accepted(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.sample("payments-demo")
    fleet.fault(kind="denied", instance=server.instance, action="RebootInstances", count=1)
    screen.open(f"/servers?search={server.name}").choose("Reboot", server)
    screen.toast("Reboot failed", server, within=20)
    screen.open("/accounts")
    shown = card(screen, "Sales tools")
    expect(shown.locator(".pill").first).to_have_text("Actions denied")
    refusals = shown.get_by_role("region", name="Actions AWS refuses").get_by_role("listitem")
    expect(refusals).to_have_count(1)
    expect(refusals).to_contain_text("UnauthorizedOperation")
    shown.get_by_role("button", name="Request limits").click()
    expect(shown.get_by_role("region", name="Request limits").get_by_role("row").nth(1)).to_contain_text("/s")

    screen.open(f"/servers?search={server.name}").choose("Reboot", server)
    screen.shows(server, "Rebooting")
    screen.open("/accounts")
    expect(shown.locator(".pill").first).to_have_text("Connected")
    expect(refusals).to_have_count(0)


def test_a_single_server_that_may_not_be_stopped_asks_for_attention_and_its_account_is_well(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("refused", "running")
    fleet.settle(stop=1)
    fleet.fault(kind="denied", instance=server.instance, action="StopInstances", count=1)
    screen.open(f"/servers?search={server.name}").press("Stop", server)
    screen.toast("Stop failed", server, within=20)
    expect(screen.row(server)).to_contain_text("Stop failed")
    screen.open("/accounts")
    expect(card(screen, "Platform").locator(".pill").first).to_have_text("Connected")
    screen.open(f"/servers?search={server.name}").press("Stop", server)
    screen.shows(server, "Stopped")
    expect(screen.row(server)).not_to_contain_text("Stop failed")
