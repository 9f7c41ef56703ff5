"""Cron on the clock on the wall: what clock changes do to it, both ways in time, and how faults are named."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRule
from shared.schedules import cron as module
from shared.schedules.recurrence import Timing, before, moments


def utc(day: str, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:{minute:02}Z")


def around(zone: str, cron: str, day: str, **more: object) -> list[str]:
    """What it does in the 24 hours before and after midnight UTC of a date, as the wall clock shows it."""
    timing, middle = Timing(zone, cron, **more), utc(day)  # type: ignore[arg-type]
    begin, end = middle - timedelta(days=1), middle + timedelta(days=1)
    forward = list(takewhile(lambda each: each.at <= end, moments(timing, after=begin)))
    backward = list(takewhile(lambda each: each.at > begin, before(timing, at=end)))
    assert backward[::-1] == forward
    return [f"{each.nominal[8:16]}{'b' * each.fold} at {each.at:%H:%M}" for each in forward]


@pytest.mark.parametrize(
    ("zone", "cron", "day", "expected"),
    [
        ("Europe/Berlin", "30 2 * * *", "2027-03-28", ["27T02:30 at 01:30", "28T02:30 at 01:00"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25", ["24T02:30 at 00:30", "25T02:30 at 00:30"]),
        ("Europe/Berlin", "10,40 2 28 * *", "2027-03-28", ["28T02:10 at 01:00"]),
        ("Europe/Berlin", "30 */6 28 3 *", "2027-03-28",
            ["28T00:30 at 23:30", "28T06:30 at 04:30", "28T12:30 at 10:30", "28T18:30 at 16:30"]),
        ("Europe/Berlin", "*/30 2 28 3 *", "2027-03-28", []),
        ("Europe/Berlin", "*/30 2 25 10 *", "2026-10-25",
            ["25T02:00 at 00:00", "25T02:30 at 00:30", "25T02:00b at 01:00", "25T02:30b at 01:30"]),
        # Half an hour is what clocks jump here, at 02:00 on the wall, 15:30 and 15:00 UTC.
        ("Australia/Lord_Howe", "30 * 4 10 *", "2026-10-04",
            ["04T00:30 at 14:00", "04T01:30 at 15:00", "04T02:30 at 15:30", "04T03:30 at 16:30"]),
        ("Australia/Lord_Howe", "*/15 2 5 4 *", "2026-04-05",
            ["05T02:00 at 15:30", "05T02:15 at 15:45", "05T02:30 at 16:00", "05T02:45 at 16:15"]),
        ("Australia/Lord_Howe", "45 */1 5 4 7", "2026-04-05",
            ["05T00:45 at 13:45", "05T01:45 at 14:45", "05T01:45b at 15:15", "05T02:45 at 16:15"]),
        # Midnight itself is left out: real minutes do not come, a fixed time does.
        ("America/Havana", "*/30 0 8 3 *", "2026-03-08", []),
        ("America/Havana", "30 0 8 3 *", "2026-03-08", ["08T00:30 at 05:00"]),
        # A day that never was has no times.
        ("Pacific/Apia", "0 12 * * *", "2011-12-31", ["31T12:00 at 22:00", "01T12:00 at 22:00"]),
    ],
)  # fmt: skip
def test_what_a_clock_change_does(zone: str, cron: str, day: str, expected: list[str]) -> None:
    found = around(zone, cron, day)
    assert found[: len(expected)] == expected
    assert expected or not found


def test_what_has_come_in_the_first_copy_of_an_hour_has_come_during_the_second() -> None:
    second_half_past_two = utc("2026-10-25", 1, 30)
    newest = next(before(Timing("Europe/Berlin", "45 2 * * *"), at=second_half_past_two))
    assert (newest.at, newest.nominal) == (utc("2026-10-25", 0, 45), "2026-10-25T02:45:00")


def test_an_hour_comes_twice_also_for_a_rule_of_one_day_a_year() -> None:
    found = around("America/New_York", "*/30 1 1 11 *", "2026-11-01")
    assert found == ["01T01:00 at 05:00", "01T01:30 at 05:30", "01T01:00b at 06:00", "01T01:30b at 06:30"]


@pytest.mark.parametrize("bounds", [{"valid_to": date(2026, 10, 25)}, {"valid_from": date(2026, 10, 25)}])
def test_an_hour_comes_twice_also_on_the_last_and_the_first_valid_date(bounds: dict[str, date]) -> None:
    found = around("Europe/Berlin", "*/30 2 25 10 *", "2026-10-25", **bounds)
    assert found == ["25T02:00 at 00:00", "25T02:30 at 00:30", "25T02:00b at 01:00", "25T02:30b at 01:30"]


def test_a_skipped_date_takes_no_moment_of_the_next_one_with_it() -> None:
    """Nuuk's clocks go from 23:00 to midnight, so what is due at 23:00, 23:30 and midnight comes at once."""
    saturday = date(2026, 3, 28)
    found = around("America/Nuuk", "0,30 0,23 * * *", "2026-03-29", skip_dates=frozenset({saturday}))
    assert found == ["27T23:00 at 01:00", "27T23:30 at 01:30", "29T00:00 at 01:00", "29T00:30 at 01:30",
        "29T23:00 at 00:00"]  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Every time that the engine has told."""
    told: list[datetime] = []
    engine = module.ticks

    def listening(text: str, wall: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        for tick in engine(text, wall, reverse=reverse):
            told.append(tick)
            yield tick

    monkeypatch.setattr(module, "ticks", listening)
    return told


def test_nobody_walks_through_dates_that_do_not_count(asked: list[datetime]) -> None:
    year = frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(400))
    skipping = Timing("UTC", "*/5 * * * *", skip_dates=year)
    assert next(moments(skipping, after=utc("2026-01-01"))).nominal == "2027-02-05T00:00:00"
    assert next(before(skipping, at=utc("2027-01-01"))).nominal == "2025-12-31T23:55:00"
    later = Timing("UTC", "*/5 * * * *", valid_from=date(2099, 1, 1))
    assert next(moments(later, after=utc("2026-01-01"))).nominal == "2099-01-01T00:00:00"
    assert next(before(later, at=utc("2026-01-01")), None) is None
    over = Timing("UTC", "*/5 * * * *", valid_to=date(2000, 1, 1))
    assert next(before(over, at=utc("2026-01-01"))).nominal == "2000-01-01T23:55:00"
    assert next(moments(over, after=utc("2026-01-01")), None) is None
    assert len(asked) < 20


def test_what_comes_every_28_years_ends_before_the_calendar_does() -> None:
    coming = list(moments(Timing("UTC", "0 0 * 2 1#5"), after=utc("2027-01-01")))
    assert [each.nominal[:10] for each in coming][:2] == ["2044-02-29", "2072-02-29"]
    assert coming[-1].at < utc("2201-01-01")


def test_dates_that_count_are_whole_whatever_lies_between() -> None:
    days = frozenset({date(2026, 11, 24), date(2026, 11, 26)})
    timing = Timing("UTC", "0 */8 * * *", skip_dates=days, valid_to=date(2026, 11, 27))
    forward = [each.nominal[8:13] for each in moments(timing, after=utc("2026-11-23", 9))]
    assert forward == ["23T16", "25T00", "25T08", "25T16", "27T00", "27T08", "27T16"]
    backward = [each.nominal[8:13] for each in islice(before(timing, at=utc("2026-12-24")), 7)]
    assert backward == forward[::-1]


@pytest.mark.parametrize(
    ("cron", "code", "words"),
    [
        ("61 * * * *", "invalid_cron", "The minute field '61' (field 1 of 5)"),
        ("*/0 * * * *", "invalid_cron", "The minute field '*/0' (field 1 of 5)"),
        ("0 61 * * *", "invalid_cron", "The hour field '61' (field 2 of 5) cannot be read: hours are 0"),
        ("0 0 32 * *", "invalid_cron", "The day of month field '32' (field 3 of 5)"),
        ("0 0 1 13 *", "invalid_cron", "The month field '13' (field 4 of 5)"),
        ("0 0 * * 5#6", "invalid_cron", "The weekday field '5#6' (field 5 of 5)"),
        ("0 24 * 13 *", "invalid_cron", "The hour field '24' (field 2 of 5)"),
        ("@reboot", "invalid_cron", "Cron needs five fields: minute hour day month weekday."),
        ("0 0 0 * * *", "invalid_cron", "Cron needs five fields"),
        ("0 0 31 4,6 *", "never_fires", "There is no day 31 in month 4,6"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_field(cron: str, code: str, words: str) -> None:
    with pytest.raises(InvalidRule) as caught:
        next(moments(Timing("UTC", cron), after=utc("2026-11-23")))
    assert (caught.value.code, caught.value.field) == (code, "cron")
    assert str(caught.value).startswith(words)


fields = st.text("0123456789*/-,#LWMONFRIsunjan ٣", min_size=1, max_size=6)


@given(st.lists(fields, min_size=5, max_size=5).map(" ".join))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    timing, refused = Timing("Europe/Berlin", text), set()
    try:
        list(islice(moments(timing, after=datetime(2026, 11, 23, tzinfo=UTC)), 2))
    except InvalidRule as error:
        refused.add(error.code)
    assert refused <= {"invalid_cron", "never_fires"}
