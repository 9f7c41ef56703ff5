"""Rules in plain words."""

from datetime import date

import pytest

from shared.schedules.windows import WindowText
from shared.schedules.words import Bounds, bent, hours, place, sentence, told_at, whole


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"action": "stop", "cron": "30 18 * * 1-5"}, "Stop at 18:30 on Monday through Friday"),
        ({"action": "start", "cron": "*/15 * * * *"}, "Start every 15th minute of every hour"),
        ({"action": "reboot", "at": "2026-12-24T07:00"}, "Reboot once on 24 Dec 2026 at 07:00"),
        ({"action": "reboot", "at": "2026-12-24T07:00:30"}, "Reboot once on 24 Dec 2026 at 07:00:30"),
        ({"action": "stop", "cron": "0 3 13 * *"}, "Stop at 03:00 on the 13th day of every month"),
        ({"action": "stop", "cron": "0 3 13 * 5"}, "Stop at 03:00 on the 13th day of the month or on Friday"),
        (
            {"action": "stop", "cron": "0 3 1,15 * 1-5"},
            "Stop at 03:00 on the first and the 15th day of the month or on Monday through Friday",
        ),
        ({"action": "stop", "cron": "0 9,17 * * 1"}, "Stop at 09:00 and 17:00 on Monday"),
        ({"action": "stop", "cron": "nonsense"}, "Stop by cron nonsense"),
    ],
)
def test_one_rule(rule: dict[str, str], words: str) -> None:
    assert sentence(**rule) == words


def test_rules_are_told_in_one_order_whatever_the_order_of_their_rows() -> None:
    rules = [
        {"action": "start", "at": "2026-12-24T07:00"},
        {"action": "reboot", "cron": "0 4 * * 0"},
        {"action": "stop", "cron": "30 18 * * 1-5"},
        {"action": "start", "cron": "0 7 * * 1-5"},
    ]
    assert [rule["action"] for rule in sorted(rules, key=lambda rule: told_at(**rule))] == [
        "start",
        "stop",
        "reboot",
        "start",
    ]


def test_a_schedule_is_one_sentence_with_its_place() -> None:
    rules = ["Start at 08:00 every day", "Stop at 20:00 every day"]
    assert (
        whole(rules, timezone="Asia/Kolkata")
        == "Start at 08:00 every day; stop at 20:00 every day, Kolkata time."
    )
    assert whole([], timezone="UTC") == "No rules yet."
    assert place("America/Argentina/Buenos_Aires") == "Buenos Aires"


TODAY = date(2026, 11, 23)


def test_windows_are_one_sentence_with_the_dates_that_bend_them() -> None:
    workdays = WindowText(("mon", "tue", "wed", "thu", "fri"), "08:00", "20:00")
    saturday = WindowText(("sat",), "10:00", "14:00")
    christmas = Bounds(TODAY, [date(2026, 12, 25), date(2025, 12, 25)])
    assert (
        whole([hours([workdays, saturday])], timezone="Asia/Kolkata", bounds=christmas)
        == "On Mon-Fri 08:00-20:00 and Sat 10:00-14:00, Kolkata time, except 25 Dec."
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], ""),
        ([(2026, 12, 25), (2026, 12, 24), (2026, 12, 26)], ", except 24 to 26 Dec"),
        ([(2026, 12, 31), (2027, 1, 1)], ", except 31 Dec to 1 Jan 2027"),
        ([(2026, 12, day) for day in (1, 3, 5, 7, 9)], ", except 1 Dec, 3 Dec, 5 Dec and 2 more dates"),
        ([(2026, 12, day) for day in (1, 3, 5, 7)], ", except 1 Dec, 3 Dec, 5 Dec and 1 more date"),
    ],
)
def test_skip_dates_in_words(days: list[tuple[int, int, int]], words: str) -> None:
    assert bent(Bounds(TODAY, [date(*day) for day in days])) == words


def test_validity_in_words() -> None:
    assert bent(Bounds(TODAY, (), date(2026, 12, 1), date(2027, 3, 31))) == ", from 1 Dec, until 31 Mar 2027"
    assert bent(Bounds(TODAY, (), date(2026, 11, 1), None)) == ""
