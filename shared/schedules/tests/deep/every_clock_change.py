"""Timetables at every clock change of ten years in every zone; minutes of work, so it runs when named."""

import random

import pytest

from shared.schedules.tests import spans
from shared.schedules.tests.comparing import compare
from shared.schedules.tests.test_oracle import SEED

CASES = 12


def test_moments_are_those_of_the_wall_clock_at_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    """All changes of 2020 to 2029, a week of each zone, and four moves across the date line."""
    tally = compare(spans.every(random.Random(SEED)), cases=CASES, seed=SEED)
    changes = sum(len(spans.clock_changes(zone)) for zone in spans.zones())
    assert tally.zones == set(spans.zones())
    assert len(tally.changes) == changes + len(spans.DATE_LINE)
    with capsys.disabled():
        print(f"\n   {tally}")
