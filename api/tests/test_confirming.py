"""The end of a pause, or of a schedule, may stop several servers at once: it is asked about as a save is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_server, schedule
from api.tests.documenting import export
from api.tests.test_impact import soon
from api.tests.test_warnings import hours
from shared.fleet.models import Region
from shared.schedules import walls
from shared.schedules.models import Rule, Schedule

pytestmark = pytest.mark.django_db
ANY = {"if-match": "*"}


@pytest.fixture
def two(region: Region) -> list[int]:
    return [make_server(region, name=name).id for name in ("api-dev-1", "db-test-3")]


@pytest.fixture
def day(alice: Person, two: list[int], moment: datetime) -> dict[str, Any]:
    """Hours that keep both on against a stop that is due in three minutes."""
    first, last = (f"{moment + timedelta(hours=each):%H:%M}" for each in (-2, 2))
    made = schedule(alice, name="Day", timezone="UTC", servers=two, rules=None, windows=hours(first, last))
    schedule(alice, name="Night", timezone="UTC", servers=two, rules=soon(moment))
    return made


def paused(who: Person, *, minutes: float, servers: list[int], moment: datetime) -> str:
    """The path of a paused schedule with a stop so many minutes from now."""
    rules = soon(moment, minutes=minutes)
    made = schedule(who, timezone="UTC", rules=rules, servers=servers, confirm_stops=len(servers))
    path = f"schedules/{made['id']}"
    assert who.post(f"{path}/pause", {}).status_code == 200
    return path


def test_resuming_what_stops_several_servers_at_once_needs_their_number(
    alice: Person, two: list[int], moment: datetime
) -> None:
    path = paused(alice, minutes=3, servers=two, moment=moment)
    refused = alice.post(f"{path}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_required")
    assert (refused.json()["stops"], refused.json()["names"]) == (2, ["api-dev-1", "db-test-3"])
    assert refused.json()["detail"].startswith(
        "Resuming this stops 2 servers within 5 minutes: api-dev-1, db"
    )
    assert alice.post(f"{path}/resume", {"confirm_stops": 1}).status_code == 409
    assert Schedule.objects.get().paused_at is not None
    assert alice.post(f"{path}/resume", {"confirm_stops": 2}).json()["paused"] is None
    assert alice.post(f"{path}/resume").status_code == 200


def test_resuming_what_stops_one_server_or_nothing_soon_is_not_asked_about(
    alice: Person, two: list[int], moment: datetime
) -> None:
    for minutes, servers in ((3, two[:1]), (6, two)):
        path = paused(alice, minutes=minutes, servers=servers, moment=moment)
        assert alice.post(f"{path}/resume").status_code == 200


def test_switching_on_is_asked_about_and_a_pause_that_stays_is_not(
    alice: Person, two: list[int], moment: datetime
) -> None:
    made = schedule(alice, timezone="UTC", rules=soon(moment), servers=two, enabled=False)
    path = f"schedules/{made['id']}"
    assert alice.patch(path, {"enabled": True}, **ANY).json()["stops"] == 2
    assert alice.post(f"{path}/pause", {}).status_code == 200
    assert alice.patch(path, {"enabled": True}, **ANY).status_code == 200
    assert alice.post(f"{path}/resume").json()["stops"] == 2


def test_deleting_hours_that_keep_several_servers_on_needs_their_number(
    alice: Person, day: dict[str, Any]
) -> None:
    path = f"schedules/{day['id']}"
    refused = alice.delete(path, **ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_required")
    assert (refused.json()["stops"], refused.json()["names"]) == (2, ["api-dev-1", "db-test-3"])
    assert refused.json()["detail"].startswith("Deleting this stops 2 servers within 5 minutes")
    assert alice.delete(f"{path}?confirm_stops=3", **ANY).status_code == 409
    assert Schedule.objects.count() == 2
    assert alice.delete(f"{path}?confirm_stops=2", **ANY).status_code == 204


def test_pausing_hours_that_keep_several_servers_on_needs_their_number(
    alice: Person, day: dict[str, Any], moment: datetime
) -> None:
    path = f"schedules/{day['id']}/pause"
    refused = alice.post(path, {"reason": "load test"})
    assert (refused.status_code, refused.json()["code"], refused.json()["stops"]) == (
        409,
        "confirmation_required",
        2,
    )
    assert refused.json()["detail"].startswith("Pausing this stops 2 servers within 5 minutes: api-dev-1")
    assert alice.post(path, {"until": (moment + timedelta(hours=1)).isoformat()}).status_code == 409
    assert Schedule.objects.get(id=day["id"]).paused_at is None
    assert alice.post(path, {"confirm_stops": 2}).json()["paused"] is not None
    assert alice.post(path, {"reason": "still"}).status_code == 200


def test_a_pause_that_is_over_before_the_stop_is_not_asked_about(
    alice: Person, day: dict[str, Any], moment: datetime
) -> None:
    until = (moment + timedelta(minutes=1)).isoformat()
    assert alice.post(f"schedules/{day['id']}/pause", {"until": until}).status_code == 200


def test_deleting_what_keeps_nothing_on_is_not_asked_about(alice: Person, day: dict[str, Any]) -> None:
    night = Schedule.objects.get(name="Night").id
    assert alice.delete(f"schedules/{night}", **ANY).status_code == 204
    assert alice.delete(f"schedules/{day['id']}", **ANY).status_code == 204


@pytest.mark.parametrize("said", ["confirm_stops=two", "confirm_stops=-1", "confirm=2"])
def test_a_wrong_number_deletes_nothing(alice: Person, day: dict[str, Any], said: str) -> None:
    answer = alice.delete(f"schedules/{day['id']}?{said}", **ANY)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    assert Schedule.objects.count() == 2


def test_an_import_that_deletes_hours_is_asked_about_too(alice: Person, day: dict[str, Any]) -> None:
    document = "".join(part for part in export(alice).split("\n\n") if "Day" not in part)
    body = {"document": f"version: 1\nschedules:\n{document[document.index('- name: Night') :]}"}
    told = alice.post("schedules/import", body | {"remove_others": True, "dry_run": True}).json()
    assert (told["removed"], told["confirm"]) == (["Day"], 2)
    assert alice.post("schedules/import", body | {"remove_others": True}).status_code == 409
    done = alice.post("schedules/import", body | {"remove_others": True, "confirm_stops": 2})
    assert (done.status_code, done.json()["removed"]) == (200, ["Day"])


def test_one_whose_zone_is_gone_keeps_nobody_from_deleting(
    alice: Person, two: list[int], moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = schedule(alice, timezone="Asia/Calcutta", servers=two)
    other = schedule(alice, timezone="UTC", servers=two)
    Rule.objects.filter(schedule=other["id"]).update(next_run_at=moment + timedelta(minutes=3))
    left = walls.zone_names() - {"Asia/Calcutta"}
    monkeypatch.setattr(walls, "zone_names", lambda: left)
    assert alice.delete(f"schedules/{other['id']}", **ANY).status_code == 204
    assert alice.delete(f"schedules/{made['id']}", **ANY).status_code == 204
