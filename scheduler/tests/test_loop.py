"""From a due rule to the end that was seen, against a world with EC2's rules and transition times."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import fire, send
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Call, Operation
from shared.people.models import User
from shared.schedules.models import Rule, Schedule
from simulator.world import World

New = Callable[..., Schedule]


def test_a_scheduled_stop_from_due_to_seen(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    new_schedule: New,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05", name="Nightly Shutdown")
    time.forward(5)
    fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    operation = Operation.objects.get()
    server.refresh_from_db()
    assert state(operation) == ("accepted", "")
    assert (server.observed_state, server.transition) == ("stopping", "stopping")
    time.forward(5)
    look_now(region)
    assert state(operation) == ("accepted", "")
    time.forward(20)
    look_now(region)
    server.refresh_from_db()
    assert state(operation) == ("succeeded", "end_seen")
    assert (server.observed_state, server.transition, server.transition_operation) == ("stopped", "", None)
    assert list(Observation.objects.order_by("asked_at").values_list("before", "after")) == [
        ("running", "stopping"),
        ("stopping", "stopped"),
    ]


def test_one_request_carries_all_servers_of_a_region(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, new_schedule: New
) -> None:
    three = [new_server(name) for name in ("a", "b", "c")]
    new_schedule("stop", *three, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    assert [(action, len(ids)) for action, ids in ec2.calls] == [("stop", 3)]
    assert Call.objects.get().outcome == "accepted"


def test_sending_twice_asks_ec2_once(time: Time, region: Region, server: Server, ec2: WorldEc2) -> None:
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    send.drain(region.id, "stop")
    assert len(ec2.calls) == 1


def test_a_server_already_there_is_not_asked(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    operation = ask(new_server("off", "stopped"), "stop", time)
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("skipped", "already_in_state"), [])


def test_old_knowledge_is_not_trusted_and_ec2s_answer_settles_it(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    server = new_server("off", "stopped")
    time.forward(60)
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert (state(operation), len(ec2.calls)) == (("succeeded", "already_in_state"), 1)


def test_a_start_that_falls_back_is_a_failure_with_ec2s_reason(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, world: World
) -> None:
    server = new_server("off", "stopped")
    time.forward(60)
    operation = ask(server, "start", time)
    world.faults.add({"kind": "failed_start"}, now=time())
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    server.refresh_from_db()
    assert state(operation) == ("failed", "failed_start")
    assert "error on launch" in operation.detail
    assert (server.observed_state, server.transition) == ("stopped", "")
    assert "error on launch" in server.state_reason


def test_a_reboot_is_proven_by_its_dip(time: Time, region: Region, server: Server, ec2: WorldEc2) -> None:
    operation = ask(server, "reboot", time)
    send.drain(region.id, "reboot")
    server.refresh_from_db()
    assert (server.observed_state, server.transition) == ("running", "rebooting")
    for _ in range(30):
        time.forward(1)
        look_now(region)
    assert state(operation) == ("succeeded", "reboot_seen")
    assert operation.dipped_at is not None


def test_a_start_waits_for_a_server_that_is_stopping(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    stop = ask(server, "stop", time)
    send.drain(region.id, "stop")
    start = ask(server, "start", time)
    send.drain(region.id, "start")
    assert state(start) == ("requested", "")  # the server is busy
    time.forward(20)
    look_now(region)
    assert state(stop) == ("succeeded", "end_seen")
    send.drain(region.id, "start")
    assert state(start) == ("accepted", "")


def test_people_go_before_rules(
    time: Time, region: Region, server: Server, ec2: WorldEc2, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    mine = ask(server, "stop", time, author=alice)
    send.drain(region.id, "stop")
    assert state(mine) == ("accepted", "")
    assert Operation.objects.get(origin="rule").state == "requested"


def test_a_reboot_is_proven_although_our_knowledge_of_the_checks_was_old(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Server.objects.update(checks="initializing")
    operation = ask(server, "reboot", time)
    send.drain(region.id, "reboot")
    for _ in range(30):
        time.forward(1)
        look_now(region)
    assert state(operation) == ("succeeded", "reboot_seen")


def test_a_rule_that_was_put_off_does_not_undo_what_was_decided_since(
    time: Time, region: Region, server: Server, ec2: WorldEc2, new_schedule: New
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    Operation.objects.update(not_before=time.moment + timedelta(seconds=60))
    time.forward(20)
    since = ask(server, "start", time)
    send.drain(region.id, "start")
    assert state(since) in (("accepted", ""), ("succeeded", "already_in_state"))
    time.forward(60)
    look_now(region)
    send.drain(region.id, "stop")
    assert state(Operation.objects.get(action="stop")) == ("skipped", "superseded_by_manual")


@pytest.mark.parametrize("first", ["start", "stop"])
def test_at_one_instant_start_wins_although_the_two_were_fired_apart(
    time: Time, region: Region, server: Server, ec2: WorldEc2, new_schedule: New, first: str
) -> None:
    for action in ("start", "stop"):
        new_schedule(action, server, at="2026-11-23T12:00:05")
    time.forward(5)
    due = time.moment
    for action in (first, "stop" if first == "start" else "start"):
        Rule.objects.filter(action=action).update(next_run_at=due)
        Rule.objects.exclude(action=action).update(next_run_at=None)
        fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    assert state(Operation.objects.get(action="stop")) == ("skipped", "conflict")


def test_what_one_person_asked_first_goes_first(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    first = ask(server, "stop", time)
    time.forward(1)
    second = ask(server, "start", time)
    send.drain(region.id, "start")
    assert state(second) == ("requested", "")
    send.drain(region.id, "stop")
    assert state(first) == ("accepted", "")


def test_nothing_is_sent_to_a_region_that_is_switched_off(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    Region.objects.update(enabled=False)
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("skipped", "account_disabled"), [])
