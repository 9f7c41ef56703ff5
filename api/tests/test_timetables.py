"""Two ways to say when, two to say which servers, the dates that bend both, and what the log tells."""

from typing import Any

import pytest

from api.tests.conftest import Person, make_server, schedule
from api.tests.test_schedules import change, path
from shared.fleet.models import Region, Server
from shared.schedules.models import Rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"rules": [{"cron": "0 7 * * *"}]}, "#/rules/0/action"),
        ({"windows": [{"days": ["mon"], "to": "20:00"}]}, "#/windows/0/from"),
        ({"skip_dates": [{"note": "Christmas"}]}, "#/skip_dates/0/day"),
    ],
)
def test_what_a_change_names_is_named_whole(alice: Person, values: dict[str, Any], pointer: str) -> None:
    answer = change(alice, schedule(alice), **values)
    assert answer.status_code == 422, answer.content
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, "required")]


def test_a_tag_query_and_picked_servers_take_each_others_place(alice: Person, region: Region) -> None:
    qa, web = make_server(region, tags={"team": "qa"}), make_server(region, tags={"team": "web"})
    saved = schedule(alice, servers=[], tag_query="team=qa")
    assert (saved["tag_query"], saved["servers"]) == ("team=qa", [qa.id])
    picked = change(alice, saved, servers=[web.id]).json()
    assert (picked["tag_query"], picked["servers"]) == ("", [web.id])
    asked = change(alice, picked, tag_query="team=*").json()
    assert (asked["tag_query"], sorted(asked["servers"])) == ("team=*", [qa.id, web.id])
    none = change(alice, asked, servers=[]).json()
    assert (none["tag_query"], none["servers"]) == ("", [])
    assert [each["revision"] for each in (saved, picked, asked, none)] == [1, 2, 3, 4]


def test_a_tag_query_that_means_nothing_yet_is_saved_with_a_warning(alice: Person) -> None:
    [warning] = schedule(alice, tag_query="team=later")["warnings"]
    assert (warning["code"], "team=later" in warning["detail"]) == ("no_servers", True)


def test_windows_and_single_actions_take_each_others_place(alice: Person, server: Server) -> None:
    hours = [{"days": ["fri", "mon"], "from": "08:00", "to": "20:00"}]
    saved = schedule(alice, servers=[server.id])
    on = change(alice, saved, windows=hours).json()
    assert on["rules"] == []
    assert on["windows"] == [{"days": ["mon", "fri"], "from": "08:00", "to": "20:00"}]
    assert on["week_hours"] == {"on": 24.0, "off": 144.0}
    assert on["next"]["action"] in ("start", "stop")
    edges = dict(Rule.objects.values_list("action", "id"))
    later = change(alice, on, windows=[hours[0] | {"to": "21:00"}]).json()
    assert dict(Rule.objects.values_list("action", "id")) == edges
    assert later["revision"] == on["revision"] + 1
    same = change(alice, later, windows=[hours[0] | {"to": "21:00", "days": ["mon", "fri"]}]).json()
    assert same["revision"] == later["revision"]
    back = change(alice, same, rules=[{"action": "stop", "cron": "0 7 * * *"}]).json()
    assert (back["windows"], back["week_hours"], len(back["rules"])) == ([], None, 1)


def test_dates_bend_a_timetable_and_can_be_taken_back(alice: Person, server: Server) -> None:
    saved = schedule(
        alice,
        servers=[server.id],
        skip_dates=[{"day": "2199-12-25", "note": "Christmas"}],
        valid_from="2199-12-01",
        valid_to="2199-12-31",
    )
    assert saved["skip_dates"] == [{"day": "2199-12-25", "note": "Christmas"}]
    assert saved["next"]["local"][:10] == "2199-12-02"  # the first weekday of validity
    assert saved["sentence"].endswith("from 1 Dec 2199, until 31 Dec 2199, except 25 Dec 2199.")
    noted = change(alice, saved, skip_dates=[{"day": "2199-12-25", "note": "Feast"}]).json()
    assert (noted["skip_dates"][0]["note"], noted["revision"]) == ("Feast", saved["revision"])
    free = change(alice, noted, skip_dates=[], valid_from=None, valid_to=None).json()
    assert (free["valid_from"], free["valid_to"], free["skip_dates"]) == (None, None, [])
    assert free["next"]["local"][:4] != "2199"


def test_the_log_tells_who_did_what_to_a_schedule(
    alice: Person, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="cloudevy"):
        saved = schedule(alice, name="Nightly", servers=[server.id])
        change(alice, saved, enabled=False)
        alice.post(f"{path(saved)}/pause", {"reason": "Load test", "until": "2199-01-01T00:00:00Z"})
        alice.post(f"{path(saved)}/resume", {})
        alice.delete(path(saved), **{"if-match": "*"})
    named = f"Nightly (ID: {saved['id']})"
    says = "Stop at 18:30 on Monday through Friday, Berlin time."
    assert [record.getMessage() for record in caplog.records] == [
        f"📅 Schedule saved by alice@example.com: {named}, revision 1: {says}",
        f"📅 Schedule saved by alice@example.com: {named}, revision 2: {says}",
        f"⏸️  Schedule paused by alice@example.com until 2199-01-01 00:00 UTC: {named}: Load test",
        f"▶️  Schedule resumed by alice@example.com: {named}",
        f"🗑️  Schedule deleted by alice@example.com: {named}",
    ]
