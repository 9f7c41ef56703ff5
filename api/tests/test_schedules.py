"""Schedules: what is saved, when it runs next, and what an edit does to it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.tests.conftest import Person, make_operation, make_server, schedule
from shared.clock import now
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.schedules.models import Rule, Schedule

pytestmark = pytest.mark.django_db


def path(saved: dict[str, Any]) -> str:
    return f"schedules/{saved['id']}"


def change(who: Person, saved: dict[str, Any], **values: Any) -> Any:
    return who.patch(path(saved), values, **{"if-match": f'"{saved["revision"]}"'})


def test_a_schedule_is_saved_with_its_next_moments(alice: Person, server: Server) -> None:
    saved = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "30  18 * *  1-5"}])
    [rule] = Rule.objects.all()
    assert rule.cron == "30 18 * * 1-5"
    assert rule.next_run_at is not None
    assert rule.next_run_at > now()
    assert rule.next_nominal.endswith("T18:30:00")
    assert len(rule.following) == 7
    assert saved["next"]["action"] == "stop"
    assert saved["next"]["local"][11:16] == "18:30"
    assert saved["sentence"] == "Stop at 18:30 on Monday through Friday, Berlin time."
    assert saved["servers"] == [server.id]


def test_its_answer_to_others_and_hibernation_can_be_chosen_and_changed(alice: Person) -> None:
    plain = schedule(alice)
    assert (plain["mode"], plain["hibernate"]) == ("respect", False)
    saved = schedule(alice, mode="enforce", hibernate=True)
    assert (saved["mode"], saved["hibernate"]) == ("enforce", True)
    before = Rule.objects.values("next_run_at", "following").get(schedule=saved["id"])
    changed = change(alice, saved, mode="observe", hibernate=False).json()
    assert (changed["mode"], changed["hibernate"], changed["name"]) == ("observe", False, saved["name"])
    assert Rule.objects.values("next_run_at", "following").get(schedule=saved["id"]) == before
    assert change(alice, saved, name="renamed").json()["mode"] == "observe"


def test_the_workspaces_zone_is_the_default(alice: Person) -> None:
    body = {"name": "n", "rules": [{"action": "stop", "cron": "0 7 * * *"}], "servers": []}
    assert alice.post("schedules", body).json()["timezone"] == "Europe/Berlin"


def test_a_single_moment_may_carry_seconds(alice: Person) -> None:
    saved = schedule(alice, timezone="UTC", rules=[{"action": "start", "at": "2199-12-24T07:00:30"}])
    assert saved["rules"][0]["next_run_at"] == "2199-12-24T07:00:30Z"
    assert saved["rules"][0]["at"] == "2199-12-24T07:00:30"


def test_a_name_is_taken_once_per_workspace(alice: Person, charlie: Person) -> None:
    schedule(alice, name="Nightly")
    schedule(charlie, name="Nightly")
    body = {"name": "Nightly", "rules": [{"action": "stop", "cron": "0 7 * * *"}], "servers": []}
    answer = alice.post("schedules", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/name")
    assert answer.json()["errors"][0]["code"] == "taken"


def test_the_etag_is_the_revision(alice: Person, nightly: dict[str, Any]) -> None:
    assert alice.get(path(nightly)).headers["ETag"] == '"1"'


def test_a_change_wants_the_revision_that_was_seen(alice: Person, nightly: dict[str, Any]) -> None:
    without = alice.patch(path(nightly), {"name": "x"})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert change(alice, nightly, enabled=False).json()["revision"] == 2
    for stale in (change(alice, nightly, name="y"), alice.delete(path(nightly), **{"if-match": '"1"'})):
        assert (stale.status_code, stale.json()["code"]) == (412, "revision_mismatch")
        assert "revision 2" in stale.json()["detail"]
    assert alice.delete(path(nightly)).status_code == 428
    assert alice.delete(path(nightly), **{"if-match": '"2"'}).status_code == 204
    assert alice.get(path(nightly)).status_code == 404


@pytest.mark.parametrize(
    ("values", "revision"),
    [
        ({"name": "another"}, 1),
        ({"grace_seconds": 600}, 1),
        ({"mode": "enforce", "hibernate": True}, 1),
        ({"timezone": "Europe/Berlin", "enabled": True}, 1),
        ({"rules": [{"action": "stop", "cron": "30 18 * * 1-5"}]}, 1),
        ({"rules": [{"action": "stop", "cron": "31 18 * * 1-5"}]}, 2),
        ({"timezone": "Asia/Kolkata"}, 2),
        ({"enabled": False}, 2),
        ({"servers": []}, 2),
    ],
    ids=str,
)
def test_the_revision_rises_when_moments_or_targets_change(
    alice: Person, nightly: dict[str, Any], values: dict[str, Any], revision: int
) -> None:
    assert change(alice, nightly, **values).json()["revision"] == revision


def test_an_edit_withdraws_what_the_rules_asked_for(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    waiting = make_operation(server, schedule_id=nightly["id"])
    putting_back = make_operation(server, schedule_id=nightly["id"], origin="enforce")
    sent = make_operation(server, schedule_id=nightly["id"], state="accepted")
    by_hand = make_operation(server, origin="person")
    change(alice, nightly, name="only the name", mode="alert", hibernate=True)
    assert states(waiting, sent, by_hand) == ["requested", "accepted", "requested"]
    change(alice, nightly, enabled=False)
    assert states(waiting, sent, by_hand) == ["cancelled", "accepted", "requested"]
    assert states(putting_back) == ["cancelled"]
    waiting.refresh_from_db()
    assert waiting.reason == "schedule_changed"
    assert "changed" in waiting.detail


def states(*operations: Operation) -> list[str]:
    for operation in operations:
        operation.refresh_from_db()
    return [operation.state for operation in operations]


def test_deleting_withdraws_and_keeps_the_history(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    waiting = make_operation(server, schedule_id=nightly["id"])
    assert alice.delete(path(nightly), **{"if-match": "*"}).status_code == 204
    assert states(waiting) == ["cancelled"]
    assert (Schedule.objects.count(), Rule.objects.count()) == (0, 0)


def test_a_rule_that_stays_keeps_its_id(alice: Person, nightly: dict[str, Any]) -> None:
    kept = {"action": "stop", "cron": "30 18 * * 1-5"}
    rules = change(alice, nightly, rules=[{"action": "start", "cron": "0 7 * * 1-5"}, kept]).json()["rules"]
    assert nightly["rules"][0]["id"] in [rule["id"] for rule in rules]
    assert len(rules) == 2


def test_an_edit_is_told_as_its_preview_told_it_whichever_rule_was_edited(
    alice: Person, nightly: dict[str, Any]
) -> None:
    start, stop = ({"action": "start", "cron": "0 7 * * 1"}, {"action": "stop", "cron": "30 18 * * 1-5"})
    first = change(alice, nightly, rules=[stop, start]).json()
    edited = [stop | {"cron": "0 19 * * 1-5"}, start]
    seen = alice.post("schedules/preview", {"timezone": "Europe/Berlin", "rules": edited}).json()
    saved = change(alice, first, rules=edited).json()
    assert saved["sentence"] == seen["sentence"]
    assert saved["sentence"].startswith("Start at 07:00 on Monday; stop at 19:00")
    assert [rule["action"] for rule in saved["rules"]] == ["start", "stop"]


def test_a_single_moment_that_has_passed_may_stay_in_an_edited_schedule(
    alice: Person, moment: datetime
) -> None:
    saved = schedule(alice, rules=[{"action": "stop", "at": "2199-12-24T07:00"}])
    Rule.objects.update(at="2020-12-24T07:00:00")
    rules = [{"action": "stop", "at": "2020-12-24T07:00"}, {"action": "start", "cron": "0 7 * * *"}]
    answer = change(alice, saved, rules=rules)
    assert answer.status_code == 200, answer.content
    assert [rule["next_run_at"] is None for rule in answer.json()["rules"]] == [False, True]


def test_a_new_zone_moves_the_moments(alice: Person, nightly: dict[str, Any]) -> None:
    moved = change(alice, nightly, timezone="Asia/Kolkata").json()
    assert moved["next"]["local"].endswith("18:30:00+05:30")
    assert moved["next"]["at"] != nightly["next"]["at"]


@pytest.mark.parametrize("off", ["pause", "disable"])
def test_what_is_off_has_no_next_moment(
    alice: Person, server: Server, nightly: dict[str, Any], off: str
) -> None:
    waiting = make_operation(server, schedule_id=nightly["id"])
    if off == "pause":
        answer = alice.post(f"{path(nightly)}/pause", {"reason": "holidays"}).json()
        assert answer["paused"] == {"until": None, "reason": "holidays"}
    else:
        answer = change(alice, nightly, enabled=False).json()
    assert answer["next"] is None
    assert Rule.objects.get().next_run_at is None
    assert alice.get("servers").json()["results"][0]["next_action"] is None
    assert states(waiting) == ["cancelled"]


def test_resuming_goes_on_after_now(alice: Person, nightly: dict[str, Any]) -> None:
    alice.post(f"{path(nightly)}/pause")
    answer = alice.post(f"{path(nightly)}/resume").json()
    assert (answer["paused"], answer["next"]) == (None, nightly["next"])


def test_a_disabled_schedule_stays_off_when_resumed(alice: Person, nightly: dict[str, Any]) -> None:
    change(alice, nightly, enabled=False)
    assert alice.post(f"{path(nightly)}/resume").json()["next"] is None


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("2020-01-01T00:00:00Z", "in_the_past"),
        ("9999-12-31T23:59:59Z", "out_of_range"),
        ("soon", "invalid_time"),
        (7, "wrong_type"),
    ],
)
def test_a_pause_until_nowhere_is_refused(
    alice: Person, nightly: dict[str, Any], until: Any, code: str
) -> None:
    answer = alice.post(f"{path(nightly)}/pause", {"until": until})
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("#/until", code)]


def test_a_collision_is_saved_with_a_warning(alice: Person, server: Server, nightly: dict[str, Any]) -> None:
    rival = schedule(alice, servers=[server.id], rules=[{"action": "start", "cron": "30 18 * * *"}])
    assert {warning["code"] for warning in rival["warnings"]} == {"collision"}
    assert nightly["name"] in rival["warnings"][0]["detail"]
    assert "Start wins" in rival["warnings"][0]["detail"]
    assert {warning["code"] for warning in alice.get(path(nightly)).json()["warnings"]} == {"collision"}


def test_no_warning_for_another_server_another_time_or_the_same_action(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    elsewhere = make_server(server.region)
    for servers, rule in (
        ([elsewhere.id], {"action": "start", "cron": "30 18 * * *"}),
        ([server.id], {"action": "start", "cron": "31 18 * * *"}),
        ([server.id], {"action": "stop", "cron": "30 18 * * *"}),
    ):
        assert schedule(alice, servers=servers, rules=[rule])["warnings"] == []


def test_a_local_time_that_clocks_skip_is_saved_with_a_warning(alice: Person, server: Server) -> None:
    saved = schedule(alice, servers=[server.id], rules=[{"action": "stop", "at": "2027-03-28T02:30"}])
    assert [warning["code"] for warning in saved["warnings"]] == ["nonexistent_local_time"]
    assert saved["rules"][0]["next_run_at"] == "2027-03-28T01:00:00Z"


def test_without_servers_there_is_a_warning(alice: Person) -> None:
    assert [warning["code"] for warning in schedule(alice)["warnings"]] == ["no_servers"]


def test_the_last_run_is_told(alice: Person, server: Server, nightly: dict[str, Any]) -> None:
    make_operation(server, schedule_id=nightly["id"], state="succeeded", due_at=now() - timedelta(days=1))
    last = make_operation(server, schedule_id=nightly["id"], state="failed", reason="denied", detail="No.")
    [shown] = alice.get("schedules").json()["results"]
    assert (shown["last_run"]["operation"], shown["last_run"]["reason"]) == (last.id, "denied")


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("enabled=false", 1), ("enabled=true", 1), ("search=nightly", 1), ("server={server}", 1)],
)
def test_the_list_is_filtered(
    alice: Person, server: Server, nightly: dict[str, Any], query: str, count: int
) -> None:
    schedule(alice, name="Weekend", enabled=False)
    assert alice.get(f"schedules?{query.format(server=server.id)}").json()["count"] == count
