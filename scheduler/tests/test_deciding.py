"""Which due occurrence runs: one per server, the right one, and a reason for every other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from scheduler.deciding import RUN, Occurrence, Ready, Verdict, Wait, before_sending, verdicts

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
GRACE = timedelta(minutes=15)


def occurrence(action: str = "stop", *, late: float = 0, rule: int = 1, **facts: object) -> Occurrence:
    due = NOW - timedelta(minutes=late)
    return Occurrence(rule=rule, server=8, action=action, due_at=due, grace_until=due + GRACE, **facts)  # type: ignore[arg-type]


def reasons(*due: Occurrence) -> list[str]:
    return [verdict.reason or "run" for _, verdict in verdicts(due, now=NOW)]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "run"),
        ({"late": 14.9}, "run"),
        ({"late": 15.1}, "too_late"),
        ({"protected": True}, "protected"),
        ({"gone": True}, "server_gone"),
        ({"region_enabled": False}, "account_disabled"),
        ({"skipped": True}, "skipped_once"),
        ({"observe": True}, "observe_only"),
        ({"hold": {"want": "on", "until": "21:00", "author": "Sam"}}, "held"),
    ],
)
def test_what_speaks_against_an_occurrence(facts: dict[str, object], reason: str) -> None:
    assert reasons(occurrence(**facts)) == [reason]  # type: ignore[arg-type]


def test_at_one_instant_start_wins_over_stop_over_reboot_in_every_order() -> None:
    three = [occurrence("start", rule=1), occurrence("stop", rule=2), occurrence("reboot", rule=3)]
    for order in permutations(three):
        found = {each.action: verdict.reason for each, verdict in verdicts(order, now=NOW)}
        assert found == {"start": "", "stop": "conflict", "reboot": "conflict"}


def test_the_same_action_twice_at_one_instant_runs_once() -> None:
    assert reasons(occurrence(rule=1), occurrence(rule=2)) == ["run", "conflict"]


def test_after_an_outage_only_the_latest_start_or_stop_runs() -> None:
    missed = [occurrence("stop", late=12), occurrence("start", late=8), occurrence("stop", late=3)]
    assert reasons(*missed) == ["superseded", "superseded", "run"]


def test_a_missed_reboot_is_dropped_when_a_start_or_stop_runs() -> None:
    assert reasons(occurrence("reboot", late=1), occurrence("stop", late=3)) == ["superseded", "run"]


def test_what_was_too_late_does_not_stand_in_the_way_of_what_is_not() -> None:
    assert reasons(occurrence("start", late=60), occurrence("stop", late=2)) == ["too_late", "run"]


def test_other_servers_are_none_of_its_business() -> None:
    assert reasons(occurrence("start"), replace(occurrence("stop"), server=9)) == ["run", "run"]


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
        ({"newer": True}, "superseded"),
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
