"""The story comes true only when every step happened, in order, and the API agrees with EC2."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.demo.timeline import Act, mismatches, table

DUE = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def after(milliseconds: int) -> datetime:
    return DUE + timedelta(milliseconds=milliseconds)


def told(milliseconds: int) -> str:
    return after(milliseconds).isoformat()


OPERATION = {
    "state": "succeeded",
    "origin": "rule",
    "sending_at": told(20),
    "accepted_at": told(150),
    "finished_at": told(9900),
}
CALL = {"at": after(40).timestamp()}
MOVE = {"ends_at": after(9000).timestamp()}
TRUE = Act(
    "stop",
    8,
    "i-0a1f",
    "stopped",
    DUE,
    operation=OPERATION,
    status={"status": "stopped"},
    shown=[("running", after(-900)), ("stopping", after(200)), ("stopped", after(10_000))],
    calls=[CALL],
    moves=[MOVE],
    truth="stopped",
)


def test_a_true_story_has_nothing_against_it() -> None:
    assert mismatches(TRUE) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"operation": OPERATION | {"state": "failed"}}, "the stop ended as failed"),
        ({"operation": OPERATION | {"origin": "person"}}, "the stop came from person"),
        ({"moves": [MOVE, MOVE]}, "EC2 saw 2 transitions to stopped, not 1"),
        ({"moves": []}, "EC2 saw 0 transitions to stopped, not 1"),
        ({"calls": []}, "EC2 accepted no StopInstances"),
        ({"truth": "running"}, "the status says stopped, EC2 running"),
        ({"shown": [("running", after(0)), ("stopped", after(9))]}, "the status never showed stopping"),
        ({"calls": [{"at": after(-40).timestamp()}]}, "the moments of the stop are out of order"),
        ({"operation": OPERATION | {"finished_at": told(8000)}}, "the moments of the stop are out of order"),
        ({"operation": OPERATION | {"finished_at": None}}, "the moments of the stop are out of order"),
    ],
)
def test_whatever_did_not_happen_is_said(change: dict[str, Any], sentence: str) -> None:
    assert sentence in mismatches(replace(TRUE, **change))


def test_the_table_shows_moments_and_lags_in_milliseconds() -> None:
    lines = table([TRUE]).splitlines()
    assert "   call received by EC2         17:30:00.040   +    40 ms" in lines
    assert lines[-2].split() == ["lag", "due", "->", "call", "received", "40", "ms"]
    assert lines[-1].split() == ["lag", "EC2", "stopped", "->", "database", "900", "ms"]


def test_what_never_happened_is_shown_as_never() -> None:
    assert "   sent                         never" in table([replace(TRUE, operation={})]).splitlines()
