"""What people are told of a moment that a clock change moves, and where its instant lies."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.schedules import walls
from shared.schedules.recurrence import Moment, Timing, first
from shared.schedules.windows import DAYS, WindowText

MOVED = "Clocks change: {} does not exist that day, so it runs at {}."
TWICE = "Clocks change: {} comes twice that day; this is the {}."


def noted(moment: Moment, zone: str) -> str | None:
    return walls.note(moment.at, moment.nominal, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "timing", "after", "notes"),
    [
        # An ordinary day.
        ("Europe/Berlin", {"cron": "30 2 * * *"}, "2026-11-23", [None]),
        # Shifted, first, second, and right beside the change.
        ("Europe/Berlin", {"cron": "30 2 * * *"}, "2027-03-28", [MOVED.format("02:30", "03:00"), None]),
        ("Europe/Berlin", {"cron": "0 3 * * *"}, "2027-03-28", [None]),
        ("Europe/Berlin", {"cron": "30 2 * * *"}, "2026-10-25", [TWICE.format("02:30", "first"), None]),
        ("Europe/Berlin", {"cron": "30 * * * *"}, "2026-10-25", [
            TWICE.format("02:30", "first"), TWICE.format("02:30", "second"), None]),
        ("Europe/Berlin", {"cron": "0 2,3 * * *"}, "2026-10-24T12", [TWICE.format("02:00", "first"), None]),
        ("Europe/Berlin", {"at": "2027-03-28T02:15"}, "2027-03-01", [MOVED.format("02:15", "03:00")]),
        # On another date, and in another hour than one: half an hour, a whole day.
        ("America/Nuuk", {"cron": "30 23 * * *"}, "2026-03-29",
            ["Clocks change: 23:30 does not exist that day, so it runs at 00:00 on 29 Mar."]),
        ("Australia/Lord_Howe", {"cron": "10 2 * * *"}, "2026-10-03T12", [MOVED.format("02:10", "02:30")]),
        ("Pacific/Apia", {"at": "2011-12-30T12:00"}, "2011-12-29",
            ["Clocks change: 12:00 does not exist that day, so it runs at 00:00 on 31 Dec."]),
    ],
)  # fmt: skip
def test_a_moment_is_noted_when_a_clock_change_moves_it(
    zone: str, timing: dict[str, str], after: str, notes: list[str | None]
) -> None:
    since = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = first(Timing(zone, **timing), after=since, count=len(notes))  # type: ignore[arg-type]
    assert [noted(each, zone) for each in found] == notes


@pytest.mark.parametrize(
    ("edge", "after", "nominal", "note"),
    [
        ("start", "2027-03-14", "2027-03-14T01:30:00", None),
        ("stop", "2027-03-14", "2027-03-14T02:30:00", MOVED.format("02:30", "03:00")),
        ("start", "2026-11-01", "2026-11-01T01:30:00", TWICE.format("01:30", "first")),
        ("stop", "2026-11-01", "2026-11-01T02:30:00", None),
    ],
)
def test_the_end_of_a_window_is_noted_like_its_beginning(
    edge: str, after: str, nominal: str, note: str | None
) -> None:
    zone, window = "America/New_York", WindowText(DAYS, "01:30", "02:30")
    since = datetime.fromisoformat(after).replace(tzinfo=UTC)
    [moment] = first(Timing(zone, windows=(window,), edge=edge), after=since + timedelta(hours=4), count=1)
    assert moment.nominal == nominal
    assert noted(moment, zone) == note


@pytest.mark.parametrize(
    ("zone", "wall", "at"),
    [
        ("Europe/Berlin", "2027-03-28T02:30", "2027-03-28T01:00"),
        ("Europe/Berlin", "2027-03-28T02:00", "2027-03-28T01:00"),
        ("Europe/Berlin", "2027-03-28T01:59", "2027-03-28T00:59"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),
        ("Antarctica/Casey", "2020-10-04T00:30", None),
        ("Pacific/Apia", "2011-12-30T23:59", None),
    ],
)
def test_a_time_is_kept_after_a_gap_but_for_the_date_line(zone: str, wall: str, at: str | None) -> None:
    found = walls.kept(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert (f"{found:%Y-%m-%dT%H:%M}" if found else None) == at
