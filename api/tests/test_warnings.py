"""What is worth knowing about a schedule that is saved all the same."""

from typing import Any

import pytest

from api.tests.conftest import Person, make_server, schedule
from shared.fleet.models import Region, Server
from shared.schedules.models import Schedule

pytestmark = pytest.mark.django_db
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def hours(start: str, to: str) -> list[dict[str, Any]]:
    return [{"days": WEEK, "from": start, "to": to}]


def codes(saved: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in saved["warnings"]]


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 9 31 * *", "31"),
        ("0 9 30,15 2-4 *", "30"),
        ("0 9 29 * *", "29"),
        ("0 9 29,31 * *", "29 or 31"),
        ("0 9 31 4,MAY *", "31"),
        ("0 9 28 * *", ""),
        ("0 9 L * *", ""),
        ("0 9 31,L * *", ""),
        ("0 9 31 1,3,5 *", ""),
        ("0 9 30 3-12 *", ""),
        ("0 9 * * *", ""),
        ("0 9 1-31 * *", ""),
        ("0 9 */10 * *", ""),
    ],
)
def test_a_day_that_shorter_months_do_not_have_is_told_and_l_suggested(
    alice: Person, server: Server, cron: str, days: str
) -> None:
    saved = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": cron}])
    assert codes(saved) == (["short_months"] if days else [])
    if days:
        assert (
            f"without a day {days}. For the last day of every month, write L"
            in saved["warnings"][0]["detail"]
        )


def test_a_stop_within_the_hours_of_another_schedule_is_told_on_both_sides(
    alice: Person, server: Server
) -> None:
    windows = hours("08:00", "20:00")
    office = schedule(alice, name="Office", servers=[server.id], rules=None, windows=windows)
    early = schedule(
        alice, name="Early", servers=[server.id], rules=[{"action": "stop", "cron": "0 18 * * *"}]
    )
    assert (codes(office), codes(early)) == ([], ["kept_on"])
    [told] = early["warnings"]
    assert told["detail"].startswith("The stop of 'Early' ")
    assert told["detail"].endswith(
        " falls into the hours of 'Office' on the same server. Those keep it on, and the stop is skipped."
    )
    assert alice.get(f"schedules/{office['id']}").json()["warnings"] == [told]


def test_the_ends_of_hours_are_judged_by_the_hours_of_others(alice: Person, server: Server) -> None:
    first = schedule(alice, servers=[server.id], rules=None, windows=hours("08:00", "18:00"))
    late = schedule(alice, servers=[server.id], rules=None, windows=hours("16:00", "22:00"))
    assert (codes(late), codes(alice.get(f"schedules/{first['id']}").json())) == (["kept_on"], ["kept_on"])


def test_hours_that_follow_upon_each_other_keep_the_server_on_and_do_not_collide(
    alice: Person, server: Server
) -> None:
    schedule(alice, servers=[server.id], rules=None, windows=hours("08:00", "16:00"))
    late = schedule(alice, servers=[server.id], rules=None, windows=hours("16:00", "22:00"))
    assert codes(late) == ["kept_on"]


def test_the_end_of_hours_collides_with_a_start_at_the_same_moment(alice: Person, server: Server) -> None:
    schedule(alice, name="Evening", servers=[server.id], rules=[{"action": "start", "cron": "0 20 * * *"}])
    office = schedule(alice, name="Office", servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    assert set(codes(office)) == {"collision"}
    assert "start of 'Evening', stop of 'Office'. Start wins" in office["warnings"][0]["detail"]


def test_a_stop_that_is_kept_on_collides_with_nothing(alice: Person, server: Server) -> None:
    schedule(alice, servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    schedule(alice, servers=[server.id], rules=[{"action": "reboot", "cron": "0 18 * * *"}])
    early = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "0 18 * * *"}])
    assert codes(early) == ["kept_on"]


def test_moments_are_told_on_the_wall_clock_of_the_schedule_that_is_asked_about(
    alice: Person, server: Server
) -> None:
    christmas = [{"action": "stop", "at": "2099-12-24T18:00"}]
    schedule(alice, name="Kolkata", timezone="Asia/Kolkata", servers=[server.id], rules=christmas)
    start = [{"action": "start", "at": "2099-12-24T13:30"}]
    berlin = schedule(alice, name="Berlin", servers=[server.id], rules=start)
    assert berlin["warnings"][0]["detail"] == (
        "The same server is asked for different things on 24 Dec 2099 13:30 Berlin time: start of 'Berlin', "
        "stop of 'Kolkata'. Start wins; the others are skipped."
    )
    hours_of_new_york = schedule(
        alice,
        name="Afternoon",
        timezone="America/New_York",
        servers=[server.id],
        rules=None,
        windows=hours("07:00", "15:00"),
    )
    assert hours_of_new_york["warnings"][0]["detail"].startswith(
        "The stop of 'Kolkata' on 24 Dec 2099 07:30 New York time falls into the hours of 'Afternoon'"
    )


