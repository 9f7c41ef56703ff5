"""What is planned on a server's line of time, and what will not run, with the reason and the way back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from api.servers import planning
from api.tests.conftest import Person, schedule
from api.tests.test_timeline import iso, line
from shared.fleet.models import Region, Server
from shared.schedules import ahead
from shared.schedules.models import Hold, Rule, Schedule, Skip


@pytest.mark.django_db
def test_nobody_waits_for_the_decades_before_a_far_span(often: dict[str, Any], moment: datetime) -> None:
    rule = Rule.objects.select_related("schedule").get()
    start = moment + timedelta(days=30_000)
    found = planning.beyond(rule, ahead.stored(rule), planning.Span(start, start + timedelta(days=2), moment))
    assert next(found).at >= start


@pytest.mark.django_db
def test_what_bends_a_schedule_bends_its_line(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    rule = Rule.objects.get()
    assert rule.next_run_at is not None
    Hold.objects.create(
        workspace=server.workspace, server=server, want="on", until=rule.next_run_at + timedelta(seconds=1)
    )
    second = rule.following[0]
    Skip.objects.create(
        workspace=server.workspace, rule=rule, server=server, nominal=second["nominal"], fold=second["fold"]
    )
    held, skipped, *rest = line(alice, server)["entries"]
    assert (held["state"], "Kept on until" in held["text"]) == ("skipped", True)
    assert (skipped["state"], "set to be skipped" in skipped["text"]) == ("skipped", True)
    assert {entry["state"] for entry in rest} == {None}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "values", "words"),
    [
        (Server, {"protected": True}, "protected"),
        (Server, {"observed_state": "terminated"}, "terminated"),
        (Server, {"flags": {"asg": "web"}}, "Auto Scaling"),
        (Server, {"left_at": "2026-11-24T00:00:00Z"}, "no longer be found"),
        (Region, {"enabled": False}, "switched off"),
        (Schedule, {"mode": "observe"}, "only observes"),
    ],
)
def test_what_will_not_run_says_why(
    alice: Person, server: Server, often: dict[str, Any], model: Any, values: dict[str, Any], words: str
) -> None:
    model.objects.update(**values)
    entries = line(alice, server)["entries"]
    assert {entry["state"] for entry in entries} == {"skipped"}
    assert all(words in entry["text"] for entry in entries)


@pytest.mark.django_db
def test_each_moment_stands_under_its_own_rule(alice: Person, server: Server) -> None:
    rules = [{"action": "start", "cron": "0 8 * * *"}, {"action": "stop", "cron": "0 20 * * *"}]
    schedule(alice, servers=[server.id], rules=rules)
    by_action = {rule.action: rule.id for rule in Rule.objects.all()}
    told = [(entry["at"][11:16], entry["action"], entry["rule"]) for entry in line(alice, server)["entries"]]
    assert {(action, rule) for _, action, rule in told} == set(by_action.items())
    assert len({(at, action) for at, action, _ in told}) == 2


@pytest.mark.django_db
def test_a_planned_moment_can_be_skipped_from_the_line_and_the_skip_taken_back(
    alice: Person, server: Server, often: dict[str, Any]
) -> None:
    rule = Rule.objects.get()
    made = Skip.objects.create(
        workspace=server.workspace, rule=rule, server=server, nominal=rule.next_nominal, fold=rule.next_fold
    )
    first, second, *_ = line(alice, server)["entries"]
    assert (first["rule"], first["skip"], first["state"]) == (rule.id, made.id, "skipped")
    assert (second["rule"], second["skip"], second["state"]) == (rule.id, None, None)


@pytest.mark.django_db
def test_a_clock_change_is_told_on_the_line(alice: Person, server: Server) -> None:
    rules = [{"action": "stop", "cron": "30 2 * * *"}]
    schedule(alice, servers=[server.id], rules=rules)
    told = line(alice, server, **{"from": "2027-03-27T00:00:00Z", "to": "2027-03-29T12:00:00Z"})["entries"]
    notes = [entry["note"] for entry in told]
    assert notes == [None, "Clocks change: 02:30 does not exist that day, so it runs at 03:00.", None]


@pytest.mark.django_db
def test_what_the_hours_of_another_schedule_keep_on_is_told_so(alice: Person, server: Server) -> None:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    windows = [{"days": days, "from": "01:00", "to": "00:30"}]
    schedule(alice, name="Office hours", servers=[server.id], rules=None, windows=windows)
    stop = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "30 18 * * *"}])
    mine = [each for each in line(alice, server)["entries"] if each["schedule"]["id"] == stop["id"]]
    assert {each["state"] for each in mine} == {"skipped"}
    assert all(each["text"].endswith("Kept on by the hours of 'Office hours'.") for each in mine)


@pytest.mark.django_db
def test_a_stop_is_judged_by_the_hours_of_its_own_moment(
    alice: Person, server: Server, moment: datetime
) -> None:
    """Hours that are off now and on then keep the server on; those that are on now and off then do not."""

    def later(hours: float, form: str = "%H:%M") -> str:
        return f"{moment + timedelta(hours=hours):{form}}"

    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    for begin, end in ((-1, 1), (3, 6)):
        windows = [{"days": days, "from": later(begin), "to": later(end)}]
        schedule(alice, timezone="UTC", servers=[server.id], rules=None, windows=windows)
    stops = [{"action": "stop", "cron": later(hours, "%M %H * * *")} for hours in (0.5, 2, 4, 8)]
    made = schedule(alice, timezone="UTC", servers=[server.id], rules=stops)
    entries = line(alice, server, **{"from": iso(moment), "to": iso(moment + timedelta(hours=9))})["entries"]
    mine = [each["state"] for each in entries if each["schedule"]["id"] == made["id"]]
    assert mine == ["skipped", None, "skipped", None]


@pytest.mark.django_db
def test_a_pause_is_empty_and_ends_when_it_says(
    alice: Person, server: Server, often: dict[str, Any], moment: datetime
) -> None:
    path = f"schedules/{often['id']}"
    alice.post(f"{path}/pause", {})
    assert line(alice, server)["entries"] == []
    until = moment + timedelta(hours=12)
    alice.post(f"{path}/pause", {"until": iso(until)})
    entries = line(alice, server)["entries"]
    assert 2 <= len(entries) <= 3
    assert all(entry["at"] >= iso(until) for entry in entries)
    alice.post(f"{path}/resume")
    alice.patch(path, {"enabled": False}, **{"if-match": "*"})
    assert line(alice, server)["entries"] == []
