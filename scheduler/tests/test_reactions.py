"""What a schedule answers to a change that was not ours."""

from dataclasses import replace

import pytest

from scheduler.reactions import MOST_AN_HOUR, Drift, reaction

STARTED = Drift(after="running", goal="stopped", mode="enforce")


@pytest.mark.parametrize(
    ("mode", "answer"),
    [("respect", "respected"), ("alert", "alerted"), ("enforce", "put_back"), ("observe", "")],
)
def test_the_mode_of_the_schedule_decides(mode: str, answer: str) -> None:
    assert reaction(replace(STARTED, mode=mode)) == answer


def test_without_a_schedule_that_has_the_last_word_there_is_no_answer() -> None:
    assert reaction(Drift("running")) == ""
    assert reaction(replace(STARTED, speaks=False)) == ""


def test_a_change_to_where_the_schedule_had_it_needs_no_answer() -> None:
    assert reaction(replace(STARTED, after="stopped")) == ""


@pytest.mark.parametrize("mode", ["respect", "alert", "enforce"])
def test_a_hold_that_wants_the_new_state_keeps_it(mode: str) -> None:
    assert reaction(replace(STARTED, mode=mode, hold="on")) == "held"


def test_a_hold_that_wants_the_opposite_keeps_nothing() -> None:
    assert reaction(replace(STARTED, hold="off")) == "put_back"


def test_a_server_that_is_busy_or_to_be_spared_is_not_put_back() -> None:
    assert reaction(replace(STARTED, busy=True)) == "respected"
    assert reaction(replace(STARTED, spared=True)) == "spared"
    assert reaction(replace(STARTED, spared=True, mode="respect")) == "respected"
    assert reaction(replace(STARTED, spared=True, put_back=MOST_AN_HOUR)) == "spared"


def test_a_server_that_keeps_being_changed_is_left_alone_after_three_times_an_hour() -> None:
    assert reaction(replace(STARTED, put_back=MOST_AN_HOUR - 1)) == "put_back"
    assert reaction(replace(STARTED, put_back=MOST_AN_HOUR)) == "given_up"
