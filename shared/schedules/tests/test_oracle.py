"""The product's moments are those that somebody finds who watches the clock on the wall."""

import random

import pytest

from shared.schedules.tests import spans
from shared.schedules.tests.comparing import compare

SEED = 5


def test_moments_are_those_of_the_wall_clock(capsys: pytest.CaptureFixture[str]) -> None:
    """Every zone at one of its clock changes of 2020 to 2029, or in a week of these years."""
    tally = compare(spans.few(random.Random(SEED)), cases=4, seed=SEED)
    assert tally.cases >= 2000
    assert tally.zones == set(spans.zones())
    with capsys.disabled():
        print(f"\n   {tally}")
