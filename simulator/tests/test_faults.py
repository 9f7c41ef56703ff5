"""Scripted faults: whom they strike, how often, and what they do to the world."""

from typing import Any

import pytest

from simulator.describe import Question, instances
from simulator.errors import AwsError
from simulator.faults import ERRORS, KINDS, UnknownFaultError
from simulator.tests.support import CALLER, START, STOP, Running, Time, name_of, server, states, world_of
from simulator.world import World

ONE = [name_of(1)]


def script(world: World, kind: str, **fault: Any) -> None:
    world.faults.add({"kind": kind, **fault}, now=world.clock())


def outcome(world: World, number: int = 1) -> str:
    try:
        world.reboot(CALLER, [name_of(number)])
    except AwsError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("throttle", "RequestLimitExceeded", 503),
        ("error_500", "InternalError", 500),
        ("error_503", "Unavailable", 503),
        ("denied", "UnauthorizedOperation", 403),
        ("zone_down", "Unavailable", 503),
        ("error", "InternalError", 400),
        ("expired", "RequestExpired", 400),
        ("skewed", "RequestExpired", 400),
    ],
)
def test_an_error_fault_answers_as_aws_without_effect(time: Time, kind: str, code: str, status: int) -> None:
    world = world_of(time, server(1))
    script(world, kind, zone="eu-central-1a")
    with pytest.raises(AwsError, match=f"^{code}") as refused:
        world.stop(CALLER, ONE)
    assert refused.value.status == status
    assert states(world, 1) == ["running"]


def test_a_fault_strikes_as_often_as_told_after_what_it_skips(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "error_500", skip=1, count=2)
    assert [outcome(world) for _ in range(4)] == ["ok", "InternalError", "InternalError", "ok"]


def test_a_fault_ends_with_its_duration(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "error_503", duration=10)
    time.pass_by(9.9)
    assert outcome(world) == "Unavailable"
    time.pass_by(0.2)
    assert outcome(world) == "ok"


def test_a_fault_with_a_probability_strikes_some_calls(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "error_500", probability=0.3)
    struck = [outcome(world) for _ in range(200)].count("InternalError")
    assert 30 < struck < 90


@pytest.mark.parametrize(
    "only",
    [
        {"account": "444455556666"},
        {"region": "us-east-1"},
        {"action": "StopInstances"},
        {"instance": name_of(2)},
    ],
)
def test_a_fault_strikes_only_what_it_names(time: Time, only: dict[str, str]) -> None:
    world = world_of(time, server(1))
    script(world, "error_500", **only)
    assert outcome(world) == "ok"


