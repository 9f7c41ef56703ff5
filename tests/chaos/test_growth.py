"""What an hour of trouble leaves behind, and what is due each minute: numbers made up, nothing runs."""

from datetime import UTC, datetime, timedelta

from tests.chaos.growth import Sample, grown
from tests.chaos.minutes import EVERY, minutes

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def grew(*, seconds: int, hourly: float, early: float = 0.0) -> bool:
    """Whether memory is found to grow: so much of its start in an hour, and `early` in the first minutes."""
    samples = [
        Sample(float(at), (int(100_000 * (1 + early * min(1, at / 240) + hourly * at / 3600)),), 5, 0)
        for at in range(0, seconds, 2)
    ]
    return not {each.id: each.ok for each in grown(samples)}["memory"]


def test_growth_is_reckoned_by_the_hour() -> None:
    assert grew(seconds=3600, hourly=0.12)
    assert not grew(seconds=3600, hourly=0.08)
    assert grew(seconds=1800, hourly=0.12)


def test_what_grows_in_the_first_minutes_is_warming_up() -> None:
    assert not grew(seconds=3600, hourly=0.05, early=0.5)


def test_a_short_run_is_not_blown_up_to_an_hour() -> None:
    assert not grew(seconds=60, hourly=0.5)
    assert grew(seconds=60, hourly=20.0)


def test_each_minute_is_the_turn_of_one_place() -> None:
    since, until = MIDNIGHT + timedelta(seconds=30), MIDNIGHT + timedelta(minutes=7, seconds=30)
    found = sorted(due for place in range(EVERY) for due in minutes(since, until, place=place))
    assert found == [MIDNIGHT + timedelta(minutes=nth) for nth in range(1, 8)]
    assert minutes(since, until, place=EVERY + 2) == minutes(since, until, place=2)
    assert minutes(since, since + timedelta(seconds=5), place=1) == []
