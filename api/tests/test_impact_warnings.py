"""What is worth knowing about a schedule is told before it is saved, in the words that follow saving it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_server, schedule
from api.tests.test_warnings import codes, hours
from shared.fleet.models import Region, Server
from shared.schedules.models import Rule, Schedule, Skip

pytestmark = pytest.mark.django_db
NIGHT = [{"action": "stop", "cron": "0 18 * * *"}]
DAY = "2027-12-24"


def foretold(who: Person, **values: Any) -> dict[str, Any]:
    """The answer of the impact, when nothing was saved by asking."""
    before = list(Schedule.objects.order_by("id").values())
    answer = who.post("schedules/impact", {"timezone": "Europe/Berlin"} | values)
    assert answer.status_code == 200, answer.content
    assert list(Schedule.objects.order_by("id").values()) == before
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rules": NIGHT}, ["kept_on"]),
        ({"rules": [{"action": "start", "cron": "0 20 * * *"}]}, ["collision"]),
        ({"rules": [{"action": "reboot", "cron": "0 20 * * *"}, *NIGHT]}, ["kept_on", "collision"]),
        ({"windows": hours("16:00", "22:00")}, ["kept_on"]),
        ({"rules": [{"action": "start", "cron": "0 9 31 * *"}]}, ["short_months"]),
        (
            {"rules": [{"action": "stop", "at": f"{DAY}T18:00"}], "skip_dates": [{"day": DAY}]},
            ["never_runs"],
        ),
        (
            {
                "rules": [{"action": "stop", "cron": "0 18 * * 1"}],
                "valid_from": "2027-12-21",
                "valid_to": "2027-12-22",
            },
            ["never_runs"],
        ),
        ({"rules": [{"action": "stop", "at": "2027-03-28T02:30"}]}, ["nonexistent_local_time"]),
        ({"rules": NIGHT, "servers": []}, ["no_servers"]),
        ({"rules": NIGHT, "servers": None, "tag_query": "team=nobody"}, ["no_servers"]),
        ({"windows": hours("20:00", "22:00")}, ["kept_on"]),
        ({"rules": [{"action": "stop", "cron": "0 21 * * *"}]}, []),
        ({"rules": NIGHT, "enabled": False}, []),
        ({"rules": NIGHT, "mode": "observe"}, []),
    ],
)
def test_saving_warns_of_what_was_foretold(
    alice: Person, server: Server, values: dict[str, Any], expected: list[str]
) -> None:
    schedule(alice, name="Office", servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    body = {"name": "Early", "servers": [server.id]} | values
    body = {name: value for name, value in body.items() if value is not None}
    told = foretold(alice, **body)["warnings"]
    saved = schedule(alice, **({"rules": None, "servers": None} | body))
    assert told == saved["warnings"]
    assert set(codes(saved)) == set(expected)


def test_a_change_is_judged_without_what_it_takes_the_place_of(alice: Person, server: Server) -> None:
    office = schedule(alice, name="Office", servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    schedule(alice, name="Early", servers=[server.id], rules=NIGHT)
    assert codes(foretold(alice, schedule=office["id"])) == ["kept_on"]
    assert codes(foretold(alice, schedule=office["id"], windows=hours("08:00", "17:00"))) == []
    renamed = foretold(alice, schedule=office["id"], name="Ours")["warnings"]
    assert "falls into the hours of 'Ours'" in renamed[0]["detail"]
    assert codes(foretold(alice, schedule=office["id"], servers=[])) == ["no_servers"]


def test_a_schedule_without_a_name_yet_is_called_this(alice: Person, server: Server) -> None:
    schedule(alice, name="Office", servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    [told] = foretold(alice, rules=NIGHT, servers=[server.id])["warnings"]
    assert told["detail"].startswith("The stop of 'This schedule' ")


def test_hours_that_are_set_to_be_skipped_keep_nothing_on(
    alice: Person, server: Server, moment: datetime
) -> None:
    first, inside, last = (f"{moment + timedelta(hours=each):%H:%M}" for each in (2, 4, 6))
    stop = [{"action": "stop", "cron": f"{int(inside[3:])} {int(inside[:2])} * * *"}]
    office = schedule(alice, timezone="UTC", servers=[server.id], rules=None, windows=hours(first, last))
    schedule(alice, timezone="UTC", servers=[server.id], rules=stop)
    same = {"schedule": office["id"], "timezone": "UTC", "windows": hours(first, last)}
    assert codes(foretold(alice, **same)) == ["kept_on"]
    start = Rule.objects.get(schedule=office["id"], action="start")
    for nominal in [start.next_nominal, *(each["nominal"] for each in start.following)]:
        Skip.objects.create(workspace=server.workspace, rule=start, server=server, nominal=nominal)
    assert codes(foretold(alice, **same)) == []


def test_a_paused_schedule_meets_nobody(alice: Person, server: Server) -> None:
    schedule(alice, servers=[server.id], rules=None, windows=hours("08:00", "20:00"))
    early = schedule(alice, servers=[server.id], rules=NIGHT)
    assert codes(foretold(alice, schedule=early["id"])) == ["kept_on"]
    alice.post(f"schedules/{early['id']}/pause", {})
    assert codes(foretold(alice, schedule=early["id"])) == []


def test_warnings_take_no_more_queries_for_more_servers(
    alice: Person, region: Region, django_assert_max_num_queries: Any
) -> None:
    ids = [make_server(region).id for _ in range(40)]
    for number in range(4):
        schedule(alice, servers=ids[number::4], rules=None, windows=hours("08:00", "20:00"))
    with django_assert_max_num_queries(20):
        assert codes(foretold(alice, rules=NIGHT, servers=ids)) == ["kept_on"] * 4
