"""Whether an operation is still to be sent, judged by the facts of that moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.deciding import Ready, Wait, before_sending
from shared.operations.verdicts import RUN, Verdict

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
GRACE = timedelta(minutes=15)
READY = Ready("stop", True, NOW + GRACE, "running", NOW - timedelta(seconds=3))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ""),
        ({"observed_state": "stopped"}, "already_in_state"),
        ({"observed_state": "stopped", "seen_at": NOW - timedelta(seconds=11)}, ""),  # too old to trust: send
        ({"observed_state": "stopped", "seen_at": None}, ""),
        ({"action": "start"}, "already_in_state"),
        ({"action": "reboot"}, ""),
        ({"action": "reboot", "observed_state": "stopped"}, "wrong_state"),
        ({"observed_state": "stopping"}, ""),  # on its way; EC2 takes the stop as it is
        ({"protected": True}, "protected"),
        ({"protected": True, "by_rule": False}, ""),
        ({"gone": True}, "server_gone"),
        ({"observed_state": "terminated"}, "server_gone"),
        ({"grace_until": NOW - timedelta(seconds=1)}, "too_late"),
        ({"lost": Verdict("superseded")}, "superseded"),
        ({"withdrawn": True}, "schedule_changed"),
        ({"withdrawn": True, "grace_until": NOW - timedelta(seconds=1)}, "schedule_changed"),
        ({"by_rule": False, "forces": True, "observed_state": "stopping", "hangs": True}, ""),
        ({"by_rule": False, "forces": True}, "not_stuck"),
    ],
)
def test_right_before_sending_the_facts_are_read_again(facts: dict[str, object], expected: str) -> None:
    verdict = before_sending(replace(READY, **facts), now=NOW)  # type: ignore[arg-type]
    assert isinstance(verdict, Verdict)
    assert verdict.reason == expected
    assert (verdict is RUN) == (expected == "")


@pytest.mark.parametrize(
    ("action", "state"), [("start", "stopping"), ("stop", "pending"), ("reboot", "stopping")]
)
def test_a_server_on_its_way_elsewhere_is_waited_for(action: str, state: str) -> None:
    verdict = before_sending(replace(READY, action=action, observed_state=state), now=NOW)
    assert isinstance(verdict, Wait)
    assert verdict.until > NOW
