"""The control endpoints: the truth out, changes in, and a sentence for what cannot be."""

import http.client
import json
import time
from typing import Any

import pytest

from simulator.tests.support import ACCOUNT, FLEET, REGION, Running, name_of

SERVER = {"id": name_of(1), "account": ACCOUNT, "region": REGION, "name": "one"}


def told(simulator: Running, method: str, path: str, body: Any = None) -> dict[str, Any]:
    status, value = simulator.control(method, path, body)
    assert status == 200, value
    return value


def test_health_tells_profile_seed_and_size(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER)
    health = told(simulator, "GET", "/_sim/health")
    assert (health["status"], health["profile"], health["servers"]) == ("ok", "test", 1)


def test_states_and_times_tell_the_truth_about_a_transition(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/settings", {"stop": 1000})
    told(simulator, "POST", "/_sim/instances", SERVER)
    simulator.client("ec2").stop_instances(InstanceIds=[name_of(1)])
    state = told(simulator, "GET", f"/_sim/states?instance={name_of(1)}")["states"][0]
    moved = told(simulator, "GET", f"/_sim/times?instance={name_of(1)}")["transitions"][0]
    assert (state["state"], state["since"], state["ends_at"]) == (
        "stopping",
        moved["begins_at"],
        moved["ends_at"],
    )
    assert moved["ends_at"] - moved["begins_at"] == pytest.approx(1000)
    assert moved["call"] == "42"


def test_states_can_be_narrowed(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER)
    told(simulator, "POST", "/_sim/instances", SERVER | {"id": name_of(2), "region": "us-east-1"})
    assert len(told(simulator, "GET", "/_sim/states")["states"]) == 2
    assert len(told(simulator, "GET", "/_sim/states?region=us-east-1")["states"]) == 1
    assert told(simulator, "GET", "/_sim/states?account=444455556666")["states"] == []


def test_the_monotonic_moments_are_this_machines(simulator: Running) -> None:
    before = time.monotonic()
    stamp = told(simulator, "GET", "/_sim/health")
    assert before <= stamp["monotonic"] <= time.monotonic()
    assert stamp["now"] == pytest.approx(time.time(), abs=1)


def test_a_server_that_is_there_gets_other_properties_and_keeps_its_state(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER | {"state": "stopped"})
    changed = SERVER | {"stop_protected": True, "name": "two", "state": "running"}
    told(simulator, "POST", "/_sim/instances", changed)
    client = simulator.client("ec2")
    shown = client.describe_instances()["Reservations"][0]["Instances"][0]
    assert (shown["State"]["Name"], shown["Tags"][0]["Value"]) == ("stopped", "two")
    read = client.describe_instance_attribute(InstanceId=name_of(1), Attribute="disableApiStop")
    assert read["DisableApiStop"]["Value"] is True


@pytest.mark.parametrize(
    ("action", "state"),
    [("stop", "stopping"), ("shutdown", "stopping"), ("terminate", "shutting-down"), ("reboot", "running")],
)
def test_somebody_else_can_act(simulator: Running, action: str, state: str) -> None:
    told(simulator, "POST", "/_sim/settings", {"stop": 1000, "terminate": 1000})
    told(simulator, "POST", "/_sim/instances", SERVER)
    told(simulator, "POST", "/_sim/outside", {"instance": name_of(1), "action": action})
    assert told(simulator, "GET", "/_sim/states")["states"][0]["state"] == state
    assert told(simulator, "GET", "/_sim/times")["transitions"][0]["by"] == "outside"
    assert told(simulator, "GET", "/_sim/ledger")["entries"] == []


def test_an_outside_stop_may_carry_any_reason_and_a_server_may_vanish(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER)
    wanted = {"instance": name_of(1), "action": "stop", "code": "Server.ScheduledStop"}
    told(simulator, "POST", "/_sim/outside", wanted)
    assert told(simulator, "GET", "/_sim/states")["states"][0]["reason"]["code"] == "Server.ScheduledStop"
    told(simulator, "POST", "/_sim/outside", {"instance": name_of(1), "action": "vanish"})
    assert told(simulator, "GET", "/_sim/states")["states"] == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"action": "plan", "code": "instance-party"}, "instance-retirement"),
        ({"action": "interrupt"}, "no Spot server"),
        ({"action": "dance"}, "shutdown"),
    ],
)
def test_what_nobody_can_do_from_outside_is_said(simulator: Running, wanted: Any, words: str) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER)
    status, value = simulator.control("POST", "/_sim/outside", {"instance": name_of(1)} | wanted)
    assert status == 400
    assert words in value["error"]


