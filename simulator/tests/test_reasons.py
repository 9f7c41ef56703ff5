"""Why a server is in its state: starts that fall back or hang, shortages, hibernation that fails."""

from typing import Any

import pytest

from simulator.errors import AwsError
from simulator.tests.support import CALLER, START, STOP, Time, name_of, server, states, world_of
from simulator.world import World

ONE = [name_of(1)]


def script(world: World, kind: str, **fault: Any) -> None:
    world.faults.add({"kind": kind, **fault}, now=world.clock())


def reason(world: World, number: int = 1) -> tuple[str, str]:
    found = world.instance(name_of(number))
    assert found is not None
    view = found.view(world.clock())
    return (view.reason.code, view.reason.message) if view.reason else ("", "")


def test_without_a_grant_on_its_key_a_server_falls_back_at_each_start(time: Time) -> None:
    world = world_of(time, server(1, "stopped", kms_denied=True))
    for _ in range(3):
        assert world.start(CALLER, ONE)[0].after == "pending"
        time.pass_by(START)
        assert states(world, 1) == ["stopped"]
        assert reason(world) == ("Client.InternalError", "Client.InternalError: Client error on launch")
    assert [one["accepted"] for one in world.ledger.read()] == [True] * 3


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Client.VolumeLimitExceeded", "Client.VolumeLimitExceeded: Volume limit exceeded"),
        (
            "Server.InsufficientInstanceCapacity",
            "Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request",
        ),
        ("Server.InternalError", "Server.InternalError: Internal error on launch"),
        ("Client.Odd", "Client.Odd"),
    ],
)
def test_a_start_falls_back_with_ec2s_own_words_for_the_code(time: Time, code: str, words: str) -> None:
    world = world_of(time, server(1, "stopped"))
    script(world, "failed_start", code=code)
    world.start(CALLER, ONE)
    time.pass_by(START)
    assert reason(world) == (code, words)


def test_a_shortage_of_a_type_in_a_zone_refuses_starts_there_for_a_while(time: Time) -> None:
    world = world_of(
        time,
        server(1, "stopped", kind="p3.large", zone="eu-central-1b"),
        server(2, "stopped", kind="p3.large"),
        server(3, "stopped", zone="eu-central-1b"),
        server(4, kind="p3.large", zone="eu-central-1b"),
    )
    script(world, "insufficient_capacity", type="p3.large", zone="eu-central-1b", duration=60)
    with pytest.raises(AwsError, match=r"^InsufficientInstanceCapacity: .*p3.large.*eu-central-1b") as error:
        world.start(CALLER, [name_of(2), name_of(1)])
    assert error.value.status == 500
    assert states(world, 1, 2) == ["stopped", "stopped"]
    for number in (2, 3, 4):
        world.start(CALLER, [name_of(number)])
    world.stop(CALLER, [name_of(4)])
    time.pass_by(60)
    assert world.start(CALLER, ONE)[0].after == "pending"


def test_the_same_shortage_may_show_only_after_the_start_was_accepted(time: Time) -> None:
    world = world_of(time, server(1, "stopped", kind="p3.large"), server(2, "stopped"))
    script(world, "failed_start", type="p3.large", code="Server.InsufficientInstanceCapacity")
    world.start(CALLER, [name_of(1), name_of(2)])
    time.pass_by(START)
    assert states(world, 1, 2) == ["stopped", "running"]


def test_a_start_may_hang_in_pending(time: Time) -> None:
    world = world_of(time, server(1, "stopped"))
    script(world, "stuck_start")
    assert world.start(CALLER, ONE)[0].ends_at is None
    time.pass_by(100_000)
    assert states(world, 1) == ["pending"]


def test_a_hibernation_that_succeeds_says_so(time: Time) -> None:
    world = world_of(time, server(1, hibernation=True))
    world.stop(CALLER, ONE, hibernate=True)
    assert reason(world)[0] == "Client.UserInitiatedHibernate"
    time.pass_by(STOP)
    assert (states(world, 1), reason(world)[0]) == (["stopped"], "Client.UserInitiatedHibernate")


def test_a_hibernation_that_fails_ends_as_a_plain_stop(time: Time) -> None:
    world = world_of(time, server(1, hibernation=True, hibernation_fails=True))
    world.stop(CALLER, ONE, hibernate=True)
    time.pass_by(STOP)
    assert (states(world, 1), reason(world)[0]) == (["stopped"], "Client.UserInitiatedShutdown")


def test_a_server_on_its_way_to_terminated_is_shutting_down_and_not_stopping(time: Time) -> None:
    world = world_of(time, server(1))
    it = world.instance(name_of(1))
    assert it is not None
    world.outside(it, "terminate")
    assert states(world, 1) == ["shutting-down"]
    with pytest.raises(AwsError, match=r"^IncorrectInstanceState"):
        world.stop(CALLER, ONE)


def test_a_server_may_flicker_between_found_and_not_found(time: Time) -> None:
    world = world_of(time, server(1))
    script(world, "not_found", probability=0.5, duration=300)

    def outcome() -> str:
        try:
            world.reboot(CALLER, ONE)
        except AwsError as error:
            return error.code
        return "found"

    seen = []
    for _ in range(60):
        seen.append(outcome())
        time.pass_by(5)
    assert set(seen) == {"found", "InvalidInstanceID.NotFound"}
    assert {outcome() for _ in range(20)} == {"found"}


def test_settings_allow_transitions_of_a_fifth_of_a_second(time: Time) -> None:
    world = world_of(time, server(1), stop=0.2)
    change = world.stop(CALLER, ONE)[0]
    assert change.ends_at == time.now + 0.2
