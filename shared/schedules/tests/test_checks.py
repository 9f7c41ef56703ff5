"""Which rules may be saved."""

from datetime import UTC, datetime

import pytest

from shared.errors import InvalidRule
from shared.schedules.checks import RuleText, check_rule, lands_in_gap

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def code(rule: RuleText, *, zone: str = "Europe/Berlin") -> tuple[str, str]:
    try:
        check_rule(rule, zone=zone, place=3, now=NOW)
    except InvalidRule as error:
        return error.code, error.field
    return "", ""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RuleText("stop", cron="30 18 * * 1-5"), ""),
        (RuleText("stop", cron="*/5 * * * *"), ""),
        (RuleText("stop", cron="0 0 29 2 *"), ""),
        (RuleText("reboot", cron="*/15 * * * *"), ""),
        (RuleText("stop", at="2026-11-23T13:00:01"), ""),
        (RuleText("stop", cron="*/4 * * * *"), "too_frequent"),
        (RuleText("start", cron="0,3 8 * * 1"), "too_frequent"),
        (RuleText("reboot", cron="*/14 * * * *"), "too_frequent"),
        (RuleText("stop", cron="2,58 0,23 * * *"), "too_frequent"),
        (RuleText("stop", cron="2,58 0,23 * * 1"), ""),
        (RuleText("stop", cron="2,58 0,23 * * 1,2"), "too_frequent"),
        (RuleText("stop", cron="0 0 31 2 *"), "never_fires"),
        (RuleText("stop", cron="0 0 31 4,6 *"), "never_fires"),
        (RuleText("stop", cron="0 0 31 13 *"), "invalid_cron"),
        (RuleText("stop", cron="0 0 32 1 *"), "invalid_cron"),
        (RuleText("stop", cron="0 0 * *"), "invalid_cron"),
    ],
)
def test_a_rule_is_saved_or_refused_with_its_place(rule: RuleText, expected: str) -> None:
    field = "rules/3/cron" if expected else ""
    assert code(rule) == (expected, field)


def test_a_night_in_which_clocks_change_is_no_reason_to_refuse_a_rule() -> None:
    """Two minutes lie between 01:58 and 03:00 in Berlin on 28 March 2027."""
    rule = RuleText("stop", cron="0,58 1,3 28 3 *")
    check_rule(rule, zone="Europe/Berlin", place=0, now=datetime(2027, 3, 27, tzinfo=UTC))


def test_a_moment_is_past_or_coming_on_the_schedules_own_clock() -> None:
    rule = RuleText("stop", at="2026-11-23T12:30")
    assert code(rule, zone="UTC") == ("", "")
    assert code(rule) == ("in_the_past", "rules/3/at")


@pytest.mark.parametrize(
    ("at", "zone", "runs"),
    [
        ("2027-03-28T02:30:00", "Europe/Berlin", "2027-03-28T03:00:00+02:00"),
        ("2027-03-28T01:59:00", "Europe/Berlin", None),
        ("2027-03-28T03:00:00", "Europe/Berlin", None),
        ("2026-10-25T02:30:00", "Europe/Berlin", None),
        ("2027-03-28T02:30:00", "Asia/Kolkata", None),
    ],
)
def test_a_local_time_that_clocks_skip_is_known(at: str, zone: str, runs: str | None) -> None:
    found = lands_in_gap(at, zone=zone)
    assert (found.isoformat() if found else None) == runs
