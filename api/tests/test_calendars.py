"""Holiday calendars: which days they give, what is ignored, and that no file can make us work for long."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from api.schedules import calendars, repeating
from api.schedules.calendars import Found
from shared.errors import Invalid

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CHRISTMAS = ["DTSTART;VALUE=DATE:20261225", "SUMMARY:Christmas"]


def calendar(*events: list[str], before: str = "") -> str:
    blocks = "".join("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]) for lines in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{before}{blocks}END:VCALENDAR\r\n"


def read(*events: list[str], before: str = "") -> Found:
    return calendars.read(calendar(*events, before=before), now=NOW)


def given_days(*lines: str) -> list[str]:
    return [str(day) for day, _ in read([*lines, "SUMMARY:x"]).dates]


def test_a_day_with_its_name() -> None:
    assert read(CHRISTMAS) == Found([(date(2026, 12, 25), "Christmas")], 0)


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227"], ["2026-12-25", "2026-12-26"]),
        (["DTSTART:20261225", "DURATION:P2D"], ["2026-12-25", "2026-12-26"]),
        (["DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101"], ["2026-12-31"]),
        (["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225"], ["2026-12-25"]),
        (
            ["DTSTART;TZID=Europe/Berlin:20261225T000000", "DTEND;TZID=Europe/Berlin:20261226T000000"],
            ["2026-12-25"],
        ),
        (['DTSTART;X-A="a:b;c":20261225'], ["2026-12-25"]),
        (["dtstart;value=date:20261225"], ["2026-12-25"]),
        (["DTSTART;VALUE=DATE:2026", " 1225"], ["2026-12-25"]),
        (
            ["DTSTART:20261225", "RDATE;VALUE=DATE:20270101,20270106"],
            ["2026-12-25", "2027-01-01", "2027-01-06"],
        ),
    ],
)
def test_whole_days(lines: list[str], days: list[str]) -> None:
    assert given_days(*lines) == days


@pytest.mark.parametrize(
    ("rule", "start", "days"),
    [
        ("FREQ=YEARLY", "20201225", [f"{year}-12-25" for year in range(2025, 2031)]),
        ("FREQ=YEARLY;INTERVAL=2", "20201225", ["2026-12-25", "2028-12-25", "2030-12-25"]),
        ("FREQ=YEARLY;COUNT=7", "20201225", ["2025-12-25", "2026-12-25"]),
        ("FREQ=YEARLY;UNTIL=20271224", "20201225", ["2025-12-25", "2026-12-25"]),
        ("FREQ=YEARLY;UNTIL=20271225T000000Z", "20251225", ["2025-12-25", "2026-12-25", "2027-12-25"]),
        ("FREQ=YEARLY", "20240229", ["2028-02-29"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20240229", []),
        (
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "19701126",
            ["2026-11-26", "2027-11-25", "2028-11-23", "2029-11-22", "2030-11-28", "2031-11-27"],
        ),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20280101", "20200525", ["2026-05-25", "2027-05-31"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            "20261030",
            ["2026-10-30", "2026-11-30", "2026-12-31"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "20261231", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        (
            "FREQ=WEEKLY;BYDAY=FR,SA;COUNT=4",
            "20261127",
            ["2026-11-27", "2026-11-28", "2026-12-04", "2026-12-05"],
        ),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=2", "20261127", ["2026-11-27", "2026-12-11"]),
        ("FREQ=DAILY;COUNT=2", "20261127", ["2026-11-27", "2026-11-28"]),
    ],
)
def test_what_repeats(rule: str, start: str, days: list[str]) -> None:
    assert given_days(f"DTSTART;VALUE=DATE:{start}", f"RRULE:{rule}") == days


def test_an_exception_leaves_its_day_out() -> None:
    lines = [
        "DTSTART;VALUE=DATE:20251225",
        "RRULE:FREQ=YEARLY;COUNT=4",
        "EXDATE;VALUE=DATE:20261225,20271225",
    ]
    assert given_days(*lines) == ["2025-12-25", "2028-12-25"]


def test_a_moved_or_cancelled_day_of_a_series_is_taken_out_of_it() -> None:
    series = ["UID:a", "DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=MONTHLY;COUNT=4", "SUMMARY:Closed"]
    moved = ["UID:a", "RECURRENCE-ID;VALUE=DATE:20270101", "DTSTART;VALUE=DATE:20270104", "SUMMARY:Closed"]
    gone = ["UID:a", "RECURRENCE-ID:20270201", "DTSTART:20270201", "STATUS:CANCELLED"]
    other = ["UID:b", "DTSTART:20270201", "SUMMARY:Other"]
    found = read(series, moved, gone, other)
    assert [str(day) for day, _ in found.dates] == ["2026-12-01", "2027-01-04", "2027-02-01", "2027-03-01"]
    assert found.ignored == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:20261225T090000Z", "DTEND:20261225T170000Z"],
        ["DTSTART:20261225T000000"],
        ["DTSTART:20261225", "STATUS:CANCELLED"],
        ["DTSTART:20261225", "RRULE:FREQ=SECONDLY"],
        ["DTSTART:20261225", "RRULE:FREQ=HOURLY;INTERVAL=24"],
        ["DTSTART:20261225", "RRULE:FREQ=YEARLY;BYWEEKNO=20"],
        ["DTSTART:20261225", "RRULE:FREQ=YEARLY;BYMONTH=5L;RSCALE=HEBREW"],
        ["DTSTART:20261225", "RRULE:nonsense"],
        ["DTSTART:20101225"],
        ["DTSTART:20991225"],
    ],
)
def test_ignored_entries_are_counted(lines: list[str]) -> None:
    found = read(lines, CHRISTMAS)
    assert (len(found.dates), found.ignored) == (1, 1)


def test_one_day_named_twice_is_one_date_with_both_names() -> None:
    again = ["DTSTART:20261225", "SUMMARY:Weihnachten"]
    assert read(CHRISTMAS, CHRISTMAS, again).dates == [(date(2026, 12, 25), "Christmas; Weihnachten")]


def test_notes_are_one_short_line_without_hidden_characters() -> None:
    [(_, note)] = read(["DTSTART:20261225", r"SUMMARY:A\, b\n c" + "\u202e\u200b\x07 d"]).dates
    assert note == "A, b c d"
    [(_, note)] = read(["DTSTART:20261225", "SUMMARY:" + "x" * 200]).dates
    assert note == "x" * 120


def test_what_is_not_an_event_is_passed_over() -> None:
    winter = "BEGIN:STANDARD\r\nDTSTART:hello\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n"
    zone = f"BEGIN:VTIMEZONE\r\n{winter}END:VTIMEZONE\r\n"
    alarm = ["BEGIN:VALARM", "DTSTART:20270101", "END:VALARM"]
    todo = "BEGIN:VTODO\r\nDTSTART:20270101\r\nEND:VTODO\r\n"
    assert len(read([*CHRISTMAS, *alarm], before=zone + todo).dates) == 1


def test_two_calendars_in_a_file_and_a_byte_order_mark() -> None:
    other = calendar(["DTSTART:20270101"])
    assert len(calendars.read("\ufeff" + calendar(CHRISTMAS) + other, now=NOW).dates) == 2


@pytest.mark.parametrize(
    ("ics", "says"),
    [
        ("", "begins with BEGIN:VCALENDAR"),
        ("<html>", "begins with BEGIN:VCALENDAR"),
        (calendar(CHRISTMAS).replace("END:VCALENDAR", ""), "stops before END:VCALENDAR"),
        (calendar(CHRISTMAS).replace("END:VEVENT", ""), "END:VCALENDAR stands where"),
        (calendar(["SUMMARY:x"]), "Event 1 ('x') cannot be read: it has no DTSTART"),
        (calendar(CHRISTMAS, ["DTSTART:20261345"]), "Event 2 cannot be read: '20261345' is not a date"),
        (calendar(["DTSTART:soon"]), "'soon' is not a date"),
        (calendar([*CHRISTMAS, "DTEND:2026-12-26"]), "'2026-12-26' is not a date"),
        (calendar([*CHRISTMAS, "DURATION:long"]), "long"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=YEARLY;INTERVAL=0"]), "INTERVAL"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=YEARLY;COUNT=x"]), "cannot be read"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=YEARLY;UNTIL=P1D"]), "UNTIL"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=YEARLY;BYMONTH=13"]), "out of range"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=MONTHLY;BYDAY=53MO"]), "out of range"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=WEEKLY;BYDAY=2MO"]), "out of range"),
        (calendar([*CHRISTMAS, "RRULE:FREQ=YEARLY;BYDAY=" + "MO," * 200 + "MO"]), "too long"),
        (calendar([*CHRISTMAS, "EXDATE:never"]), "'never' is not a date"),
        (calendar(*[CHRISTMAS] * 5001), "more than 5000 events"),
        (calendar([*CHRISTMAS, "DESCRIPTION:" + "x" * 1024 * 1024]), "larger than 1 MiB"),
    ],
    ids=str,
)
def test_a_wrong_calendar_is_refused_with_what_is_wrong(ics: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        calendars.read(ics, now=NOW)
    assert (refused.value.code, refused.value.field) == ("invalid_calendar", "ics")
    assert says in str(refused.value)


def test_at_most_400_dates_the_rest_is_counted() -> None:
    found = read(["DTSTART:20260101", "RRULE:FREQ=DAILY;COUNT=450"])
    assert (len(found.dates), found.ignored) == (400, 50)
    assert found.dates[0][0] == date(2026, 1, 1)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=999999999",
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366",
        "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=99999",
        "FREQ=WEEKLY;COUNT=99999",
        "FREQ=DAILY;COUNT=99999",
        "FREQ=DAILY",
    ],
)
def test_a_calendar_cannot_make_us_work_for_long(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    periods = 0
    look = repeating.within

    def counted(*asked: object) -> object:
        nonlocal periods
        periods += 1
        return look(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(repeating, "within", counted)
    bomb = ["DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99990101", f"RRULE:{rule}"]
    with pytest.raises(Invalid, match="repeats too much"):
        read(*[bomb] * 1500)
    assert 0 < periods <= 10_000


WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, unique=True)
COUNTS = st.one_of(st.just(""), st.integers(1, 60).map(lambda count: f";COUNT={count}"))
RULES = st.builds(
    "{}{};INTERVAL={}".format,
    st.one_of(
        st.just("FREQ=YEARLY"),
        st.builds(
            "FREQ=YEARLY;BYMONTH={};BYDAY={}{}".format, st.integers(1, 12), st.integers(1, 4), st.just("TH")
        ),
        st.builds("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}".format, st.integers(1, 12), st.integers(-28, -1)),
        st.just("FREQ=MONTHLY"),
        st.builds(
            "FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS.map(",".join), st.sampled_from([-1, 1, 2])
        ),
        st.builds(
            "FREQ=WEEKLY;BYDAY={};WKST={}".format, WEEKDAYS.map(",".join), st.sampled_from(["MO", "SU"])
        ),
        st.just("FREQ=WEEKLY"),
        st.just("FREQ=DAILY"),
    ),
    COUNTS,
    st.integers(1, 5),
)


@given(rule=RULES, start=st.dates(date(2000, 1, 1), date(2028, 12, 31)))
def test_a_period_at_a_time_gives_the_days_of_the_whole_rule(rule: str, start: date) -> None:
    first, last = date(2025, 11, 28), date(2031, 11, 28)
    whole = rrulestr(rule, dtstart=datetime(start.year, start.month, start.day))
    until = datetime(last.year, last.month, last.day)
    expected = [each.date() for each in whole.between(datetime(2025, 11, 28), until, inc=True)]
    repeat = repeating.understood(rule, start=start)
    budget = repeating.Budget(10**9, "ics")
    assert list(repeating.days(repeat, first=first, last=last, budget=budget)) == expected


def test_events_are_cut_to_the_years_that_count() -> None:
    found = read(["DTSTART:20310101", "DTEND:20400101"])
    assert found.dates[-1][0] == date(2031, 11, 28)
    assert found.dates[0][0] + timedelta(days=len(found.dates) - 1) == date(2031, 11, 28)
