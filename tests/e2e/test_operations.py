"""What became of one operation, step by step, and what a person can do about it."""

from datetime import timedelta

import psycopg
from playwright.sync_api import expect

from deploy.demo.client import patiently
from tests.e2e.fleet import Fleet, Server
from tests.e2e.installation import Installation
from tests.e2e.screen import Screen

LONG = timedelta(minutes=25)
AGED = (
    "UPDATE fleet_server SET state_since = state_since - %(by)s, transition_since = transition_since - %(by)s"
    " WHERE id = %(server)s",
    "UPDATE operations_operation SET sending_at = sending_at - %(by)s, accepted_at = accepted_at - %(by)s"
    " WHERE server_id = %(server)s AND state = 'accepted'",
)


def age(installation: Installation, server: Server, *, by: timedelta) -> None:
    """As if what the server is doing had begun earlier; the minutes until EC2 counts as stuck are long."""
    with psycopg.connect(installation.database_url) as connection:
        for statement in AGED:
            connection.execute(statement, {"by": by, "server": server.id})


def test_a_failed_start_is_followed_step_by_step_from_its_toast_and_tried_again(
    screen: Screen, fleet: Fleet
) -> None:
    server = fleet.add("again", "stopped")
    fleet.settle(start=1)
    fleet.fault(kind="failed_start", instance=server.instance, count=1)
    screen.open(f"/servers?search={server.name}").press("Start", server)
    toast = screen.toast("Start failed", server, within=20)
    toast.get_by_role("button", name="Details").click()
    expect(screen.page.get_by_role("heading", level=1, name=f"Start {server.name}")).to_be_visible()
    steps = screen.page.get_by_role("list", name="Steps").get_by_role("listitem")
    (failed,) = fleet.operations(server)
    expect(steps.first).to_contain_text("Start asked for by")
    expect(steps.last).to_contain_text(failed["detail"])
    expect(screen.page.get_by_role("button", name=f"Copy AWS request {failed['request_id']}")).to_be_visible()

    screen.page.get_by_role("button", name="Retry").click()
    expect(screen.page.get_by_role("link", name=f"Operation {failed['id']}")).to_be_visible()
    expect(screen.page.locator("main .card").first.locator(".pill")).to_have_text("Succeeded", timeout=20_000)
    expect(steps.last).to_contain_text("Succeeded")
    assert fleet.state(server)["state"] == "running"
    assert fleet.operations(server)[0]["retry_of"] == failed["id"]


def test_a_server_that_does_not_stop_is_forced_only_after_the_risk_was_accepted(
    screen: Screen, fleet: Fleet, installation: Installation
) -> None:
    server = fleet.add("hangs", "running")
    fleet.settle(stop=1)
    fleet.fault(kind="stuck", instance=server.instance, count=1)
    screen.open(f"/servers/{server.id}").press("Stop", server)
    screen.heading_shows("Stopping")
    patiently(
        lambda: fleet.operations(server)[0]["state"] == "accepted" or None, what="EC2 to accept", seconds=10
    )
    age(installation, server, by=LONG)
    banner = screen.page.get_by_role("group", name="Needs attention")
    banner.get_by_role("button", name="Force stop").click(timeout=30_000)
    dialog = screen.dialog(f"Force {server.name} to stop?")
    force = dialog.get_by_role("button", name="Force stop")
    expect(force).to_be_disabled()
    dialog.get_by_label("I accept").check()
    force.click()
    expect(dialog).to_be_hidden()
    screen.heading_shows("Stopped")
    assert fleet.state(server)["state"] == "stopped"
    assert fleet.operations(server)[0]["options"] == {"force": True, "hibernate": False}
