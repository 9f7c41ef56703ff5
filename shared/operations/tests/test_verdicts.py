"""Which due occurrence runs: one per server, the right one, and a reason for every other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from shared.operations.verdicts import Occurrence, Verdict, verdicts

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
        ({"unfit": Verdict("instance_store")}, "instance_store"),
        ({"kept_on": "Weekend batch"}, "kept_on"),
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
    assert reasons(occurrence(rule=1), occurrence(rule=2)) == ["run", "duplicate"]


def test_after_an_outage_only_the_latest_start_or_stop_runs() -> None:
    missed = [occurrence("stop", late=12), occurrence("start", late=8), occurrence("stop", late=3)]
    assert reasons(*missed) == ["superseded", "superseded", "run"]


def test_a_missed_reboot_is_dropped_when_a_start_or_stop_runs() -> None:
    assert reasons(occurrence("reboot", late=1), occurrence("stop", late=3)) == ["superseded", "run"]


def test_what_was_too_late_does_not_stand_in_the_way_of_what_is_not() -> None:
    assert reasons(occurrence("start", late=60), occurrence("stop", late=2)) == ["too_late", "run"]


def test_other_servers_are_none_of_its_business() -> None:
    assert reasons(occurrence("start"), replace(occurrence("stop"), server=9)) == ["run", "run"]


DAY = timedelta(days=1)


def patient(action: str, *, late: float, rule: int = 1, **facts: object) -> Occurrence:
    """One that may be a day late."""
    each = occurrence(action, late=late, rule=rule, **facts)
    return replace(each, grace_until=each.due_at + DAY)


def test_a_later_word_revokes_what_it_contradicts_though_it_is_too_late_itself() -> None:
    assert reasons(patient("stop", late=60), occurrence("start", late=30)) == ["superseded", "too_late"]


def test_a_later_word_that_says_the_same_revokes_nothing() -> None:
    assert reasons(patient("stop", late=60), occurrence("stop", late=30)) == ["run", "too_late"]


def test_what_was_revoked_does_not_stand_in_the_way_either() -> None:
    due = [patient("stop", late=60), occurrence("start", late=30), patient("start", late=90)]
    assert reasons(*due) == ["superseded", "too_late", "run"]
    assert reasons(patient("stop", late=60), occurrence("start", late=30), occurrence("reboot", late=5)) == [
        "superseded",
        "too_late",
        "run",
    ]


def test_at_one_instant_a_start_that_is_too_late_still_goes_before_a_stop() -> None:
    assert reasons(patient("stop", late=30), occurrence("start", late=30)) == ["conflict", "too_late"]


def test_a_stop_that_other_hours_outrank_revokes_nothing() -> None:
    due = [patient("start", late=60), occurrence("stop", late=30, kept_on="Weekend batch")]
    assert reasons(*due) == ["run", "too_late"]


def test_a_reboot_that_is_too_late_revokes_nothing() -> None:
    assert reasons(patient("stop", late=60), occurrence("reboot", late=30)) == ["run", "too_late"]
