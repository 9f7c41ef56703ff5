"""The state rules of EC2, on the world itself with a clock of our own."""

from typing import Any

import pytest

from simulator.errors import AwsError
from simulator.instances import Reason
from simulator.tests.support import (
    CALLER,
    CHECKS,
    DIP,
    LAG,
    START,
    STOP,
    Time,
    name_of,
    server,
    states,
    world_of,
)

ONE = [name_of(1)]


def refused(code: str, words: str = "") -> "pytest.RaisesExc[AwsError]":
    return pytest.raises(AwsError, match=f"^{code}: .*{words}")


def test_a_stop_passes_through_stopping_and_ends_when_its_time_is_over(time: Time) -> None:
    world = world_of(time, server(1))
    change = world.stop(CALLER, ONE)[0]
    assert (change.before, change.after, change.ends_at, change.ends_as) == (
        "running", "stopping", time.now + STOP, "stopped",
    )  # fmt: skip
    time.pass_by(STOP - 0.001)
    assert states(world, 1) == ["stopping"]
    time.pass_by(0.001)
    assert states(world, 1) == ["stopped"]


def test_a_start_passes_through_pending_and_the_checks_are_ok_only_later(time: Time) -> None:
    world = world_of(time, server(1, "stopped"))
    world.start(CALLER, ONE)
    assert states(world, 1) == ["pending"]
    time.pass_by(START)
    instance = world.instance(ONE[0])
    assert instance is not None
    assert (instance.view(time()).state, instance.view(time()).checks) == ("running", "initializing")
    time.pass_by(CHECKS)
    assert instance.view(time()).checks == "ok"


def test_a_start_moves_the_launch_time_and_brings_another_address(time: Time) -> None:
    world = world_of(time, server(1))
    instance = world.instance(ONE[0])
    assert instance is not None
    before = instance.view(time())
    world.stop(CALLER, ONE)
    time.pass_by(STOP)
    assert instance.view(time()).public_ip is None
    world.start(CALLER, ONE)
    begun = time.now
    time.pass_by(START)
    after = instance.view(time())
    assert after.launched_at == begun > before.launched_at
    assert after.public_ip not in (None, before.public_ip)


def test_an_elastic_address_stays_through_stop_and_start(time: Time) -> None:
    world = world_of(time, server(1, elastic_ip="198.51.100.77"))
    instance = world.instance(ONE[0])
    assert instance is not None
    world.stop(CALLER, ONE)
    time.pass_by(STOP)
    assert instance.view(time()).public_ip == "198.51.100.77"
    world.start(CALLER, ONE)
    time.pass_by(START)
    assert instance.view(time()).public_ip == "198.51.100.77"


def test_stopping_a_stopped_and_starting_a_running_server_are_harmless(time: Time) -> None:
    world = world_of(time, server(1, "stopped"), server(2))
    assert [(c.before, c.after) for c in world.stop(CALLER, ONE)] == [("stopped", "stopped")]
    assert [(c.before, c.after) for c in world.start(CALLER, [name_of(2)])] == [("running", "running")]
    assert list(world.ledger.transitions) == []


def test_a_second_stop_does_not_lengthen_the_first(time: Time) -> None:
    world = world_of(time, server(1))
    ends = world.stop(CALLER, ONE)[0].ends_at
    time.pass_by(10)
    again = world.stop(CALLER, ONE)[0]
    assert (again.before, again.after, again.ends_at) == ("stopping", "stopping", ends)


def test_a_server_that_is_stopping_cannot_be_started_or_rebooted(time: Time) -> None:
    world = world_of(time, server(1))
    world.stop(CALLER, ONE)
    with refused("IncorrectInstanceState", "started"):
        world.start(CALLER, ONE)
    with refused("IncorrectInstanceState", "rebooted"):
        world.reboot(CALLER, ONE)


