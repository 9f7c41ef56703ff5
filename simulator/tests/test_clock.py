"""The world's clock runs as fast as it is told, and both clocks can be told of any moment."""

from typing import Any

import pytest

from simulator.clock import BadClockError, Clock
from simulator.tests.support import STOP, Running, name_of, server


class Hands:
    """A monotonic clock of the test's own."""

    def __init__(self) -> None:
        self.at = 50.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> Clock:
    return Clock(epoch=lambda: 1000.0, monotonic=hands)


def test_it_runs_with_the_monotonic_clock(clock: Clock, hands: Hands) -> None:
    hands.at += 7
    assert (clock.now(), clock.monotonic_of(1007.0), clock.monotonic_of(990.0)) == (1007.0, 57.0, 40.0)


def test_it_runs_faster_from_now_on_and_past_moments_stay_where_they_were(clock: Clock, hands: Hands) -> None:
    hands.at += 10
    clock.turn(speed=60)
    hands.at += 2
    assert clock.now() == 1000 + 10 + 120
    assert clock.monotonic_of(1005.0) == 55.0
    assert clock.monotonic_of(1070.0) == 61.0
    assert clock.monotonic_of(1010.0 + 600) == 70.0


def test_it_jumps_ahead_and_the_moments_left_out_are_the_jumps(clock: Clock, hands: Hands) -> None:
    hands.at += 10
    clock.turn(forward=1500)
    hands.at += 1
    assert clock.now() == 1000 + 10 + 1500 + 1
    assert (clock.monotonic_of(1009.0), clock.monotonic_of(1700.0)) == (59.0, 60.0)


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"speed": -1}, {"forward": -1}])
def test_it_neither_stops_nor_goes_back(clock: Clock, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadClockError):
        clock.turn(**wrong)


def test_a_stop_that_hangs_for_25_minutes_takes_a_control_call(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock()))
    simulator.control("POST", "/_sim/faults", {"kind": "stuck"})
    simulator.client("ec2").stop_instances(InstanceIds=[name_of(1)])
    before = simulator.control("GET", f"/_sim/states?instance={name_of(1)}")[1]
    assert simulator.control("POST", "/_sim/clock", {"forward": 1500})[1]["speed"] == 1
    after = simulator.control("GET", f"/_sim/states?instance={name_of(1)}")[1]
    assert after["now"] - before["now"] == pytest.approx(1500, abs=20)
    assert after["states"][0]["state"] == "stopping"
    assert after["now"] - after["states"][0]["since"] >= 1500


def test_at_another_speed_transitions_take_that_much_less(simulator: Running) -> None:
    world = simulator.simulation.world
    world.add(server(1, now=world.clock()))
    simulator.control("POST", "/_sim/settings", {"stop": STOP})
    assert simulator.control("POST", "/_sim/clock", {"speed": 600})[1]["speed"] == 600
    simulator.client("ec2").stop_instances(InstanceIds=[name_of(1)])
    moved = simulator.control("GET", "/_sim/times")[1]["transitions"][0]
    assert moved["ends_at"] - moved["begins_at"] == pytest.approx(STOP)
    assert moved["ends_monotonic"] - moved["begins_monotonic"] == pytest.approx(STOP / 600)


def test_a_reset_sets_it_right_again(simulator: Running) -> None:
    simulator.control("POST", "/_sim/clock", {"speed": 60, "forward": 900})
    simulator.control("POST", "/_sim/reset")
    assert simulator.control("GET", "/_sim/clock")[1]["speed"] == 1