def test_ledger_and_times_are_read_in_pages(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/instances", SERVER)
    for _ in range(5):
        simulator.client("ec2").reboot_instances(InstanceIds=[name_of(1)])
    for path, key in (("ledger", "entries"), ("times", "transitions")):
        first = told(simulator, "GET", f"/_sim/{path}?limit=3")
        rest = told(simulator, "GET", f"/_sim/{path}?limit=3&since={first['last']}")
        assert [one["number"] for one in first[key] + rest[key]] == [1, 2, 3, 4, 5]
        assert (first["more"], rest["more"], rest["last"]) == (True, False, 5)
        assert told(simulator, "GET", f"/_sim/{path}?since=5")["last"] == 5
    assert len(told(simulator, "GET", "/_sim/ledger?call=42")["entries"]) == 5
    assert told(simulator, "GET", "/_sim/ledger?call=43")["entries"] == []


def test_a_reset_forgets_everything_and_may_bring_another_fleet(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/faults", {"kind": "down"})
    told(simulator, "POST", "/_sim/instances", SERVER)
    group = {"region": REGION, "count": 25, "name": "load-{n}", "state": "stopped"}
    account = FLEET["accounts"][0] | {"generate": [group]}
    told(simulator, "POST", "/_sim/reset", {"fleet": {"accounts": [account]}, "seed": 9})
    health = told(simulator, "GET", "/_sim/health")
    assert (health["servers"], health["seed"]) == (25, 9)
    assert told(simulator, "GET", "/_sim/faults")["faults"] == []
    told(simulator, "POST", "/_sim/reset", {"fleet": FLEET, "seed": 0})


def test_settings_take_numbers_parts_and_profiles(simulator: Running) -> None:
    patch = {"profile": "real", "stop": {"median": 5}, "start": 7, "limits": {"on": False}}
    shown = told(simulator, "POST", "/_sim/settings", patch)["settings"]
    assert (shown["stop"]["median"], shown["stop"]["sigma"], shown["start"]["sigma"]) == (5.0, 0.35, 0.0)
    assert (shown["limits"]["on"], shown["limits"]["strict_oversize"]) == (False, True)
    assert told(simulator, "GET", "/_sim/settings")["settings"] == shown


def test_buckets_keep_their_level_when_other_settings_change(simulator: Running) -> None:
    told(simulator, "POST", "/_sim/settings", {"limits": {"on": True}})
    told(simulator, "POST", "/_sim/instances", SERVER)
    simulator.client("ec2").stop_instances(InstanceIds=[name_of(1)])
    before = told(simulator, "GET", "/_sim/stats")["buckets"]
    told(simulator, "POST", "/_sim/settings", {"stop": 3})
    assert told(simulator, "GET", "/_sim/stats")["buckets"] == before != {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/_sim/nothing", None, 404, "/_sim/health"),
        ("GET", "/_sim/reset", None, 405, "POST"),
        ("POST", "/_sim/settings", {"stopp": 1}, 400, "stopp"),
        ("POST", "/_sim/settings", {"stop": -1}, 400, "stop"),
        ("POST", "/_sim/settings", {"limits": {"on": "yes"}}, 400, "on"),
        ("POST", "/_sim/settings", {"profile": "fast"}, 400, "demo"),
        ("POST", "/_sim/reset", {"sed": 1}, 400, "sed"),
        ("POST", "/_sim/faults", {"kind": "gremlin"}, 400, "stuck"),
        ("POST", "/_sim/faults", [1], 400, "JSON object"),
        ("POST", "/_sim/outside", {"instance": "i-1", "action": "stop"}, 400, "i-1"),
        ("POST", "/_sim/outside", {"action": "stop"}, 400, "instance"),
        ("POST", "/_sim/instances", SERVER | {"colour": "red"}, 400, "colour"),
        ("POST", "/_sim/instances", SERVER | {"state": "stopping"}, 400, "stopping"),
        ("POST", "/_sim/instances", SERVER | {"region": "atlantis"}, 400, "atlantis"),
        ("GET", "/_sim/ledger?since=yesterday", None, 400, "yesterday"),
        ("GET", "/_sim/ledger?limit=0", None, 400, "limit"),
        ("GET", "/_sim/times?limit=-1", None, 400, "limit"),
        ("POST", "/_sim/settings", {"batch_partial": "some"}, 400, "other_zones"),
        ("POST", "/_sim/settings", {"stop_while_pending": "maybe"}, 400, "accept"),
        ("POST", "/_sim/settings", {"not_found_names": "none"}, 400, "first"),
        ("POST", "/_sim/settings", {"foreign_ids": "shown"}, 400, "absent"),
        ("POST", "/_sim/clock", {"speed": 0}, 400, "more than 0"),
        ("POST", "/_sim/clock", {"forward": -1}, 400, "back"),
        ("POST", "/_sim/clock", {"backward": 1}, 400, "forward"),
        ("POST", "/_sim/faults", {"kind": "zone_down"}, 400, "zone"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    simulator: Running, method: str, path: str, body: Any, status: int, words: str
) -> None:
    answered, value = simulator.control(method, path, body)
    assert answered == status
    assert words in value["error"]


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_a_web_page_cannot_steer_it(simulator: Running, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=5)
    connection.request("POST", "/_sim/reset", "{}", headers)
    answer = connection.getresponse()
    assert answer.status == 403
    assert "web page" in json.loads(answer.read())["error"]
    connection.close()
