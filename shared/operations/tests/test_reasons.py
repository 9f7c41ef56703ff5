"""The sentences of the reasons."""

import pytest

from shared.operations.reasons import SENTENCES, called, sentence
from shared.operations.services import why

NEXT = (
    "retry",
    "Retry",
    "Try again",
    "Check",
    "Enter",
    "Use ",
    "Look at",
    "Take the",
    "Ask again",
    "Change the",
)
# What leaves a person with nothing to do, or has said it before.
NOTHING_TO_DO = {
    "already_in_state",
    "conflict",
    "duplicate",
    "kept_on",
    "superseded",
    "held",
    "skipped_once",
    "observe_only",
    "server_gone",
    "wrong_state",
    "schedule_changed",
    "cancelled_by_person",
    "not_stuck",
    "forced",
    "end_seen",
    "reboot_seen",
    "instance_store",
    "lifecycle",
    "one_time_spot",
    "hibernated",
    "stopped_without_hibernating",
}


@pytest.mark.parametrize("code", sorted(SENTENCES.keys() - NOTHING_TO_DO))
def test_a_reason_says_what_to_do_next(code: str) -> None:
    assert any(words in SENTENCES[code] for words in NEXT)


def test_a_state_is_told_as_the_page_shows_it() -> None:
    text = sentence("confirm_timeout", state="pending", minutes=10)
    assert "was still starting after 10 minutes" in text
    assert why("not_ready", state="pending").startswith("The server is still starting;")
    assert sentence("wrong_state", state="stopped", action="reboot").startswith("A stopped server")


@pytest.mark.parametrize(
    ("options", "words"), [({}, "stop"), ({"force": True}, "force stop"), ({"hibernate": True}, "hibernate")]
)
def test_an_action_is_called_as_people_call_it(options: dict[str, bool], words: str) -> None:
    assert called("stop", options) == words
