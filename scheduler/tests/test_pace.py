"""How long to wait between two looks."""

from datetime import timedelta
from math import exp
from random import Random

import pytest

from scheduler.pace import Wave, pause


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


@pytest.mark.parametrize("age", [0.0, 20.0, 100.0, 299.0])
def test_a_few_servers_are_looked_at_every_second(age: float) -> None:
    assert pause(Wave(moving=1, most=3, age=seconds(age), quickest=seconds(600))) == seconds(1)


def test_what_takes_longer_than_five_minutes_is_looked_at_less_often() -> None:
    assert pause(Wave(moving=1, most=1, age=seconds(301))) == seconds(5)
    assert pause(Wave(moving=500, most=1000, age=seconds(301))) == seconds(5)


def test_a_crowd_is_left_alone_until_its_first_end_can_come() -> None:
    early = Wave(moving=1000, most=1000, age=seconds(5), quickest=seconds(10))
    assert pause(early) == seconds(3)
    assert pause(Wave(moving=1000, most=1000, age=seconds(5))) == seconds(1.6)
    assert pause(Wave(moving=1000, most=1000, age=seconds(8), quickest=seconds(10))) == seconds(1.6)


def test_the_last_of_a_crowd_are_looked_at_ever_less_often() -> None:
    pauses = [pause(Wave(moving=9, most=1000, age=seconds(age))) for age in (10, 80, 160, 290)]
    assert pauses == [seconds(2), seconds(80 / 6), seconds(160 / 6), seconds(30)]


def test_a_thousand_servers_cost_some_sixty_looks() -> None:
    """Ends as the simulator's real profile draws them: median 30 s, one in a hundred five times as long."""
    looks = sorted(looks_at(ends) for ends in (drawn(Random(seed)) for seed in range(21)))
    assert looks[10] <= 66


def drawn(dice: Random) -> list[float]:
    return sorted(30 * exp(0.35 * dice.gauss(0, 1)) * (5 if dice.random() < 0.01 else 1) for _ in range(1000))


def looks_at(ends: list[float]) -> int:
    """How many looks until the last end is known."""
    at, looks = 1.0, 1
    while at < ends[-1]:
        moving = sum(end > at for end in ends)
        at += pause(Wave(moving, most=1000, age=seconds(at), quickest=seconds(10))).total_seconds()
        looks += 1
    return looks
