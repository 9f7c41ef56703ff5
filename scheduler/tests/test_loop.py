"""From a due rule to the end that was seen, against a world with EC2's rules and transition times."""

from collections.abc import Callable
from typing import Any

import pytest

from scheduler import fire, look, send, sweep
from scheduler.ec2 import gateway
from scheduler.observe import Sight, observe
from scheduler.tests.conftest import Time, WorldEc2
from shared import broker
from shared.fleet.models import Bucket, Observation, Region, Server
from shared.operations.models import Call, Operation
from shared.operations.states import GRACE, State
from shared.people.models import User
from shared.schedules.models import Schedule
from simulator.world import World

New = Callable[..., Schedule]


def ask(server: Server, action: str, time: Time, **fields: Any) -> Operation:
    """A person's request, as the API leaves it."""
    now = time.moment
    return Operation.objects.create(
        workspace=server.workspace,
        server=server,
        action=action,
        origin="person",
        due_at=now,
        grace_until=fields.pop("grace_until", now + GRACE[action]),
        not_before=now,
        requested_at=now,
        **fields,
    )


def look_now(region: Region) -> None:
    Region.objects.filter(id=region.id).update(next_look_at=None, look_lease_until=None)
    look.look_at(region.id)


def state(operation: Operation) -> tuple[str, str]:
    operation.refresh_from_db()
    return operation.state, operation.reason


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
        (gateway.Impossible("protected", code="OperationNotPermitted"), "refused"),
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
    assert (state(good), state(bad)) == (("accepted", ""), ("failed", "instance_not_found"))
    assert ec2.calls == [("stop", (good.server.instance_id,))]


def test_a_member_that_spoils_the_call_is_found_by_sending_alone(
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


def lost(time: Time, region: Region, server: Server, ec2: WorldEc2, action: str) -> Operation:
    """An operation whose call EC2 never answered; `ec2.silent_after` decides whether it was carried out."""
    operation = ask(server, action, time)
    send.drain(region.id, action)
    assert state(operation) == ("sending", "")
    return operation


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
    call = send.claim(region, "stop")
    assert call is not None
    Operation.objects.filter(id=operation.id).update(state=State.REQUESTED.value, call=None)
    send.transmit(region, call)
    assert state(operation) == ("requested", "")


def test_a_frozen_process_does_not_send(time: Time, region: Region, server: Server, ec2: WorldEc2) -> None:
    guard = send.fresh(since=-1e9)
    with pytest.raises(gateway.NotSent, match="frozen"):
        guard()


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
    assert region.look_error == "Connection refused"


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


def test_an_older_answer_never_replaces_a_newer_one(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    early = time.moment
    later = time.forward(10)
    observe(region, [Sight(server.instance_id, "stopped", "", later)], asked_at=later, dated=True)
    observe(region, [Sight(server.instance_id, "running", "ok", early)], asked_at=early, dated=True)
    server.refresh_from_db()
    assert (server.observed_state, server.observed_at) == ("stopped", later)


def test_an_outside_change_is_seen_and_told_as_not_ours(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.outside(instance, "stop")
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.observed_state == "stopped"
    assert Observation.objects.get().after == "stopped"
    assert Operation.objects.count() == 0


def test_an_unchanged_region_costs_no_writes_to_servers(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    before = server.observed_at
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert (server.observed_at, region.looked_at) == (before, time.moment)


def test_a_server_ec2_does_not_show_is_absent_and_comes_back(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.remove(instance)
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.missing_since == time.moment
    world.add(instance)
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert server.missing_since is None


def test_two_workers_do_not_look_at_one_region_at_once(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Region.objects.update(look_lease_until=time.moment + look.LEASE)
    look.look_at(region.id)
    region.refresh_from_db()
    assert region.looked_at is None


def test_an_unreadable_region_changes_nothing_and_says_so_once(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.refuse = gateway.Denied("You are not authorized", code="UnauthorizedOperation")
    look_now(region)
    look_now(region)
    server.refresh_from_db()
    region.refresh_from_db()
    assert (server.observed_state, server.missing_since) == ("running", None)
    assert (region.look_failures, region.look_error) == (2, "You are not authorized")
    assert region.next_look_at is not None
    assert region.next_look_at > time.moment


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


def test_after_acceptance_somebody_will_look_soon(
    time: Time, region: Region, server: Server, ec2: WorldEc2, knocks: list[tuple[str, dict[str, object]]]
) -> None:
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert (broker.LOOK_AT_REGION, {"region": region.id}) in knocks


def test_after_a_start_the_new_address_is_asked_for(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    server = new_server("off", "stopped")
    time.forward(60)
    ask(server, "start", time)
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    region.refresh_from_db()
    assert region.wanted_discover_at == time.moment


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
