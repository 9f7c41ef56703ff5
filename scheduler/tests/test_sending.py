"""What is sent and what is not: options, force, unfit instances, workers that froze or were overtaken."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from api.schedules import saving
from scheduler import fire, outcome, send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, by_rule, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.tests.test_waiting import THROTTLED, waits
from shared.fleet.models import Bucket, Region, Server
from shared.operations import asking
from shared.operations.asking import Asker
from shared.operations.models import Call, Operation, Step
from shared.operations.wishes import Wish
from shared.people.models import User
from shared.schedules.models import Schedule
from shared.schedules.services import Draft
from simulator.world import World


def unheard(task: str, **ids: int | str) -> None:
    """A knock at no door."""


def test_a_frozen_worker_writes_so_and_gives_its_tokens_back(
    time: Time, region: Region, server: Server, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = ask(server, "stop", time)
    monkeypatch.setattr(send, "STALE_SECONDS", -1.0)
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("requested", ""), [])
    step = Step.objects.get()
    assert (step.what, "frozen" in step.detail) == ("frozen", True)
    assert (Bucket.objects.get().requests, Bucket.objects.get().servers) == (50, 1000)
    assert operation.not_before <= time.moment + timedelta(seconds=1)


def test_a_database_that_needs_long_to_write_the_intent_keeps_nothing_from_being_sent(
    time: Time, region: Region, server: Server, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = ask(server, "stop", time)
    mark, slept = send.mark, [0.0]

    def slowly(rows: list[Operation], call: Call, *, now: datetime) -> None:
        mark(rows, call, now=now)
        slept[0] = 20.0
        time.forward(20)

    monkeypatch.setattr(send, "mark", slowly)
    monkeypatch.setattr(send, "boot_clock", lambda: slept[0])
    send.drain(region.id, "stop")
    call = Call.objects.get()
    assert state(operation) == ("accepted", "")
    assert (call.sent_at, call.lease_until) == (time.moment, time.moment + send.LEASE)


def test_a_sender_that_dies_is_looked_for_when_its_lease_ends(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Region.objects.update(next_look_at=time.moment + timedelta(seconds=60))
    ask(server, "stop", time)
    intent = send.claim(region, "stop")
    region.refresh_from_db()
    assert intent is not None
    assert region.next_look_at == intent.call.lease_until == time.moment + send.LEASE


@pytest.mark.parametrize("what", ["accepted", "refused", "unanswered"])
def test_a_worker_that_was_overtaken_changes_no_operation(
    time: Time, region: Region, server: Server, ec2: WorldEc2, what: str
) -> None:
    operation = ask(server, "stop", time)
    intent = send.claim(region, "stop")
    assert intent is not None
    call = intent.call
    rows = send.carried(call)
    other = Call.objects.create(
        workspace=region.workspace, region=region, action="stop", sent_at=time.moment, lease_until=time.moment
    )
    Operation.objects.update(call=other)
    answer = gateway.Answer("req", {server.instance_id: "stopped"})
    if what == "accepted":
        outcome.accepted(region, call, rows, answer)
    else:
        error = THROTTLED if what == "refused" else gateway.Unanswered("reset")
        outcome.refused(region, call, rows, error)
    operation.refresh_from_db()
    assert (operation.state, operation.call_id, operation.accepted_at) == ("sending", other.id, None)
    assert not Step.objects.exists()


EDITS: dict[str, Callable[[Schedule, datetime], None]] = {
    "paused": lambda schedule, now: saving.pause(schedule, reason="", until=None, now=now),
    "deleted": lambda schedule, now: saving.delete(schedule, revision=None, now=now),
    "off": lambda schedule, now: saving.change(schedule, Draft(enabled=False), revision=None, now=now),
    "observes": lambda schedule, now: saving.change(schedule, Draft(mode="observe"), revision=None, now=now),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_ec2_refused_for_now_is_not_sent_once_its_schedule_was_changed(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    new_schedule: Callable[..., Schedule],
    edit: str,
) -> None:
    schedule = new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    intent = send.claim(region, "stop")
    assert intent is not None
    EDITS[edit](schedule, time.moment)
    outcome.refused(region, intent.call, send.carried(intent.call), THROTTLED)
    operation = Operation.objects.get()
    assert state(operation) == ("requested", "")
    time.forward(60)
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("cancelled", "schedule_changed"), [])


def test_a_forced_stop_goes_before_a_stop_that_was_queued(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    server = new_server("hung", "stopping")
    Server.objects.update(stuck_since=time.moment)
    queued = ask(server, "stop", time)
    time.forward(5)
    forced = ask(server, "stop", time, options={"force": True})
    send.drain(region.id, "stop")
    assert (state(queued), state(forced)) == (("requested", ""), ("accepted", ""))


def test_a_forced_stop_that_waited_until_the_server_no_longer_hung_is_not_sent(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time, options={"force": True})
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("skipped", "not_stuck"), [])


def test_a_schedules_start_that_waits_behind_a_hang_goes_after_the_forced_stop(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    new_schedule: Callable[..., Schedule],
) -> None:
    server = new_server("hung", "stopping")
    Server.objects.update(stuck_since=time.moment)
    start = ask(server, "start", time)
    by_rule(new_schedule("start", server, cron="0 8 * * *"))
    time.forward(5)
    ask(server, "stop", time, options={"force": True})
    for action in ("start", "stop", "start"):
        send.drain(region.id, action)
    assert (state(start), ec2.options) == (("requested", ""), [{"force": True}])


def test_a_forced_stop_goes_out_to_a_server_that_hangs_in_stopping(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "stuck"}, now=time())
    first = ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(20 * 60 + 1)
    look_now(region)
    assert state(first) == ("failed", "confirm_timeout")
    waiting = ask(server, "start", time)
    send.drain(region.id, "start")
    assert waits(waiting)[0] == "not_ready"
    forced = ask(server, "stop", time, options={"force": True})
    send.drain(region.id, "stop")
    assert state(forced) == ("accepted", "")
    assert Call.objects.order_by("-id")[0].options == {"force": True}
    assert ec2.options == [{}, {"force": True}]


def test_a_forced_stop_does_not_wait_for_the_retry_that_hangs(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World, alice: User
) -> None:
    world.faults.add({"kind": "stuck"}, now=time())
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(20 * 60 + 1)
    look_now(region)
    again = ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert state(again) == ("accepted", "")
    wish, by = Wish([server.id], "stop", force=True), Asker(region.workspace, alice)
    asking.request(wish, by=by, key=None, knock=unheard, now=time.moment)
    send.drain(region.id, "stop")
    assert state(again) == ("failed", "forced")
    forced = Operation.objects.get(options__force=True)
    assert state(forced) == ("accepted", "")
    assert Server.objects.get().transition_operation == forced.id
    assert ec2.options == [{}, {}, {"force": True}]


@pytest.mark.parametrize("origin", ["rule", "person"])
def test_what_the_instance_can_never_be_asked_is_not_sent(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    new_schedule: Callable[..., Schedule],
    origin: str,
) -> None:
    Server.objects.update(flags={"lifecycle": "capacity-block"})
    operation = ask(server, "stop", time)
    if origin == "rule":
        by_rule(new_schedule("stop", server, cron="0 18 * * *"))
    send.drain(region.id, "stop")
    assert (state(operation), ec2.calls) == (("skipped", "lifecycle"), [])
    assert "capacity-block" in operation.detail


def test_calls_carry_one_set_of_options_each(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, world: World
) -> None:
    wishes = [{}, {"hibernate": True}, {"hibernate": False}, {"force": True}, {"hibernate": True}]
    for number, options in enumerate(wishes):
        server = new_server(f"s{number}")
        Server.objects.filter(id=server.id).update(stuck_since=time.moment if "force" in options else None)
        ask(server, "stop", time, options=options)
    for instance in world.everything():
        instance.hibernation = True
    for _ in range(4):
        send.drain(region.id, "stop")
    assert [(len(ids), options) for (_, ids), options in zip(ec2.calls, ec2.options, strict=True)] == [
        (1, {"force": True}),
        (2, {}),
        (2, {"hibernate": True}),
    ]
