"""When EC2 says no, or nothing at all: what is tried again, what never is, and how it ends."""

from collections.abc import Callable

import pytest

from scheduler import look, send, sweep
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Bucket, Region, Server
from shared.operations.models import Operation
from shared.operations.states import State
from shared.schedules.models import Schedule
from simulator.world import World

New = Callable[..., Schedule]


def lost(time: Time, region: Region, server: Server, ec2: WorldEc2, action: str) -> Operation:
    """An operation whose call EC2 never answered; `ec2.silent_after` decides whether it was carried out."""
    operation = ask(server, action, time)
    send.drain(region.id, action)
    assert state(operation) == ("sending", "")
    return operation


def test_a_refusal_to_pay_attention_is_tried_again_later(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    ec2.refuse = gateway.Throttled("Request limit exceeded", code="RequestLimitExceeded")
    send.drain(region.id, "stop")
    server.refresh_from_db()
    assert (state(operation), server.transition) == (("requested", ""), "")
    assert operation.not_before > time.moment
    ec2.refuse = None
    time.forward(61)
    send.drain(region.id, "stop")
    assert state(operation) == ("accepted", "")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (gateway.Denied("no", code="UnauthorizedOperation"), "denied"),
        (gateway.Impossible("a mystery", code="OperationNotPermitted"), "refused"),
    ],
)
def test_a_no_that_is_final_ends_the_operation(
    time: Time, region: Region, server: Server, ec2: WorldEc2, error: gateway.CloudError, reason: str
) -> None:
    operation = ask(server, "stop", time)
    ec2.refuse = error
    send.drain(region.id, "stop")
    server.refresh_from_db()
    assert (state(operation), server.transition) == (("failed", reason), "")
    assert error.code in operation.detail