@pytest.mark.parametrize("change", [{"mode": "observe"}, {"enabled": False}])
def test_who_has_no_say_clashes_with_nobody(alice: Person, server: Server, change: dict[str, Any]) -> None:
    schedule(alice, servers=[server.id], rules=None, windows=hours("08:00", "20:00"), **change)
    other = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "0 18 * * *"}])
    assert codes(other) == []


def test_where_all_dates_are_skipped_nothing_will_run(alice: Person, server: Server) -> None:
    day = "2027-12-24"
    saved = schedule(
        alice,
        servers=[server.id],
        rules=[{"action": "stop", "at": f"{day}T18:00"}],
        skip_dates=[{"day": day}],
    )
    assert saved["warnings"] == [
        {
            "code": "never_runs",
            "detail": "Nothing will run: every moment that is left falls on a date to skip.",
        }
    ]
    assert saved["next"] is None


def test_where_no_moment_is_within_its_dates_nothing_will_run(alice: Person, server: Server) -> None:
    saved = schedule(
        alice,
        servers=[server.id],
        rules=[{"action": "stop", "cron": "0 18 * * 1"}],
        valid_from="2027-12-21",
        valid_to="2027-12-22",
    )
    assert codes(saved) == ["never_runs"]
    assert "no moment is left within its dates of validity" in saved["warnings"][0]["detail"]


def test_what_is_over_paused_or_off_is_not_said_to_never_run(alice: Person, server: Server) -> None:
    days = [{"day": "2027-12-24"}]
    rules = [{"action": "stop", "at": "2027-12-24T18:00"}]
    off = schedule(alice, servers=[server.id], rules=rules, skip_dates=days, enabled=False)
    assert codes(off) == []
    once = schedule(alice, servers=[server.id], rules=rules)
    Schedule.objects.get(id=once["id"]).rules.update(next_run_at=None, at="2020-12-24T18:00")
    assert codes(alice.get(f"schedules/{once['id']}").json()) == []


def backwards(row: dict[str, Any]) -> dict[str, Any]:
    """The same with its days in another order."""
    return {name: said[::-1] if name == "days" else said for name, said in row.items()}


@pytest.mark.parametrize(
    "timetable",
    [
        {"rules": [{"action": "stop", "cron": "30 18 * * 1-5"}, {"action": "start", "cron": "0 7 * * 1-5"}]},
        {"rules": None, "windows": [*hours("08:00", "12:00"), *hours("13:00", "20:00")]},
    ],
    ids=["actions", "hours"],
)
def test_a_copy_on_one_of_the_same_servers_is_told_before_and_after_saving(
    alice: Person, region: Region, timetable: dict[str, Any]
) -> None:
    first, second = make_server(region, name="a"), make_server(region, name="b")
    schedule(alice, name="Nightly", servers=[first.id, second.id], **timetable)
    turned = {
        name: [backwards(row) for row in rows[::-1]] if rows else rows for name, rows in timetable.items()
    }
    body = {"name": "Copy", "servers": [second.id]} | {name: rows for name, rows in turned.items() if rows}
    [told] = alice.post("schedules/impact", body).json()["warnings"]
    assert told == {
        "code": "double",
        "detail": "'Nightly' does the same at the same times on a server of this one. One of them is enough.",
    }
    assert schedule(alice, name="Copy", servers=[second.id], **turned)["warnings"] == [told]


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "Europe/Paris"},
        {"skip_dates": [{"day": "2099-12-25"}]},
        {"valid_to": "2099-01-01"},
        {"enabled": False},
        {"mode": "observe"},
        {"rules": [{"action": "stop", "cron": "31 18 * * 1-5"}]},
    ],
    ids=str,
)
def test_a_copy_that_differs_is_none(alice: Person, server: Server, change: dict[str, Any]) -> None:
    schedule(alice, name="Nightly", servers=[server.id])
    assert codes(schedule(alice, name="Copy", servers=[server.id], **change)) == []


def test_a_copy_of_a_paused_schedule_or_on_other_servers_is_none(alice: Person, region: Region) -> None:
    first, second = make_server(region, name="a"), make_server(region, name="b")
    made = schedule(alice, name="Nightly", servers=[first.id])
    assert codes(schedule(alice, name="Elsewhere", servers=[second.id])) == []
    alice.post(f"schedules/{made['id']}/pause", {})
    assert codes(schedule(alice, name="Instead", servers=[first.id])) == []
