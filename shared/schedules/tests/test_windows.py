"""Windows become the right edges, whatever they touch, pass or skip, and whatever clocks do meanwhile."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRule
from shared.schedules import windows
from shared.schedules.windows import DAYS, WEEK, Edge, Hours, WindowText, laid, merged, sentence

WORKDAYS = DAYS[:5]
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NIGHTS = WindowText(("fri",), "22:30", "06:15")


def text(days: str, start: str, to: str) -> WindowText:
    return WindowText(days.split(), start, to)


def told(edge: Edge) -> tuple[str, str]:
    return edge.action, f"{edge.nominal:%a %d %H:%M}"


def week(*texts: WindowText, skip: tuple[int, ...] = (), **bounds: int) -> list[tuple[str, str]]:
    """The edges of the week of 23 November 2026, in UTC; days are days of that month."""
    days = {name: date(2026, 11, day) for name, day in bounds.items()}
    hours = Hours("UTC", texts, frozenset(date(2026, 11, day) for day in skip), **days)
    until = MONDAY + timedelta(days=7) - timedelta(seconds=1)
    return [told(edge) for edge in windows.between(hours, MONDAY - timedelta(seconds=1), until)]


def test_a_working_week_starts_and_stops_five_times() -> None:
    found = week(WindowText(WORKDAYS, "08:00", "20:00"))
    assert found[:3] == [("start", "Mon 23 08:00"), ("stop", "Mon 23 20:00"), ("start", "Tue 24 08:00")]
    assert len(found) == 10


def test_a_window_over_midnight_ends_on_the_next_day() -> None:
    assert week(NIGHTS) == [("start", "Fri 27 22:30"), ("stop", "Sat 28 06:15")]


def test_a_window_may_pass_the_end_of_the_week() -> None:
    assert week(text("sun", "22:00", "02:00")) == [("stop", "Mon 23 02:00"), ("start", "Sun 29 22:00")]


def test_from_equal_to_is_a_whole_day() -> None:
    assert week(text("sat", "08:00", "08:00")) == [("start", "Sat 28 08:00"), ("stop", "Sun 29 08:00")]


@pytest.mark.parametrize(
    "texts",
    [
        [text("mon", "08:00", "12:00"), text("mon", "12:00", "20:00")],
        [text("mon", "08:00", "15:00"), text("mon", "10:00", "20:00")],
        [text("mon", "08:00", "20:00"), text("mon", "10:00", "12:00")],
        [text("mon", "08:00", "20:00"), text("mon", "08:00", "20:00")],
    ],
    ids=["touching", "overlapping", "one inside the other", "the same twice"],
)
def test_what_touches_is_one_stretch(texts: list[WindowText]) -> None:
    assert week(*texts) == [("start", "Mon 23 08:00"), ("stop", "Mon 23 20:00")]


def test_whole_days_in_a_row_are_one_stretch_and_a_holiday_among_them_a_pause() -> None:
    days = WindowText(WORKDAYS, "00:00", "00:00")
    assert week(days) == [("start", "Mon 23 00:00"), ("stop", "Sat 28 00:00")]
    assert week(days, skip=(25,)) == [
        ("start", "Mon 23 00:00"),
        ("stop", "Wed 25 00:00"),
        ("start", "Thu 26 00:00"),
        ("stop", "Sat 28 00:00"),
    ]


def test_a_skip_date_takes_the_night_that_begins_on_it_and_leaves_the_one_that_ends_on_it() -> None:
    nights = text("thu fri", "22:00", "06:00")
    assert week(nights, skip=(27,)) == [("start", "Thu 26 22:00"), ("stop", "Fri 27 06:00")]


def test_validity_counts_the_days_on_which_windows_begin() -> None:
    nights = text("wed thu fri", "22:00", "06:00")
    assert week(nights, valid_from=26, valid_to=26) == [("start", "Thu 26 22:00"), ("stop", "Fri 27 06:00")]


def test_a_start_knows_how_long_its_stretch_lasts() -> None:
    shifts = (text("mon", "08:00", "16:00"), text("mon", "16:00", "23:30"))
    start, stop = islice(windows.edges(Hours("UTC", shifts), after=MONDAY), 2)
    assert (start.until, stop.until) == (stop.at, None)


def test_a_night_in_which_clocks_change_has_one_start_and_one_stop() -> None:
    """AWS Instance Scheduler flaps here. New York goes back on 1 November 2026, forward on 14 March 2027."""
    hours = Hours("America/New_York", [WindowText(DAYS, "01:30", "05:00")])
    back = windows.between(hours, datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 11, 1, 23, tzinfo=UTC))
    assert [(each.action, f"{each.at:%H:%M}") for each in back] == [("start", "05:30"), ("stop", "10:00")]
    on = windows.between(hours, datetime(2027, 3, 14, 3, tzinfo=UTC), datetime(2027, 3, 14, 23, tzinfo=UTC))
    assert [(each.action, f"{each.at:%H:%M}") for each in on] == [("start", "06:30"), ("stop", "09:00")]


def test_a_window_inside_the_skipped_hour_is_left_out() -> None:
    hours = Hours("America/New_York", [WindowText(DAYS, "02:10", "02:50")])
    found = windows.between(hours, datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 3, 15, 5, tzinfo=UTC))
    assert list(found) == []


def test_a_day_that_never_was_has_no_windows() -> None:
    """Samoa went from 29 to 31 December 2011 at midnight."""
    hours = Hours("Pacific/Apia", [WindowText(DAYS, "08:00", "20:00")])
    found = windows.between(hours, datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC))
    assert [(each.action, f"{each.nominal:%d %H:%M}") for each in found if each.action == "start"][:2] == [
        ("start", "29 08:00"),
        ("start", "31 08:00"),
    ]


def test_the_past_is_told_backwards_and_agrees_with_the_future() -> None:
    hours = Hours("Europe/Berlin", [WindowText(WORKDAYS, "08:00", "20:00"), NIGHTS])
    at = datetime(2026, 11, 28, 3, tzinfo=UTC)
    newest = list(islice(windows.past_edges(hours, at=at), 6))
    assert [told(each) for each in newest[:2]] == [("start", "Fri 27 22:30"), ("stop", "Fri 27 20:00")]
    forward = windows.between(hours, newest[-1].at - timedelta(seconds=1), at)
    assert list(forward) == newest[::-1]


def test_an_edge_at_the_very_instant_counts_as_past() -> None:
    hours = Hours("UTC", [NIGHTS])
    at = datetime(2026, 11, 27, 22, 30, tzinfo=UTC)
    assert next(windows.past_edges(hours, at=at)).at == at
    assert next(windows.edges(hours, after=at)).at > at


def test_a_year_of_skipped_dates_hides_nothing_that_came_before() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    skipped = frozenset(at.date() - timedelta(days=back) for back in range(400))
    newest = next(windows.past_edges(Hours("UTC", [text("mon", "08:00", "20:00")], skipped), at=at))
    assert newest.at < at - timedelta(days=390)
    assert newest.action == "stop"


def test_a_whole_week_has_no_edges_and_says_so() -> None:
    with pytest.raises(InvalidRule, match="whole week"):
        windows.check([text(" ".join(DAYS), "00:00", "00:00")])


@pytest.mark.parametrize("time", ["24:00", "7:5", "25:61", "07:00:30", "", "noon", "٠٨:٠٠"])
def test_what_is_no_time_is_named(time: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        windows.check([text("mon", "08:00", "12:00"), text("tue", time, "12:00")])
    assert (caught.value.code, caught.value.field) == ("invalid_time", "windows/1/from")


clocks = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
texts = st.builds(WindowText, st.lists(st.sampled_from(DAYS), min_size=1, unique=True), clocks, clocks)


@given(st.lists(texts, min_size=1, max_size=4))
def test_merging_keeps_every_minute_and_leaves_gaps_between(some: list[WindowText]) -> None:
    laid_out = laid(some)
    stretches = merged(laid_out)
    assert minutes(stretches) == minutes(laid_out)
    assert windows.week_minutes(some) == len(minutes(laid_out))
    ends = {end % WEEK for _, end in stretches}
    assert not ends & {begin % WEEK for begin, _ in stretches} or stretches == [(0, WEEK)]


def minutes(stretches: list[tuple[int, int]]) -> set[int]:
    return {minute % WEEK for begin, end in stretches for minute in range(begin, end)}


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (WindowText(WORKDAYS, "08:00", "20:00"), "Mon-Fri 08:00-20:00"),
        (text("sat", "08:00", "20:00"), "Sat 08:00-20:00"),
        (text("wed mon", "08:00", "20:00"), "Mon, Wed 08:00-20:00"),
        (WindowText(DAYS, "22:00", "06:00"), "every day 22:00-06:00"),
        (text("sun", "00:00", "00:00"), "Sun all day"),
        (text("sun", "07:30", "07:30"), "Sun 07:30 for 24 hours"),
    ],
)
def test_a_window_in_words(window: WindowText, said: str) -> None:
    assert sentence(window) == said
