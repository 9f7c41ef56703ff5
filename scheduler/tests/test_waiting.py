"""What waits says why, until it is sent, and fails for that reason when its time is over."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import refusing, send, sweep
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, by_rule, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Account, Bucket, Region, Server
from shared.operations.models import Call, Operation, Step
from shared.schedules.models import Schedule
from simulator.world import World

THROTTLED = gateway.Throttled("Request limit exceeded", code="RequestLimitExceeded")
AWAY = gateway.Unreachable(
    'Could not connect to the endpoint URL: "https://ec2"', code="EndpointConnectionError"
)
NO_ROOM = gateway.NoCapacity("no m5.large here", code="InsufficientInstanceCapacity")


def waits(operation: Operation) -> tuple[str, str]:
    operation.refresh_from_db()
    return operation.waiting, operation.waiting_detail


def left(requests: float, servers: float, region: Region, time: Time) -> None:
    """So many tokens are left for stops."""
    row = Bucket(workspace=region.workspace, region=region, action="stop", refilled_at=time.moment)
    row.requests, row.servers = requests, servers
    row.save()


@pytest.mark.parametrize(
    ("action", "error", "waiting", "sentence", "reason"),
    [
        ("stop", THROTTLED, "throttled", "AWS refused the request as one too many.", "throttled"),
        ("stop", AWAY, "unreachable", "AWS cannot be reached from the scheduler: Endpoint", "unreachable"),
        ("start", NO_ROOM, "no_capacity", "EC2 has no room for this instance", "insufficient_capacity"),
        ("stop", gateway.NotNow("no", code="X"), "refused", "EC2 refused for now: X: no.", "gave_up"),
    ],
)
def test_a_refusal_for_now_is_told_while_it_waits_and_is_the_reason_when_time_is_over(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    action: str,
    error: gateway.CloudError,
    waiting: str,
    sentence: str,
    reason: str,
) -> None:
    operation = ask(new_server("s", "running" if action == "stop" else "stopped"), action, time)
    time.forward(30)
    ec2.refuse = error
    send.drain(region.id, action)
    assert waits(operation)[0] == waiting
    assert waits(operation)[1].startswith(sentence)
    step = Step.objects.get(operation=operation)
    assert (step.what, step.call_id) == ("put_off", Call.objects.get().id)
    assert step.detail.endswith(f"Trying again at {operation.not_before:%H:%M:%S} UTC.")
    time.forward(900)
    assert sweep.too_late(time.moment) == []
    sweep.sweep()
    assert state(operation) == ("failed", reason)
    assert waits(operation) == ("", "")
    assert "cannot be reached" not in operation.detail


@pytest.mark.parametrize("why", ["tokens", "not_ready"])
def test_what_had_to_wait_keeps_why_on_its_way(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, why: str
) -> None:
    server = new_server("s", "running")
    left(0 if why == "tokens" else 50, 1000, region, time)
    if why == "not_ready":
        Server.objects.update(observed_state="pending")
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    reason = waits(operation)
    assert reason[0] == why
    Server.objects.update(observed_state="running")
    time.forward(10)
    send.drain(region.id, "stop")
    assert (state(operation), waits(operation)) == (("accepted", ""), ("", ""))
    step = Step.objects.get()
    assert (step.what, step.detail, step.at) == ("waited", reason[1], operation.sending_at)


def test_what_was_refused_is_sent_when_aws_accepts_and_says_no_more_that_it_waits(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    ec2.refuse = THROTTLED
    send.drain(region.id, "stop")
    ec2.refuse = None
    time.forward(60)
    send.drain(region.id, "stop")
    assert state(operation) == ("accepted", "")
    assert waits(operation) == ("", "")


def test_the_last_try_is_made_inside_the_grace(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time, grace_until=time.moment + timedelta(seconds=90))
    Operation.objects.update(attempt=12)
    time.forward(60)
    ec2.refuse = gateway.Unreachable("away")
    for _ in range(5):
        time.forward(1)
        send.drain(region.id, "stop")
    operation.refresh_from_db()
    assert operation.state == "requested"
    assert operation.not_before <= operation.grace_until - refusing.LAST_TRY


def test_no_tokens_is_a_reason_to_wait_too(time: Time, region: Region, server: Server, ec2: WorldEc2) -> None:
    operation = ask(server, "stop", time)
    Bucket.objects.create(
        workspace=region.workspace,
        region=region,
        action="stop",
        requests=0,
        servers=0,
        refilled_at=time.moment,
    )
    send.drain(region.id, "stop")
    assert waits(operation) == (
        "tokens",
        "EC2's rate limit for this account and region leaves no room right now. "
        "It goes by itself; enter a raised limit under Accounts.",
    )
    assert (operation.not_before > time.moment, ec2.calls) == (True, [])
    assert not Step.objects.exists()


def test_a_server_on_its_way_elsewhere_is_waited_for(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Server.objects.update(observed_state="stopping")
    operation = ask(server, "start", time)
    send.drain(region.id, "start")
    assert waits(operation) == (
        "not_ready",
        "The server is still stopping; EC2 takes no other request until that is over.",
    )


def test_people_get_the_tokens_that_rules_must_leave(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    new_schedule: Callable[..., Schedule],
    ec2: WorldEc2,
) -> None:
    Bucket.objects.create(
        workspace=region.workspace,
        region=region,
        action="stop",
        requests=1,
        servers=9,
        refilled_at=time.moment,
    )
    rule = ask(new_server("a"), "stop", time)
    by_rule(new_schedule("stop", cron="0 18 * * *"))
    send.drain(region.id, "stop")
    assert (state(rule), waits(rule)[0]) == (("requested", ""), "tokens")
    person = ask(new_server("b"), "stop", time)
    send.drain(region.id, "stop")
    assert state(person) == ("accepted", "")


def test_refusals_slow_the_bucket_down_and_quiet_minutes_bring_it_back(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ask(server, "stop", time)
    ec2.refuse = THROTTLED
    send.drain(region.id, "stop")
    learned = Bucket.objects.get().learned
    assert (learned["requests_refill"], learned["servers_refill"], learned["refusals"]) == (2.5, 20, 1)
    ec2.refuse = None
    time.forward(0.35)  # enough for a token of the published rate
    Operation.objects.update(not_before=time.moment)
    send.drain(region.id, "stop")
    assert ec2.calls == []
    time.forward(300)
    send.drain(region.id, "stop")
    assert Bucket.objects.get().learned == {}


def hangs(region: Region, server: Server, time: Time, world: World) -> Operation:
    """A stop of ours that EC2 accepted and does not end."""
    world.faults.add({"kind": "stuck"}, now=time())
    stop = ask(server, "stop", time)
    send.drain(region.id, "stop")
    look_now(region)
    return stop


def test_a_start_behind_a_stop_that_hangs_says_so_when_its_time_is_over(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    hangs(region, server, time, world)
    start = ask(server, "start", time)
    send.drain(region.id, "start")
    time.forward(901)
    sweep.sweep()
    assert state(start) == ("failed", "never_ready")
    assert start.detail.startswith("The server was still stopping until its time was over.")


def test_a_start_behind_somebody_elses_stop_that_hangs_says_so_too(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    Server.objects.update(observed_state="stopping")
    start = ask(server, "start", time)
    send.drain(region.id, "start")
    time.forward(901)
    sweep.sweep()
    assert state(start) == ("failed", "never_ready")
    assert start.detail.startswith("The server was still stopping until its time was over.")


def test_what_no_limit_let_through_in_time_says_so(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    left(0, 0, region, time)
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(901)
    sweep.sweep()
    assert state(operation) == ("failed", "no_tokens")


def test_an_expired_session_is_renewed_once_without_a_word_about_the_account(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "expired", "action": "StopInstances", "count": 1}, now=time())
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert (state(operation), Account.objects.get().denied) == (("requested", ""), {})
    assert [step.what for step in Step.objects.all()] == ["new_session"]
    send.drain(region.id, "stop")
    assert state(operation) == ("accepted", "")


def test_a_session_that_is_expired_when_renewed_is_denied(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "expired", "action": "StopInstances"}, now=time())
    operation = ask(server, "stop", time)
    for _ in range(3):
        send.drain(region.id, "stop")
    assert state(operation) == ("failed", "denied")
    assert len(ec2.calls) == 2
    assert Account.objects.get().denied == {}
