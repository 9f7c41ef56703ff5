"""The word shown for a server: what we asked for, what EC2 said, and how old that is."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.fleet.status import Known, seen_at, shown

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
FRESH = NOW - timedelta(seconds=5)


@pytest.mark.parametrize(
    ("observed", "transition", "expected"),
    [
        ("running", "", "running"),
        ("stopped", "", "stopped"),
        ("pending", "", "starting"),
        ("stopping", "", "stopping"),
        ("running", "stopping", "stopping"),
        ("running", "rebooting", "rebooting"),
        ("stopped", "starting", "starting"),
        ("terminated", "starting", "terminated"),
        ("shutting-down", "", "terminated"),
    ],
)
def test_what_we_asked_for_wins_over_what_was_seen_until_it_ends(
    observed: str, transition: str, expected: str
) -> None:
    assert shown(Known(observed, transition, FRESH, None), now=NOW) == expected


def test_a_server_not_found_for_ten_minutes_is_missing_and_not_before() -> None:
    known = Known("running", "", FRESH, NOW - timedelta(minutes=9))
    assert shown(known, now=NOW) == "running"
    assert shown(known, now=NOW + timedelta(minutes=1)) == "missing"


def test_a_server_is_not_missing_because_its_region_cannot_be_read() -> None:
    since = NOW - timedelta(hours=1)
    read = {"nine minutes": since + timedelta(minutes=9), "ten": since + timedelta(minutes=10)}
    words = {
        name: shown(Known("running", "", FRESH, since, looked_at), now=NOW)
        for name, looked_at in read.items()
    }
    assert words == {"nine minutes": "running", "ten": "missing"}


def test_knowledge_of_a_quarter_of_an_hour_ago_is_no_knowledge() -> None:
    assert shown(Known("running", "", NOW - timedelta(minutes=15), None), now=NOW) == "unknown"
    assert shown(Known("running", "", None, None), now=NOW) == "unknown"


def test_a_full_look_at_the_region_dates_its_servers_but_not_the_missing_ones() -> None:
    old = NOW - timedelta(hours=1)
    assert seen_at(observed_at=old, looked_at=FRESH, missing=False) == FRESH
    assert seen_at(observed_at=FRESH, looked_at=old, missing=False) == FRESH
    assert seen_at(observed_at=old, looked_at=FRESH, missing=True) == old
    assert seen_at(observed_at=None, looked_at=FRESH, missing=False) is None
