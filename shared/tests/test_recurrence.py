"""Recurrence against wall clocks: weekdays, clock changes, single moments and every way to write nonsense."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.errors import InvalidRule
from shared.schedules.recurrence import Timing, check, first, moments

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nexts(timing: Timing, *, after: str, count: int = 1) -> list[str]:
    return [f"{each.at:%Y-%m-%d %H:%M:%S}" for each in first(timing, after=utc(after), count=count)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-11-23 06:00", "2026-11-23 07:00:00"),  # Monday, an hour before
        ("2026-11-23 07:00", "2026-11-24 07:00:00"),  # exactly then: the next one
        ("2026-11-27 08:00", "2026-11-30 07:00:00"),  # Friday: over the weekend
        ("2027-03-26 08:00", "2027-03-29 06:00:00"),  # summer time began on Sunday
    ],
)
def test_weekday_mornings_in_berlin(after: str, expected: str) -> None:
    assert nexts(Timing("Europe/Berlin", cron="0 8 * * 1-5"), after=after) == [expected]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "expected"),
    [
        ("Europe/Berlin", "30 2 * * *", "2027-03-27 12:00", "2027-03-28 01:00:00"),  # gap: right after it
        ("Europe/Berlin", "30 2 * * *", "2027-10-30 12:00", "2027-10-31 00:30:00"),  # overlap: the first copy
        ("America/New_York", "30 2 * * *", "2027-03-13 12:00", "2027-03-14 07:00:00"),
        (
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2027-10-02 03:00",
            "2027-10-02 15:30:00",
        ),  # a gap of 30 minutes
        ("Asia/Kolkata", "30 18 * * *", "2027-03-27 12:00", "2027-03-27 13:00:00"),
    ],
)
def test_a_fixed_time_runs_once_when_clocks_change(zone: str, cron: str, after: str, expected: str) -> None:
    timing = Timing(zone, cron=cron)
    one, two = first(timing, after=utc(after), count=2)
    assert f"{one.at:%Y-%m-%d %H:%M:%S}" == expected
    assert two.at - one.at > timedelta(hours=20)


def test_a_quarter_hourly_rule_follows_real_time_through_the_repeated_hour() -> None:
    timing = Timing("Europe/Berlin", cron="*/15 * * * *")
    found = first(timing, after=utc("2027-10-30 23:59"), count=12)
    assert [each.at for each in found] == [
        utc("2027-10-31 00:00") + n * timedelta(minutes=15) for n in range(12)
    ]
    assert len({(each.nominal, each.fold) for each in found}) == 12


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Berlin", "2026-12-24T07:00", "2026-12-24 06:00:00"),
        ("Europe/Berlin", "2026-12-24T07:00:30", "2026-12-24 06:00:30"),
        ("Europe/Berlin", "2027-03-28T02:30", "2027-03-28 01:00:00"),  # this local time does not exist
        ("Europe/Berlin", "2027-10-31T02:30", "2027-10-31 00:30:00"),  # this one happens twice
    ],
)
def test_a_single_moment(zone: str, at: str, expected: str) -> None:
    assert nexts(Timing(zone, at=at), after="2026-11-23 12:00", count=3) == [expected]


def test_skip_dates_remove_the_moments_of_that_local_day() -> None:
    timing = Timing("Asia/Kolkata", cron="0 8 * * *", skip_dates=frozenset({date(2026, 11, 24)}))
    assert nexts(timing, after="2026-11-23 12:00", count=2) == ["2026-11-25 02:30:00", "2026-11-26 02:30:00"]


@pytest.mark.parametrize(
    ("timing", "code", "field"),
    [
        (Timing("Mars/Base", cron="0 8 * * *"), "unknown_timezone", "timezone"),
        (Timing("../etc/localtime", cron="0 8 * * *"), "unknown_timezone", "timezone"),
        (Timing("+02:00", cron="0 8 * * *"), "unknown_timezone", "timezone"),
        (Timing("UTC", cron="* * * *"), "invalid_cron", "cron"),
        (Timing("UTC", cron="61 * * * *"), "invalid_cron", "cron"),
        (Timing("UTC", cron="*/0 * * * *"), "invalid_cron", "cron"),
        (Timing("UTC", cron="@reboot"), "invalid_cron", "cron"),
        (Timing("UTC", cron="* " * 5000), "invalid_cron", "cron"),
        (Timing("UTC", cron="0 0 31 2 *"), "never_fires", "cron"),
        (Timing("UTC", at="24:00"), "invalid_time", "at"),
        (Timing("UTC", at="2026-02-30T10:00"), "invalid_time", "at"),
        (Timing("UTC", at="2026-12-24T10:00Z"), "invalid_time", "at"),
        (Timing("UTC", at="9999-12-24T10:00"), "out_of_range", "at"),
        (Timing("UTC", at="2026-11-23T11:59"), "in_the_past", "at"),
        (Timing("UTC"), "cron_or_at", ""),
        (Timing("UTC", cron="0 8 * * *", at="2026-12-24T10:00"), "cron_or_at", ""),
    ],
)
def test_nonsense_is_refused_with_a_code(timing: Timing, code: str, field: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        check(timing, after=NOON)
    assert (caught.value.code, caught.value.field) == (code, field)


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo"]


@given(
    zone=some.sampled_from(ZONES),
    minute=some.integers(0, 59),
    hour=some.integers(0, 23),
    after=some.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=some.just(UTC)),
)
def test_moments_come_in_order_and_asking_from_between_changes_nothing(
    zone: str, minute: int, hour: int, after: datetime
) -> None:
    timing = Timing(zone, cron=f"{minute} {hour} * * *")
    one, two = first(timing, after=after, count=2)
    assert after < one.at < two.at
    between = one.at + (two.at - one.at) / 2
    assert next(moments(timing, after=between)) == two