def test_stop_while_pending_is_refused_or_accepted_as_the_setting_says(time: Time) -> None:
    world = world_of(time, server(1, "stopped"))
    world.start(CALLER, ONE)
    with refused("IncorrectInstanceState", "stopped"):
        world.stop(CALLER, ONE)
    other = world_of(time, server(1, "stopped"), stop_while_pending="accept")
    other.start(CALLER, ONE)
    assert other.stop(CALLER, ONE)[0].before == "pending"


def test_a_terminated_server_stays_terminated(time: Time) -> None:
    world = world_of(time, server(1, "terminated", minutes=5))
    with refused("IncorrectInstanceState", "started"):
        world.start(CALLER, ONE)
    with refused("IncorrectInstanceState", "stopped"):
        world.stop(CALLER, ONE)
    world.reboot(CALLER, ONE)
    instance = world.instance(ONE[0])
    assert instance is not None
    for action in ("start", "stop", "shutdown", "terminate", "reboot"):
        assert not world.outside(instance, action).moved
    time.pass_by(100)
    assert states(world, 1) == ["terminated"]
    assert world.ledger.times() == []


def test_a_terminated_server_is_unknown_after_an_hour(time: Time) -> None:
    world = world_of(time, server(1, "terminated", minutes=59))
    time.pass_by(61)
    with refused("InvalidInstanceID.NotFound"):
        world.start(CALLER, ONE)


def test_a_reboot_stays_running_while_the_checks_dip_and_come_back(time: Time) -> None:
    world = world_of(time, server(1))
    instance = world.instance(ONE[0])
    assert instance is not None
    launched = instance.view(time()).launched_at
    world.reboot(CALLER, ONE)
    seen = []
    for wait in (0, LAG, DIP):
        time.pass_by(wait)
        seen.append((instance.view(time()).state, instance.view(time()).checks))
    assert seen == [("running", "ok"), ("running", "initializing"), ("running", "ok")]
    assert instance.view(time()).launched_at == launched


def test_a_quick_reboot_shows_no_dip(time: Time) -> None:
    world = world_of(time, server(1), quick_reboot=1.0)
    world.reboot(CALLER, ONE)
    instance = world.instance(ONE[0])
    assert instance is not None
    assert {instance.view(time.now + later).checks for later in range(200)} == {"ok"}


def test_a_stopped_server_cannot_be_rebooted(time: Time) -> None:
    world = world_of(time, server(1, "stopped"))
    with refused("IncorrectInstanceState", "rebooted"):
        world.reboot(CALLER, ONE)
    assert states(world, 1) == ["stopped"]


def test_one_bad_id_fails_the_whole_call_and_all_bad_ids_are_named(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    with refused("InvalidInstanceID.NotFound", f"{name_of(8)}, {name_of(9)}"):
        world.stop(CALLER, [name_of(1), name_of(8), name_of(2), name_of(9)])
    assert states(world, 1, 2) == ["running", "running"]


def test_a_malformed_id_has_its_own_code(time: Time) -> None:
    world = world_of(time, server(1))
    for bad in ("i-foo", "foo", "i-123", "i-" + "0" * 16, "I-" + "0" * 17, ""):
        with refused("InvalidInstanceID.Malformed"):
            world.stop(CALLER, [name_of(1), bad])
    assert states(world, 1) == ["running"]


def test_one_server_in_the_wrong_state_fails_the_whole_call(time: Time) -> None:
    world = world_of(time, server(1, "stopped"), server(2, "terminated", minutes=1))
    with refused("IncorrectInstanceState", name_of(2)):
        world.start(CALLER, [name_of(1), name_of(2)])
    assert states(world, 1) == ["stopped"]


def test_a_call_without_ids_misses_a_parameter(time: Time) -> None:
    with refused("MissingParameter"):
        world_of(time, server(1)).stop(CALLER, [])


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"stop_protected": True}, "OperationNotPermitted"),
        ({"root_device": "instance-store"}, "UnsupportedOperation"),
        ({"lifecycle": "spot"}, "UnsupportedOperation"),
    ],
)
def test_servers_that_cannot_be_stopped_say_why(time: Time, properties: dict[str, Any], code: str) -> None:
    world = world_of(time, server(1), server(2, **properties))
    with refused(code, name_of(2)):
        world.stop(CALLER, [name_of(1), name_of(2)])
    assert states(world, 1, 2) == ["running", "running"]