def test_a_fault_on_one_server_strikes_a_call_that_names_it(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    script(world, "denied", instance=name_of(2))
    assert [outcome(world, number) for number in (1, 2)] == ["ok", "UnauthorizedOperation"]


def test_a_failed_start_falls_back_to_stopped_with_its_reason(time: Time) -> None:
    world = world_of(time, server(1, "stopped"), server(2, "stopped"))
    script(world, "failed_start", instance=name_of(1))
    script(world, "failed_start", instance=name_of(2), code="Server.InsufficientInstanceCapacity")
    changes = world.start(CALLER, [name_of(1), name_of(2)])
    assert [(c.after, c.ends_as) for c in changes] == [("pending", "stopped")] * 2
    time.pass_by(START)
    reasons = []
    for number in (1, 2):
        instance = world.instance(name_of(number))
        assert instance is not None
        view = instance.view(time())
        assert view.reason is not None
        assert view.state == "stopped"
        reasons.append(view.reason.code)
    assert reasons == ["Client.InternalError", "Server.InsufficientInstanceCapacity"]


def test_a_stuck_stop_stays_stopping(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    script(world, "stuck", instance=name_of(1))
    world.stop(CALLER, [name_of(1), name_of(2)])
    time.pass_by(100_000)
    assert states(world, 1, 2) == ["stopping", "stopped"]


def test_not_found_hides_a_server_for_a_while(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    script(world, "not_found", instance=name_of(1), duration=5)
    assert [it.instance_id for it, _ in instances(world, CALLER, Question()).rows] == [name_of(2)]
    assert outcome(world) == "InvalidInstanceID.NotFound"
    time.pass_by(5)
    assert outcome(world) == "ok"


def test_a_stale_describe_shows_the_world_as_it_was(time: Time) -> None:
    world = world_of(time, server(1))

    def described() -> str:
        return instances(world, CALLER, Question()).rows[0][1].state

    script(world, "stale", seconds=3, duration=60)
    time.pass_by(1)
    world.stop(CALLER, ONE)
    assert described() == "running"
    time.pass_by(3)
    assert described() == "stopping"
    time.pass_by(STOP - 3)
    assert (described(), states(world, 1)) == ("stopping", ["stopped"])
    time.pass_by(60)
    assert described() == "stopped"


def test_a_stale_describe_without_an_age_stays_at_the_moment_it_was_scripted(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "stale", duration=1000)
    time.pass_by(1)
    world.stop(CALLER, ONE)
    time.pass_by(STOP + 100)
    assert instances(world, CALLER, Question()).rows[0][1].state == "running"


def test_what_cannot_be_scripted_is_refused_with_what_can(time: Time) -> None:
    world = world_of(time)
    with pytest.raises(UnknownFaultError, match="stuck"):
        script(world, "gremlin")
    with pytest.raises(UnknownFaultError, match="probability"):
        script(world, "slow", likelihood=1)


@pytest.mark.parametrize(
    ("fault", "code", "status", "words"),
    [
        ({"kind": "error", "code": "OptInRequired", "status": 401}, "OptInRequired", 401, "occurred"),
        ({"kind": "error", "code": "Odd", "message": "So it is"}, "Odd", 400, "So it is"),
        ({"kind": "throttle", "code": "EC2ThrottledException"}, "EC2ThrottledException", 503, "limit"),
        ({"kind": "error_500", "message": "Not today"}, "InternalError", 500, "Not today"),
    ],
)
def test_an_error_fault_may_carry_another_code_status_and_message(
    time: Time, fault: dict[str, Any], code: str, status: int, words: str
) -> None:
    world = world_of(time, server(1))
    script(world, **fault)
    with pytest.raises(AwsError, match=words) as refused:
        world.stop(CALLER, ONE)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_fault_strikes_only_calls_that_name_its_type_and_zone(time: Time) -> None:
    world = world_of(time, server(1, zone="eu-central-1b"), server(2), server(3, kind="m5.large"))
    script(world, "error_500", zone="eu-central-1b")
    script(world, "denied", type="m5.large")
    outcomes = [outcome(world, number) for number in (1, 2, 3)]
    assert outcomes == ["InternalError", "ok", "UnauthorizedOperation"]


def test_an_outage_of_a_zone_needs_the_zone(time: Time) -> None:
    with pytest.raises(UnknownFaultError, match="zone"):
        script(world_of(time), "zone_down")


@pytest.mark.parametrize(
    ("kind", "service", "code", "words"),
    [
        ("skewed", "ec2", "RequestExpired", "Request has expired"),
        ("skewed", "sts", "SignatureDoesNotMatch", "is now earlier than"),
        ("skewed", "cloudwatch", "InvalidSignatureException", "is now earlier than"),
        ("expired", "ec2", "RequestExpired", "Request has expired"),
        ("expired", "sts", "ExpiredToken", "expired"),
        ("denied", "sts", "AccessDenied", "sts:GetCallerIdentity"),
        ("denied", "cloudwatch", "AccessDenied", "cloudwatch:GetMetricData"),
    ],
)
def test_each_service_speaks_of_clocks_and_permissions_in_its_own_way(
    simulator: Running, kind: str, service: str, code: str, words: str
) -> None:
    simulator.control("POST", "/_sim/faults", {"kind": kind})
    client = simulator.client(service)
    metric = {"StartTime": 1, "EndTime": 2, "MetricDataQueries": []}
    ask = {
        "ec2": client.describe_instances if service == "ec2" else None,
        "sts": client.get_caller_identity if service == "sts" else None,
        "cloudwatch": (lambda: client.get_metric_data(**metric)) if service == "cloudwatch" else None,
    }[service]
    assert ask is not None
    with pytest.raises(client.exceptions.ClientError, match=words) as refused:
        ask()
    assert refused.value.response["Error"]["Code"] == code


def test_every_kind_of_fault_is_tested_somewhere() -> None:
    here = ERRORS | {"not_found", "stale", "stuck", "failed_start"}
    of_answers = {"duplicate_pages", "empty_pages", "wrong_instance", "omit"}
    of_reasons = {"insufficient_capacity", "stuck_start"}
    over_http = {"down", "reset_before", "hang", "reset_after", "hang_after", "truncate", "garbage"}
    assert here | of_answers | of_reasons | over_http | {"slow", "slow_body"} == KINDS
