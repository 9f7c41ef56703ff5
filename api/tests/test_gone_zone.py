"""A schedule whose time zone is gone from the time zone database: it can be seen, mended and resumed."""

from typing import Any

import pytest

from api.tests.conftest import Person, make_skip, schedule
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


@pytest.mark.parametrize("pause", [True, False], ids=["paused", "not yet paused"])
def test_everything_of_its_servers_can_still_be_read(
    alice: Person, stranded: dict[str, Any], server: Server, pause: bool
) -> None:
    """Also before the scheduler has started, noticed, and paused it; other schedules of the server go on."""
    skip = make_skip(server, stranded)
    other = schedule(alice, name="Other", servers=[server.id], timezone="UTC")
    if pause:
        alice.post(f"schedules/{stranded['id']}/pause", {"reason": "Its zone is gone."})
    [told] = alice.get("skips").json()["results"]
    assert told["at"] == f"{skip.nominal}Z"
    why = alice.get(f"servers/{server.id}/explain").json()
    assert why["decided"]["schedule"]["id"] == other["id"]
    [lost] = [each for each in why["others"] if each["schedule"]["id"] == stranded["id"]]
    assert lost["reason"] == ("paused" if pause else "zone_gone")
    far = alice.get(f"servers/{server.id}/explain?at=2026-01-01T00:00:00Z")
    assert far.status_code == 200, far.content
    for path in (f"servers/strips?ids={server.id}", f"servers/{server.id}/timeline", "servers"):
        answer = alice.get(path)
        assert answer.status_code == 200, answer.content
    assert alice.delete(f"skips/{told['id']}").status_code == 204


def test_its_times_are_called_by_the_clock_they_are_shown_in(
    alice: Person, stranded: dict[str, Any], server: Server
) -> None:
    step = alice.get(f"servers/{server.id}/explain").json()["next"][0]
    assert (step["action"], step["local"][-6:], step["note"]) == ("stop", "+00:00", None)
    sentence = alice.get(f"servers/{server.id}/explain").json()["sentence"]
    assert "gone (Asia/Calcutta)" in sentence
    assert sentence.endswith("UTC time.")