def test_a_persistent_spot_server_can_be_stopped(time: Time) -> None:
    world = world_of(time, server(1, lifecycle="spot", spot_persistent=True))
    assert world.stop(CALLER, ONE)[0].after == "stopping"


def test_hibernation_needs_a_server_made_for_it(time: Time) -> None:
    world = world_of(time, server(1), server(2, hibernation=True))
    with refused("UnsupportedHibernationConfiguration"):
        world.stop(CALLER, ONE, hibernate=True)
    world.stop(CALLER, [name_of(2)], hibernate=True)
    instance = world.instance(name_of(2))
    assert instance is not None
    reason = instance.view(time()).reason
    assert reason is not None
    assert reason.code == "Client.UserInitiatedHibernate"


def test_dry_run_answers_without_an_effect_but_knows_unknown_ids(time: Time) -> None:
    world = world_of(time, server(1))
    with refused("DryRunOperation"):
        world.stop(CALLER, ONE, dry_run=True)
    with refused("InvalidInstanceID.NotFound"):
        world.stop(CALLER, [name_of(9)], dry_run=True)
    assert states(world, 1) == ["running"]


def test_force_shortens_a_stop_that_hangs(time: Time) -> None:
    world = world_of(time, server(1))
    world.faults.add({"kind": "stuck"}, now=time())
    assert world.stop(CALLER, ONE)[0].ends_at is None
    time.pass_by(10_000)
    assert states(world, 1) == ["stopping"]
    world.stop(CALLER, ONE, force=True)
    time.pass_by(3)
    assert states(world, 1) == ["stopped"]


def test_a_shutdown_from_inside_carries_its_own_reason(time: Time) -> None:
    world = world_of(time, server(1))
    instance = world.instance(ONE[0])
    assert instance is not None
    world.outside(instance, "shutdown")
    time.pass_by(STOP)
    view = instance.view(time())
    assert view.reason is not None
    assert (view.state, view.reason.code) == ("stopped", "Client.InstanceInitiatedShutdown")


def test_a_shutdown_from_inside_terminates_where_the_server_says_so(time: Time) -> None:
    world = world_of(time, server(1, shutdown_behavior="terminate"))
    instance = world.instance(ONE[0])
    assert instance is not None
    assert world.outside(instance, "shutdown").ends_as == "terminated"


def test_a_termination_overtakes_a_stop(time: Time) -> None:
    world = world_of(time, server(1))
    instance = world.instance(ONE[0])
    assert instance is not None
    world.stop(CALLER, ONE)
    world.outside(instance, "terminate", reason=Reason("Server.SpotInstanceTermination", "taken away"))
    assert states(world, 1) == ["shutting-down"]
    time.pass_by(10_000)
    assert instance.view(time()).state == "terminated"


def test_servers_of_other_accounts_and_regions_do_not_exist(time: Time) -> None:
    world = world_of(time, server(1, region="us-east-1"), server(2, account="444455556666"))
    for number in (1, 2):
        with refused("InvalidInstanceID.NotFound"):
            world.stop(CALLER, [name_of(number)])


def test_the_same_seed_draws_the_same_times_and_another_one_others(time: Time) -> None:
    def ends(seed: int) -> list[float | None]:
        span = {"median": 30.0, "sigma": 0.35, "tail": 0.01}
        world = world_of(time, *(server(n) for n in range(50)), seed=seed, stop=span)
        return [change.ends_at for change in world.stop(CALLER, [name_of(n) for n in range(50)])]

    assert ends(1) == ends(1) != ends(2)


def test_a_server_may_have_times_of_its_own(time: Time) -> None:
    world = world_of(time, server(1, stop_seconds=1.5))
    assert world.stop(CALLER, ONE)[0].ends_at == time.now + 1.5
