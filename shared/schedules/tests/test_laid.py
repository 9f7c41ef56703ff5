"""Hours laid once say at every instant what they say when they are laid anew."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.schedules.laid import Laid
from shared.schedules.recurrence import Timing, before
from shared.schedules.windows import DAYS, Hours, WindowText, past_edges

START = datetime(2026, 10, 20, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Casablanca"]
times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 30]))
windows = st.builds(
    WindowText, st.lists(st.sampled_from(DAYS), min_size=1, max_size=6, unique=True), times, times
)
skipped = st.frozensets(st.dates(date(2026, 9, 1), date(2026, 12, 20)), max_size=60)
ends = st.none() | st.dates(date(2025, 1, 1), date(2026, 12, 1))
hours = st.builds(Hours, st.sampled_from(ZONES), st.tuples(windows), skipped, st.none(), ends)


@settings(max_examples=60, deadline=None)
@given(hours, st.lists(st.integers(0, 70 * 24 * 60), min_size=1, max_size=8))
def test_asked_often_or_once_the_answer_is_the_same(asked: Hours, minutes: list[int]) -> None:
    laid = Laid(asked)
    for minute in minutes:
        at = START + timedelta(minutes=minute)
        assert list(islice(laid.back(at=at), 5)) == list(islice(past_edges(asked, at=at), 5))


def test_an_edge_at_the_very_instant_counts() -> None:
    laid = Laid(Hours("UTC", [WindowText(DAYS, "08:00", "20:00")]))
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    laid.around(noon)
    for at in (noon.replace(hour=20), noon.replace(hour=8)):
        assert next(laid.back(at=at)).at == at


def test_what_ended_years_ago_has_said_its_last_word_and_is_found_at_once() -> None:
    long_after = datetime(2036, 1, 1, tzinfo=UTC)
    night = (WindowText(["fri"], "22:00", "06:00"),)
    over = date(2026, 11, 27)
    stop = Timing("Europe/Berlin", windows=night, edge="stop", valid_to=over)
    often = Timing("Europe/Berlin", cron="*/5 * * * *", valid_to=over)
    assert next(before(stop, at=long_after)).nominal == "2026-11-28T06:00:00"
    assert next(before(often, at=long_after)).nominal == "2026-11-27T23:55:00"
