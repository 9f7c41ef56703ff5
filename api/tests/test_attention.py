"""Attention: what needs a person, said with the next step."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.servers.attention import CODES, OF_THE_WAY, Alert, Ended, Facts, attention, said

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FAILED = Ended(3, "start", "failed", "EC2 had no room.", NOON)
STOP_AHEAD = {
    "code": "instance-stop",
    "description": "failing hardware",
    "not_before": "2026-12-02T10:00:00+00:00",
}
LEFT_ON = Ended(3, "stop", "failed", "EC2 refused: not now.", NOON)
ALERT = Alert(9, "stopped", "alerted", NOON)


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        (Facts("stopping", "stopping", stuck_since=NOON), "stuck", "Force stop"),
        (Facts("starting", "pending", stuck_since=NOON), "stuck", "EC2 console"),
        (Facts("missing", "running", missing_since=NOON), "missing", "terminated"),
        (Facts("stopped", "stopped", waits_for_room=3), "no_capacity", "tried again by itself"),
        (
            Facts("stopped", "stopped", ended=FAILED),
            "start_failed",
            "The last start failed. EC2 had no room.",
        ),
        (
            Facts("running", "running", ended=LEFT_ON),
            "stop_failed",
            "still runs. EC2 refused: not now.",
        ),
        (Facts("stopped", "stopped", alerts=[ALERT]), "changed_outside", "else stopped this server"),
        (
            Facts("running", "running", alerts=[Alert(9, "running", "alerted", NOON)]),
            "changed_outside",
            "or stop the",
        ),
        (
            Facts("stopped", "stopped", alerts=[replace(ALERT, actor="aws")]),
            "changed_outside",
            "AWS stopped this server",
        ),
        (
            Facts("stopped", "stopped", alerts=[replace(ALERT, actor="spot")]),
            "changed_outside",
            "AWS, which took the Spot capacity back, stopped this server",
        ),
        (
            Facts("stopped", "stopped", alerts=[Alert(9, "stopped", "given_up", NOON)]),
            "put_back_given_up",
            "Find out",
        ),
        (
            Facts("running", "running", ended=Ended(3, "reboot", "unknown", "", NOON)),
            "not_proven",
            "The last reboot",
        ),
        (
            Facts("running", "running", planned=[STOP_AHEAD]),
            "planned",
            "AWS plans to stop this server from 2026-12-02 10:00 UTC on (failing hardware). Stop and start",
        ),
        (
            Facts("running", "running", planned=[{"code": "new", "description": "?", "not_before": None}]),
            "planned",
            "AWS plans to do something to this server (?).",
        ),
    ],
)
def test_what_needs_a_person_says_what_to_do_next(facts: Facts, code: str, words: str) -> None:
    [note] = attention(facts)
    assert note.code == code
    assert words in note.detail
    assert code in CODES


@pytest.mark.parametrize(
    "facts",
    [
        Facts("running", "running"),
        Facts("running", "running", ended=FAILED),
        Facts("stopped", "stopped", ended=LEFT_ON),
        Facts("running", "running", ended=Ended(3, "reboot", "failed", "", NOON)),
        Facts("stopped", "stopped", ended=replace(FAILED, is_said=True)),
        Facts("running", "running", ended=replace(LEFT_ON, is_said=True)),
        Facts("running", "running", missing_since=NOON),
        Facts("missing", "running", stuck_since=NOON, missing_since=NOON, left_at=NOON, alerts=[ALERT]),
    ],
    ids=[
        "well",
        "it runs since",
        "it is stopped since",
        "no start and no stop",
        "a start, said of its account",
        "a stop, said of its account",
        "missing for a moment",
        "left",
    ],
)
def test_what_needs_nobody_is_not_mentioned(facts: Facts) -> None:
    assert attention(facts) == []


@pytest.mark.parametrize("reason", ["refused", "denied", "throttled", *OF_THE_WAY])
@pytest.mark.parametrize(("denied", "trouble"), list(itertools.product((False, True), repeat=2)))
def test_the_account_says_it_only_while_it_is_so(reason: str, denied: bool, trouble: bool) -> None:
    expected = (reason == "denied" and denied) or (reason in OF_THE_WAY and trouble)
    assert said(reason, denied=denied, trouble=trouble) == expected


def test_everything_is_mentioned_the_most_pressing_first() -> None:
    facts = Facts("stopped", "stopped", stuck_since=NOON, waits_for_room=1, ended=FAILED, alerts=[ALERT])
    assert [note.code for note in attention(facts)] == [
        "stuck",
        "no_capacity",
        "start_failed",
        "changed_outside",
    ]
