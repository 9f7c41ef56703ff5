"""Windows become the right edges, whatever they touch or pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRule
from shared.schedules.windows import DAYS, WEEK, WindowText, compiled, laid, merged, sentence

WORKDAYS = DAYS[:5]


def edges(*windows: tuple[str, str, str]) -> list[tuple[str, str, int]]:
    texts = [WindowText(days.split(), start, to) for days, start, to in windows]
    return sorted((edge.action, edge.cron, edge.shift) for edge in compiled(texts))


def test_a_working_week_is_two_edges() -> None:
    assert edges(("mon tue wed thu fri", "08:00", "20:00")) == [
        ("start", "0 8 * * 1-5", 0),
        ("stop", "0 20 * * 1-5", 0),
    ]


def test_a_window_over_midnight_ends_on_the_next_day() -> None:
    assert edges(("fri", "22:30", "06:15")) == [("start", "30 22 * * 5", 0), ("stop", "15 6 * * 6", 1)]


def test_a_window_may_pass_the_end_of_the_week() -> None:
    assert edges(("sun", "22:00", "02:00")) == [("start", "0 22 * * 7", 0), ("stop", "0 2 * * 1", 1)]


def test_from_equal_to_is_a_whole_day() -> None:
    assert edges(("sat", "08:00", "08:00")) == [("start", "0 8 * * 6", 0), ("stop", "0 8 * * 7", 1)]


@pytest.mark.parametrize(
    "windows",
    [
        [("mon", "08:00", "12:00"), ("mon", "12:00", "20:00")],
        [("mon", "08:00", "15:00"), ("mon", "10:00", "20:00")],
        [("mon", "08:00", "20:00"), ("mon", "10:00", "12:00")],
        [("mon", "08:00", "20:00"), ("mon", "08:00", "20:00")],
    ],
    ids=["touching", "overlapping", "one inside the other", "the same twice"],
)
def test_what_touches_is_one_stretch(windows: list[tuple[str, str, str]]) -> None:
    assert edges(*windows) == [("start", "0 8 * * 1", 0), ("stop", "0 20 * * 1", 0)]


def test_sunday_night_and_monday_morning_are_one_stretch() -> None:
    assert edges(("sun", "20:00", "00:00"), ("mon", "00:00", "08:00")) == [
        ("start", "0 20 * * 7", 0),
        ("stop", "0 8 * * 1", 1),
    ]


def test_a_whole_week_has_no_edges_and_says_so() -> None:
    with pytest.raises(InvalidRule, match="whole week"):
        edges((" ".join(DAYS), "00:00", "00:00"))


@pytest.mark.parametrize("time", ["24:00", "7:5", "25:61", "07:00:30", "", "noon", "٠٨:٠٠"])
def test_what_is_no_time_is_named(time: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        edges(("mon", "08:00", "12:00"), ("tue", time, "12:00"))
    assert (caught.value.code, caught.value.field) == ("invalid_time", "windows/1/from")


clocks = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
texts = st.builds(WindowText, st.lists(st.sampled_from(DAYS), min_size=1, unique=True), clocks, clocks)


@given(st.lists(texts, min_size=1, max_size=4))
def test_merging_keeps_every_minute_and_leaves_gaps_between(windows: list[WindowText]) -> None:
    laid_out = [each for window in windows for each in laid(window, place=0)]
    stretches = merged(laid_out)
    assert minutes(stretches) == minutes(laid_out)
    ends = {end % WEEK for _, end in stretches}
    assert not ends & {begin % WEEK for begin, _ in stretches} or stretches == [(0, WEEK)]


def minutes(stretches: list[tuple[int, int]]) -> set[int]:
    return {minute % WEEK for begin, end in stretches for minute in range(begin, end)}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (WORKDAYS, "Mon-Fri 08:00-20:00"),
        (("sat",), "Sat 08:00-20:00"),
        (("mon", "wed"), "Mon, Wed 08:00-20:00"),
    ],
)
def test_a_window_in_words(days: tuple[str, ...], said: str) -> None:
    assert sentence(WindowText(days, "08:00", "20:00")) == said
