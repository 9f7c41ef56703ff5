"""Wishes that EC2 or the state of a server stands against: force, hibernation, unfit instances, waiting."""

import json
from typing import Any

import pytest
from django.test import Client

from api.tests.conftest import HOST, Person, make_operation, make_server
from shared.fleet.models import Region, Server
from shared.fleet.status import SHOWN
from shared.operations.models import Operation

pytestmark = pytest.mark.django_db


def ask(who: Person, *servers: Server, action: str = "stop", key: str = "", **more: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return who.post(
        "operations", {"servers": [each.id for each in servers], "action": action} | more, **headers
    )


@pytest.fixture
def page(alice: Person) -> Person:
    """Alice in her browser, without a token."""
    client = Client(raise_request_exception=False, headers={"host": HOST})
    client.force_login(alice.user)
    return Seated(alice.user, alice.workspace, "", client)


class Seated(Person):
    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def hanging(region: Region, moment: Any) -> Server:
    return make_server(region, name="hung", observed_state="stopping", stuck_since=moment)


def test_a_person_cuts_the_power_of_a_server_that_hangs(page: Person, hanging: Server) -> None:
    answer = ask(page, hanging, force=True)
    assert answer.status_code == 202, answer.content
    [made] = answer.json()["operations"]
    assert (made["options"], made["origin"]) == ({"force": True, "hibernate": False}, "person")
    assert Operation.objects.get().options == {"force": True}


def test_what_waits_for_a_hanging_server_does_not_keep_its_power_on(page: Person, hanging: Server) -> None:
    waiting = make_operation(hanging, action="start", waiting="not_ready", waiting_detail="Stopping.")
    answer = ask(page, hanging, force=True)
    assert answer.status_code == 202, answer.content
    waiting.refresh_from_db()
    assert waiting.state == "requested"


@pytest.mark.parametrize("state", ["sending", "accepted"])
def test_a_stop_that_hangs_ends_where_the_forced_one_begins(
    page: Person, hanging: Server, state: str
) -> None:
    hung = make_operation(hanging, state=state)
    Server.objects.update(transition="stopping", transition_operation=hung.id)
    assert ask(page, hanging, force=True).status_code == 202
    hung.refresh_from_db()
    assert (hung.state, hung.reason) == ("failed", "forced")
    assert hung.detail == "The stop hung, and alice@example.com forced it instead."
    assert hung.finished_at is not None
    hanging.refresh_from_db()
    assert (hanging.transition, hanging.transition_operation) == ("", None)


@pytest.mark.parametrize(
    "values",
    [
        {"action": "reboot", "state": "accepted"},
        {"state": "requested", "options": {"force": True}},
        {"state": "accepted", "options": {"force": True}},
    ],
    ids=["a reboot goes on", "force was asked for", "force is on its way"],
)
def test_power_is_not_cut_twice_nor_under_something_else(
    page: Person, hanging: Server, values: dict[str, Any]
) -> None:
    before = make_operation(hanging, **values)
    answer = ask(page, hanging, force=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "server_busy")
    before.refresh_from_db()
    assert before.state == values["state"]


def test_a_stop_is_left_alone_when_the_forced_one_is_refused(page: Person, hanging: Server) -> None:
    hung = make_operation(hanging, state="accepted")
    Server.objects.update(protected=True)
    assert ask(page, hanging, force=True).json()["code"] == "protected"
    hung.refresh_from_db()
    assert hung.state == "accepted"


def test_a_token_may_not_cut_the_power(alice: Person, hanging: Server) -> None:
    answer = ask(alice, hanging, force=True)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "signed in" in answer.json()["detail"]
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"observed_state": "running"},
        {"observed_state": "stopping"},
        {"observed_state": "pending", "stuck_since": "now"},
    ],
    ids=["it runs", "it stops, not for long", "it hangs while starting"],
)
def test_the_power_of_a_server_that_does_not_hang_stays_on(
    page: Person, region: Region, moment: Any, values: dict[str, Any]
) -> None:
    values = values | {"stuck_since": moment} if "stuck_since" in values else values
    answer = ask(page, make_server(region, **values), force=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_stuck")


def test_only_a_server_launched_with_hibernation_hibernates(alice: Person, region: Region) -> None:
    able = make_server(region, flags={"hibernation": True})
    unable = make_server(region, name="plain")
    answer = ask(alice, able, unable, hibernate=True).json()
    assert answer["operations"][0]["options"] == {"force": False, "hibernate": True}
    [refused] = answer["refused"]
    assert (refused["server"], refused["code"]) == (unable.id, "not_hibernatable")
    assert "plain" in refused["detail"]


@pytest.mark.parametrize(
    ("flags", "action", "words"),
    [
        ({"asg": "web"}, "stop", "Auto Scaling"),
        ({"root_device_type": "instance-store"}, "start", "instance store"),
        ({"operator_managed": True}, "reboot", "AWS runs this server"),
        ({"lifecycle": "capacity-block"}, "stop", "capacity-block"),
    ],
)
def test_what_ec2_never_does_is_refused_with_the_reason(
    alice: Person, region: Region, flags: dict[str, Any], action: str, words: str
) -> None:
    answer = ask(alice, make_server(region, flags=flags), action=action, queue=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "unsupported_instance")
    assert words in answer.json()["detail"]


def test_what_a_restriction_allows_goes(alice: Person, region: Region) -> None:
    assert ask(alice, make_server(region, flags={"asg": "web"}), action="reboot").status_code == 202
    assert ask(alice, make_server(region, flags={"lifecycle": "spot"})).status_code == 202


@pytest.mark.parametrize(
    ("state", "action"), [("stopping", "start"), ("pending", "stop"), ("pending", "reboot")]
)
def test_whoever_queues_waits_for_a_state_that_passes(
    alice: Person, region: Region, state: str, action: str
) -> None:
    server = make_server(region, observed_state=state)
    answer = ask(alice, server, action=action)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert "or queue it." in answer.json()["detail"]
    assert f"is {SHOWN[state]}, so" in answer.json()["detail"]
    assert ask(alice, server, action=action, queue=True).status_code == 202


@pytest.mark.parametrize("state", ["stopping", "stopped"])
def test_no_queue_makes_a_server_that_is_off_reboot(alice: Person, region: Region, state: str) -> None:
    answer = ask(alice, make_server(region, observed_state=state), action="reboot", queue=True)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_a_server_that_has_left_is_gone(alice: Person, region: Region, moment: Any) -> None:
    answer = ask(alice, make_server(region, left_at=moment))
    assert (answer.status_code, answer.json()["code"]) == (409, "server_gone")


def test_a_key_with_another_option_is_a_conflict(alice: Person, region: Region) -> None:
    server = make_server(region, flags={"hibernation": True})
    ask(alice, server, key="k1")
    again = ask(alice, server, key="k1", hibernate=True)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_conflict")


def test_a_busy_server_is_refused_as_busy_before_its_state(alice: Person, region: Region) -> None:
    server = make_server(region, observed_state="stopping")
    make_operation(server, state="accepted")
    assert ask(alice, server, action="start").json()["code"] == "server_busy"
    assert ask(alice, server, action="start", queue=True).status_code == 202
