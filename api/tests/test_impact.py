"""What a change would do before it is saved, and that several servers are never stopped by surprise."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_region, make_server, schedule
from shared.fleet.models import Region, Server
from shared.people.models import Workspace
from shared.schedules.models import Hold, Schedule

pytestmark = pytest.mark.django_db
WORKDAYS = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "20:00"}


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def soon(moment: datetime, *, minutes: float = 3) -> list[dict[str, str]]:
    """A single stop some minutes from now, in UTC."""
    return [{"action": "stop", "at": at(moment + timedelta(minutes=minutes))}]


def impact(who: Person, **values: Any) -> Any:
    answer = who.post("schedules/impact", values)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def three(region: Region) -> list[Server]:
    return [make_server(region, name=name) for name in ("api-dev-1", "db-test-3", "web-qa")]


def test_a_new_timetable_is_counted_for_fourteen_days(alice: Person, three: list[Server]) -> None:
    told = impact(alice, timezone="UTC", windows=[WORKDAYS], servers=[each.id for each in three])
    assert told["servers"] == 3
    assert told["starts"] == {"added": 30, "removed": 0}
    assert told["stops"]["removed"] == told["reboots"]["added"] == 0
    assert told["stops"]["added"] in (30, 33)  # the running day's own stop may lie ahead
    assert told["hours"]["on_before"] == 3 * 14 * 24
    assert told["hours"]["on_after"] == pytest.approx(3 * 120, abs=3 * 48)
    assert len(told["changes"]) == 50
    assert told["more"]
    assert told["changes"] == sorted(told["changes"], key=lambda each: each["at"])
    assert Schedule.objects.count() == 0


def test_a_change_tells_what_it_adds_and_what_it_removes(alice: Person, server: Server) -> None:
    saved = schedule(
        alice, timezone="UTC", rules=[{"action": "stop", "cron": "0 18 * * *"}], servers=[server.id]
    )
    told = impact(alice, schedule=saved["id"], rules=[{"action": "stop", "cron": "0 19 * * *"}])
    assert told["stops"] == {"added": 14, "removed": 14}
    assert {each["change"] for each in told["changes"]} == {"added", "removed"}
    assert impact(alice, schedule=saved["id"])["changes"] == []
    assert impact(alice, schedule=saved["id"], name="another name")["changes"] == []
    off = impact(alice, schedule=saved["id"], enabled=False)
    assert off["stops"] == {"added": 0, "removed": 14}
    assert impact(alice, schedule=saved["id"], servers=[])["stops"] == {"added": 0, "removed": 14}
    assert impact(alice, schedule=saved["id"], mode="observe")["stops"]["removed"] == 14


def test_a_holiday_changes_one_day(alice: Person, server: Server, moment: datetime) -> None:
    daily = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "08:00", "to": "20:00"}]
    answer = alice.post(
        "schedules", {"name": "Hours", "timezone": "UTC", "windows": daily, "servers": [server.id]}
    )
    saved = answer.json()
    day = f"{moment + timedelta(days=3):%Y-%m-%d}"
    told = impact(alice, schedule=saved["id"], skip_dates=[{"day": day}])
    assert (told["starts"], told["stops"]) == ({"added": 0, "removed": 1}, {"added": 0, "removed": 1})
    assert told["hours"]["on_before"] - told["hours"]["on_after"] == pytest.approx(12, abs=0.11)


def test_hours_of_another_schedule_keep_a_server_on(alice: Person, server: Server) -> None:
    always = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "06:00", "to": "05:00"}]
    alice.post("schedules", {"name": "Day", "timezone": "UTC", "windows": always, "servers": [server.id]})
    night = [{"action": "stop", "cron": "0 18 * * *"}]
    assert impact(alice, timezone="UTC", rules=night, servers=[server.id])["stops"]["added"] == 0


def test_what_stops_within_minutes_is_named(alice: Person, three: list[Server], moment: datetime) -> None:
    ids = [each.id for each in three]
    told = impact(alice, timezone="UTC", rules=soon(moment), servers=ids)
    assert [each["server"]["name"] for each in told["stops_soon"]] == ["api-dev-1", "db-test-3", "web-qa"]
    assert told["confirm"] == 3
    later = impact(alice, timezone="UTC", rules=soon(moment, minutes=6), servers=ids)
    assert (later["stops_soon"], later["confirm"]) == ([], None)
    one = impact(alice, timezone="UTC", rules=soon(moment), servers=ids[:1])
    assert (len(one["stops_soon"]), one["confirm"]) == (1, None)


def test_stopped_protected_and_held_servers_are_not_stopped(
    alice: Person, region: Region, moment: datetime
) -> None:
    servers = [
        make_server(region, observed_state="stopped"),
        make_server(region, protected=True),
        make_server(region),
    ]
    Hold.objects.create(
        workspace=region.workspace, server=servers[2], want="on", until=moment + timedelta(hours=1)
    )
    told = impact(alice, timezone="UTC", rules=soon(moment), servers=[each.id for each in servers])
    assert told["stops_soon"] == []


def test_saving_what_stops_several_servers_at_once_needs_their_number(
    alice: Person, three: list[Server], moment: datetime
) -> None:
    body = {"name": "Now", "timezone": "UTC", "rules": soon(moment), "servers": [each.id for each in three]}
    refused = alice.post("schedules", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_required")
    assert refused.json()["stops"] == 3
    assert "api-dev-1, db-test-3, web-qa" in refused.json()["detail"]
    assert alice.post("schedules", body | {"confirm_stops": 2}).status_code == 409
    assert Schedule.objects.count() == 0
    assert alice.post("schedules", body | {"confirm_stops": 3}).status_code == 201


def test_a_change_needs_the_number_for_what_it_adds_only(
    alice: Person, three: list[Server], moment: datetime
) -> None:
    ids = [each.id for each in three]
    saved = schedule(alice, timezone="UTC", rules=soon(moment, minutes=4), servers=ids, confirm_stops=3)
    headers = {"if-match": "*"}
    path = f"schedules/{saved['id']}"
    assert alice.patch(path, {"name": "Renamed"}, **headers).status_code == 200
    assert alice.patch(path, {"rules": soon(moment, minutes=2)}, **headers).json()["stops"] == 3
    confirmed = {"rules": soon(moment, minutes=2), "confirm_stops": 3}
    assert alice.patch(path, confirmed, **headers).status_code == 200


def test_a_past_moment_does_not_stand_in_the_way_of_another_name(alice: Person, server: Server) -> None:
    saved = schedule(alice, servers=[server.id])
    Schedule.objects.get(id=saved["id"]).rules.update(cron="", at="2020-01-01T00:00:00")
    answer = alice.patch(f"schedules/{saved['id']}", {"name": "Renamed"}, **{"if-match": "*"})
    assert answer.status_code == 200, answer.content


def test_servers_are_found_by_their_tags(alice: Person, region: Region, moment: datetime) -> None:
    for team in ("qa", "qa", "web"):
        make_server(region, tags={"team": team})
    told = impact(alice, timezone="UTC", rules=soon(moment), tag_query="team=qa")
    assert (told["servers"], told["confirm"]) == (2, 2)


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({}, "#/rules", "required"),
        ({"windows": [WORKDAYS | {"from": "24:00"}]}, "#/windows/0/from", "invalid_time"),
        ({"rules": [{"action": "stop", "cron": "61 * * * *"}]}, "#/rules/0/cron", "invalid_cron"),
        ({"windows": [WORKDAYS], "servers": [999_999]}, "#/servers/0", "unknown_server"),
        ({"windows": [WORKDAYS], "tag_query": "team="}, "#/tag_query", "invalid_tag_query"),
        ({"windows": [WORKDAYS], "valid_to": "2020-01-01"}, "#/valid_to", "in_the_past"),
        ({"windows": [WORKDAYS], "timezone": "Mars/Base"}, "#/timezone", "unknown_timezone"),
    ],
)
def test_what_could_not_be_saved_is_named(
    alice: Person, values: dict[str, Any], pointer: str, code: str
) -> None:
    answer = alice.post("schedules/impact", values)
    assert answer.status_code == 422, answer.content
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


def test_a_schedule_of_another_workspace_is_not_there(
    alice: Person, charlie: Person, elsewhere: Workspace
) -> None:
    far = schedule(charlie, servers=[make_server(make_region(elsewhere)).id])
    assert alice.post("schedules/impact", {"schedule": far["id"]}).status_code == 404


def test_more_servers_take_no_more_queries(
    alice: Person, region: Region, django_assert_max_num_queries: Any
) -> None:
    ids = [make_server(region).id for _ in range(40)]
    schedule(alice, servers=ids)
    with django_assert_max_num_queries(20):
        impact(alice, timezone="UTC", windows=[WORKDAYS], servers=ids)
