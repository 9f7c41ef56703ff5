"""A schedule whose time zone is gone from the time zone database: it can be seen, mended and resumed."""

from typing import Any

import pytest

from api.tests.conftest import Person, schedule
from shared.fleet.models import Server
from shared.schedules import walls
from shared.schedules.models import Schedule

pytestmark = pytest.mark.django_db
GONE = "Asia/Calcutta"
RULES = [{"action": "stop", "cron": "30 18 * * 1-5"}, {"action": "start", "at": "2099-12-24T07:00"}]


@pytest.fixture
def stranded(alice: Person, server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Its zone was there when it was saved."""
    made = schedule(alice, timezone=GONE, rules=RULES, servers=[server.id])
    left = walls.zone_names() - {GONE}
    monkeypatch.setattr(walls, "zone_names", lambda: left)
    return made


def test_it_is_shown_in_utc(alice: Person, stranded: dict[str, Any], server: Server) -> None:
    seen = alice.get(f"schedules/{stranded['id']}").json()
    assert seen["timezone"] == GONE
    assert seen["next"]["local"].endswith("+00:00")
    for path in ("schedules", "servers", f"servers/{server.id}"):
        assert alice.get(path).status_code == 200


def test_it_goes_on_with_another_zone(alice: Person, stranded: dict[str, Any], server: Server) -> None:
    path = f"schedules/{stranded['id']}"
    assert alice.post(f"{path}/pause", {}).status_code == 200
    assert alice.get(f"servers/{server.id}/timeline").status_code == 200
    refused = alice.post(f"{path}/resume")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "unknown_timezone"
    assert alice.patch(path, {"timezone": "Asia/Kolkata"}, **{"if-match": "*"}).status_code == 200
    resumed = alice.post(f"{path}/resume").json()
    assert (resumed["paused"], resumed["next"]["local"][-6:]) == (None, "+05:30")
    assert Schedule.objects.get().timezone == "Asia/Kolkata"


def test_what_one_that_only_observes_would_do_can_be_asked(alice: Person, stranded: dict[str, Any]) -> None:
    Schedule.objects.update(mode="observe")
    answer = alice.post("schedules/impact", {"schedule": stranded["id"], "name": "Watched"})
    assert (answer.status_code, answer.json()["warnings"]) == (200, [])


def test_its_collisions_are_told_in_utc(alice: Person, server: Server, stranded: dict[str, Any]) -> None:
    schedule(
        alice, timezone="UTC", rules=[{"action": "reboot", "at": "2099-12-24T01:30"}], servers=[server.id]
    )
    [told] = alice.get(f"schedules/{stranded['id']}").json()["warnings"]
    assert "asked for different things on 24 Dec 2099 01:30 UTC time: reboot of" in told["detail"]
