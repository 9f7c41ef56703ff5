"""A skip names one occurrence by its wall clock; the instant it stands for survives clock changes."""

from datetime import UTC, datetime

import pytest

from shared.schedules.models import Rule, Schedule, Skip
from shared.schedules.recurrence import Timing, moments
from shared.schedules.skips import moment_of
from shared.schedules.windows import DAYS, WindowText

NIGHT = WindowText(DAYS, "01:30", "05:00")


def skip(nominal: str, fold: int, zone: str) -> Skip:
    return Skip(rule=Rule(schedule=Schedule(timezone=zone)), nominal=nominal, fold=fold)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize(
    "timing",
    [
        {"cron": "30 2 * * *"},
        {"cron": "*/15 * * * *"},
        {"windows": (NIGHT,), "edge": "start"},
        {"windows": (NIGHT,), "edge": "stop"},
    ],
)
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-25", "2026-11-01"])
def test_the_moment_of_a_skip_is_that_of_its_occurrence(
    zone: str, timing: dict[str, object], day: str
) -> None:
    after = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    every = moments(Timing(zone, **timing), after=after)  # type: ignore[arg-type]
    for moment in (next(every) for _ in range(150)):
        if (moment.at - after).days > 1:
            break
        assert moment_of(skip(moment.nominal, moment.fold, zone)) == moment.at


def test_the_second_copy_of_an_hour_is_later() -> None:
    twice = [moment_of(skip("2026-10-25T02:30:00", fold, "Europe/Berlin")) for fold in (0, 1)]
    assert twice == [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
