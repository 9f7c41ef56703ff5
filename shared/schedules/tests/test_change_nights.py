"""A window from 01:30 to 05:00 on the nights in which New York's clocks change: ours beside the usual rule.

The usual rule is that of AWS Instance Scheduler: look at the wall clock every few minutes and let a server
run while it shows a time of the period. The page on clock changes shows what is found here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.schedules import windows
from shared.schedules.windows import DAYS, Hours, WindowText

ZONE = "America/New_York"
BEGIN, END = "01:30", "05:00"
PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "clock-changes.md"
NIGHTS = [
    ("14 March 2027, forward", datetime(2027, 3, 14, 4, tzinfo=UTC)),
    ("1 November 2026, back", datetime(2026, 11, 1, 3, tzinfo=UTC)),
]
ONE_PAIR = {
    "14 March 2027, forward": ["start 01:30 EST", "stop 05:00 EDT"],
    "1 November 2026, back": ["start 01:30 EDT", "stop 05:00 EST"],
}
FLAP = ["start 01:30 EDT", "stop 01:00 EST", "start 01:30 EST", "stop 05:00 EST"]


def told(action: str, at: datetime) -> str:
    return f"{action} {at.astimezone(ZoneInfo(ZONE)):%H:%M %Z}"


def ours(evening: datetime) -> list[str]:
    """What happens in the 14 hours from an evening on."""
    hours = Hours(ZONE, [WindowText(DAYS, BEGIN, END)])
    found = windows.between(hours, evening, evening + timedelta(hours=14))
    return [told(edge.action, edge.at) for edge in found]


def usual(evening: datetime, *, minutes: int) -> Iterator[str]:
    """The other rule, evaluated every so many minutes."""
    was_on = False
    for tick in range(0, 14 * 60, minutes):
        at = evening + timedelta(minutes=tick)
        is_on = BEGIN <= f"{at.astimezone(ZoneInfo(ZONE)):%H:%M}" < END
        if is_on != was_on:
            yield told("start" if is_on else "stop", at)
        was_on = is_on


@pytest.mark.parametrize(("night", "evening"), NIGHTS)
def test_each_night_has_exactly_one_start_and_one_stop(night: str, evening: datetime) -> None:
    assert ours(evening) == ONE_PAIR[night]


@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_the_usual_rule_stops_a_server_in_the_hour_that_comes_twice(minutes: int) -> None:
    (spring, forward), (_, back) = NIGHTS
    assert list(usual(forward, minutes=minutes)) == ONE_PAIR[spring]
    assert list(usual(back, minutes=minutes)) == FLAP


def test_the_page_shows_what_is_found() -> None:
    rows = [
        f"| {night} | {', '.join(ours(evening))} | {', '.join(usual(evening, minutes=5))} |"
        for night, evening in NIGHTS
    ]
    page = PAGE.read_text()
    assert [row for row in rows if row not in page] == []
