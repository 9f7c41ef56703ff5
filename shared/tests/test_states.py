"""The life of an operation: ends are final, everything begins as requested, and no state is unreachable."""

import string

import pytest

from shared.operations.reasons import SENTENCES, explained, sentence
from shared.operations.states import ACTIVE, MOVES, OPEN, State, sources


def test_ends_are_final_and_everything_else_is_open() -> None:
    assert frozenset({State.REQUESTED, State.SENDING, State.ACCEPTED}) == OPEN
    assert ACTIVE < OPEN


def test_nothing_returns_to_requested_once_ec2_accepted_it() -> None:
    assert sources(State.REQUESTED) == {State.SENDING}


@pytest.mark.parametrize("state", [state for state in State if state is not State.REQUESTED])
def test_every_state_can_be_reached(state: State) -> None:
    assert sources(state)


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(MOVES) == set(State)


def test_a_sentence_needs_all_its_words() -> None:
    with pytest.raises(KeyError):
        sentence("held", want="on")


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_says_something_and_ends(code: str) -> None:
    wanted = {name: name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}
    text = sentence(code, **wanted)
    assert text[0].isupper()
    assert len(text.split()) > 2


def test_ec2s_terse_reason_comes_with_what_it_usually_means() -> None:
    text = explained("Client.InternalError: Client error on launch")
    assert text.startswith("Client.InternalError: Client error on launch. ")
    assert "allow kms:CreateGrant on it to the role or user of this account" in text
    assert explained("Something new.") == "Something new."