def test_one_unknown_id_does_not_hold_the_others_back(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    good, bad = ask(new_server("good"), "stop", time), ask(new_server("bad"), "stop", time)
    ids = frozenset({bad.server.instance_id})
    ec2.refuse = gateway.BadIds("The instance ID does not exist", ids=ids, code="InvalidInstanceID.NotFound")
    send.drain(region.id, "stop")
    ec2.refuse = None
    send.drain(region.id, "stop")
    assert (state(good), state(bad)) == (("accepted", ""), ("requested", ""))
    assert ec2.calls == [("stop", (good.server.instance_id,))]
    ec2.refuse = gateway.BadIds("The instance ID does not exist", ids=ids, code="InvalidInstanceID.NotFound")
    time.forward(10)
    send.drain(region.id, "stop")
    assert state(bad) == ("failed", "instance_not_found")


def test_a_member_that_spoils_the_call_is_found_by_halving(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    two = [ask(new_server(name), "stop", time) for name in ("a", "b")]
    ec2.refuse = gateway.Impossible("One of them is protected", code="OperationNotPermitted")
    send.drain(region.id, "stop")
    ec2.refuse = None
    send.drain(region.id, "stop")
    send.drain(region.id, "stop")
    assert [len(ids) for _, ids in ec2.calls] == [1, 1]
    assert {state(each) for each in two} == {("accepted", "")}


def test_a_call_that_was_carried_out_without_an_answer_is_not_repeated(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.silent_after = True
    operation = lost(time, region, server, ec2, "stop")
    time.forward(16)
    sweep.sweep()
    look_now(region)
    assert state(operation) == ("accepted", "")
    time.forward(10)
    look_now(region)
    assert state(operation) == ("succeeded", "end_seen")
    assert len(ec2.calls) == 1


def test_a_call_that_was_never_carried_out_is_sent_again_after_two_looks(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.refuse = gateway.Unanswered("Connection reset")
    operation = lost(time, region, server, ec2, "stop")
    ec2.refuse = None
    time.forward(10)
    look_now(region)
    assert state(operation) == ("sending", "")
    time.forward(6)
    look_now(region)
    assert state(operation) == ("requested", "")
    send.drain(region.id, "stop")
    assert (state(operation), len(ec2.calls)) == (("accepted", ""), 1)


def test_a_reboot_without_an_answer_is_never_repeated(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.silent_after = True
    operation = lost(time, region, server, ec2, "reboot")
    time.forward(16)
    look_now(region)
    assert state(operation) == ("unknown", "call_unanswered")
    send.drain(region.id, "reboot")
    assert len(ec2.calls) == 1


def test_a_worker_that_slept_through_its_lease_writes_nothing(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    intent = send.claim(region, "stop")
    assert intent is not None
    Operation.objects.filter(id=operation.id).update(state=State.REQUESTED.value, call=None)
    send.transmit(region, intent.call, lambda: None)
    assert (state(operation), ec2.calls) == (("requested", ""), [])


def test_a_frozen_process_does_not_send(time: Time, region: Region, server: Server, ec2: WorldEc2) -> None:
    guard = send.fresh(since=-1e9)
    with pytest.raises(gateway.NotSent, match="frozen"):
        guard()


def test_what_waited_past_its_grace_is_skipped(time: Time, region: Region, server: Server) -> None:
    operation = ask(server, "stop", time, grace_until=time.moment)
    time.forward(1)
    sweep.sweep()
    assert state(operation) == ("skipped", "too_late")


def test_nobody_claims_success_when_ec2_cannot_be_asked(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    ec2.refuse = gateway.Unanswered("Connection refused")
    time.forward(5)
    look_now(region)
    time.forward(21 * 60)
    sweep.sweep()
    assert state(operation) == ("unknown", "not_seen")
    region.refresh_from_db()
    assert "Connection refused" in region.look_error


def test_a_stop_that_never_ends_is_a_failure_in_the_end(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "stuck"}, now=time())
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(20 * 60 + 1)
    look_now(region)
    assert state(operation) == ("failed", "confirm_timeout")
    assert "still stopping after 20 minutes" in operation.detail


def test_a_throttled_request_makes_the_next_one_smaller_and_an_unsent_one_costs_nothing(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ask(server, "stop", time)
    ec2.refuse = gateway.NotSent("Connection refused")
    send.drain(region.id, "stop")
    bucket = Bucket.objects.get()
    assert (bucket.requests, bucket.servers) == (50, 1000)
    time.forward(10)
    ec2.refuse = gateway.Throttled("Request limit exceeded", code="RequestLimitExceeded")
    send.drain(region.id, "stop")
    bucket.refresh_from_db()
    assert (bucket.requests, bucket.servers) == (0, 0.5)


@pytest.mark.parametrize(("silent", "reason"), [(False, "not_seen"), (True, "call_unanswered")])
def test_an_operation_on_a_server_that_vanished_ends_all_the_same(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World, silent: bool, reason: str
) -> None:
    operation = ask(server, "stop", time)
    ec2.silent_after = silent
    send.drain(region.id, "stop")
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.remove(instance)
    for _ in range(22):
        time.forward(60)
        look_now(region)
        sweep.sweep()
    server.refresh_from_db()
    assert (state(operation), server.transition) == (("unknown", reason), "")


def test_no_room_until_the_grace_is_over_is_a_failure_that_says_so(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    operation = ask(new_server("off", "stopped"), "start", time)
    time.forward(60)
    ec2.refuse = gateway.NoCapacity("Insufficient capacity", code="InsufficientInstanceCapacity")
    for _ in range(20):
        send.drain(region.id, "start")
        time.forward(60)
    assert state(operation) == ("failed", "insufficient_capacity")
    assert operation.attempt > 1


def test_work_for_a_region_that_was_deleted_is_no_error(db: None) -> None:
    send.drain(4711, "stop")
    look.look_at(4711)


def test_a_permission_missing_for_one_server_does_not_fail_the_others(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    two = [ask(new_server(name), "stop", time) for name in ("a", "b")]
    ec2.refuse = gateway.Denied("You are not authorized", code="UnauthorizedOperation")
    send.drain(region.id, "stop")
    assert {state(each) for each in two} == {("requested", "")}
    send.drain(region.id, "stop")
    ec2.refuse = None
    send.drain(region.id, "stop")
    assert {state(each) for each in two} == {("failed", "denied"), ("accepted", "")}
