"""Attention as the API tells it: from the rows, the same in the filter as on the page."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.servers import reading
from api.servers.noticing import needs_attention
from api.tests.conftest import Person, make_observation, make_operation, make_server
from shared.fleet.models import Account, Observation, Region, Server
from shared.operations.models import Operation


def shown(who: Person, server: Server) -> list[dict[str, Any]]:
    [row] = who.get(f"servers/statuses?ids={server.id}").json()["statuses"]
    found: list[dict[str, Any]] = row["attention"]
    assert who.get(f"servers/{server.id}").json()["attention"] == found
    return found


@pytest.fixture
def stopped(region: Region) -> Server:
    return make_server(region, observed_state="stopped")


@pytest.mark.django_db
def test_a_failed_start_counts_for_a_day_and_until_something_else_ran(
    alice: Person, stopped: Server, moment: datetime
) -> None:
    failed = make_operation(stopped, action="start", state="failed", finished_at=moment)
    assert [(each["code"], each["operation"]) for each in shown(alice, stopped)] == [
        ("start_failed", failed.id)
    ]
    make_operation(stopped, action="start", state="skipped", finished_at=moment)
    assert len(shown(alice, stopped)) == 1
    later = make_operation(stopped, action="start", state="succeeded", finished_at=moment)
    assert shown(alice, stopped) == []
    later.delete()
    Operation.objects.update(finished_at=moment - timedelta(hours=24, minutes=1))
    assert shown(alice, stopped) == []


@pytest.mark.django_db
def test_a_failed_stop_counts_while_the_server_runs_and_until_something_else_ran(
    alice: Person, server: Server, moment: datetime
) -> None:
    failed = make_operation(server, state="failed", reason="refused", finished_at=moment)
    assert [(each["code"], each["operation"]) for each in shown(alice, server)] == [
        ("stop_failed", failed.id)
    ]
    Server.objects.update(observed_state="stopped")
    assert shown(alice, server) == []
    Server.objects.update(observed_state="running")
    make_operation(server, action="reboot", state="succeeded", finished_at=moment)
    assert shown(alice, server) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ended", "settles"),
    [
        ({"state": "succeeded", "action": "start"}, True),
        ({"state": "failed", "action": "start"}, False),
        ({"state": "succeeded", "action": "reboot"}, False),
    ],
)
def test_an_alert_stands_until_the_next_start_or_stop_went_well(
    alice: Person, stopped: Server, moment: datetime, ended: dict[str, str], settles: bool
) -> None:
    seen = make_observation(stopped, cause="outside", reaction="alerted", asked_at=moment)
    [note] = shown(alice, stopped)
    assert (note["code"], note["observation"]) == ("changed_outside", seen.id)
    make_operation(stopped, **ended, finished_at=moment - timedelta(minutes=1))
    assert "changed_outside" in [each["code"] for each in shown(alice, stopped)]
    make_operation(stopped, **ended, finished_at=moment + timedelta(minutes=1))
    assert ("changed_outside" in [each["code"] for each in shown(alice, stopped)]) is not settles


@pytest.mark.django_db
def test_a_failure_that_is_tried_again_just_now_is_not_told_beside_the_try(
    alice: Person, stopped: Server, moment: datetime
) -> None:
    failed = make_operation(stopped, action="start", state="failed", finished_at=moment)
    again = make_operation(stopped, action="start", retry_of=failed, waiting="no_capacity")
    assert [note["code"] for note in shown(alice, stopped)] == ["no_capacity"]
    Operation.objects.filter(id=again.id).update(state="cancelled", waiting="", finished_at=moment)
    assert [note["code"] for note in shown(alice, stopped)] == ["start_failed"]


@pytest.mark.django_db
def test_an_alert_stands_until_it_is_acknowledged(alice: Person, stopped: Server) -> None:
    seen = make_observation(stopped, cause="outside", reaction="given_up")
    assert [note["code"] for note in shown(alice, stopped)] == ["put_back_given_up"]
    alice.post(f"observations/{seen.id}/acknowledge")
    assert shown(alice, stopped) == []


@pytest.mark.django_db
def test_a_poll_hears_of_new_attention_and_of_new_waiting(
    alice: Person, server: Server, moment: datetime
) -> None:
    path = f"servers/statuses?ids={server.id}"

    def changed(tag: str) -> str:
        answer = alice.get(path, **{"if-none-match": tag})
        assert answer.status_code == 200
        assert alice.get(path, **{"if-none-match": answer.headers["ETag"]}).status_code == 304
        return str(answer.headers["ETag"])

    tag = changed("")
    make_operation(server)
    tag = changed(tag)
    Operation.objects.update(waiting="tokens", waiting_detail="No tokens.")
    tag = changed(tag)
    Operation.objects.update(not_before=moment + timedelta(minutes=1))
    tag = changed(tag)
    Server.objects.update(stuck_since=moment)
    changed(tag)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("account", "error"),
    [
        ({}, ""),
        ({"denied": {"start": {}}}, "throttled"),
        ({"trouble": "unreachable"}, "unreachable"),
        ({"status": "unusable", "error_code": "root_credentials_refused"}, ""),
        ({"status": "unusable", "error_code": "credential_unusable"}, ""),
    ],
)
def test_the_filter_and_what_is_shown_never_disagree(
    alice: Person, region: Region, moment: datetime, account: dict[str, Any], error: str
) -> None:
    """Every cause of attention, in every state that matters, told once in SQL and once in Python."""
    Account.objects.update(**account)
    Region.objects.update(look_error_code=error)
    operations: list[dict[str, Any]] = [
        {},
        {"action": "start", "state": "failed", "finished_at": moment},
        {"action": "stop", "state": "failed", "finished_at": moment},
        {"action": "start", "state": "failed", "reason": "denied", "finished_at": moment},
        {"action": "stop", "state": "failed", "reason": "throttled", "finished_at": moment},
        {"action": "stop", "state": "failed", "reason": "denied", "finished_at": moment},
        {"action": "stop", "state": "failed", "reason": "unreachable", "finished_at": moment},
        {"action": "reboot", "state": "unknown", "finished_at": moment},
        {"action": "stop", "state": "unknown", "finished_at": moment - timedelta(hours=25)},
        {"waiting": "no_capacity"},
        {"waiting": "tokens"},
    ]
    alerts: list[dict[str, Any]] = [
        {},
        {"reaction": "alerted"},
        {"reaction": "alerted", "acknowledged_at": moment},
        {"reaction": "respected"},
    ]
    rows: list[dict[str, Any]] = [
        {},
        {"stuck_since": moment},
        {"missing_since": moment - timedelta(minutes=11)},
        {"left_at": moment},
    ]
    combinations = itertools.product(("running", "stopped", "terminated"), operations, alerts, rows)
    for state, operation, alert, values in combinations:
        server = make_server(region, observed_state=state, **values)
        if operation:
            make_operation(server, **operation)
        if alert:
            make_observation(server, **alert)
    servers = list(reading.base(Server.objects.all()))
    told = {each.server.id for each in reading.lean(servers, now=moment) if each.attention}
    assert told == set(Server.objects.filter(needs_attention(now=moment)).values_list("id", flat=True))
    assert 0 < len(told) < len(servers)


@pytest.mark.django_db
def test_the_list_is_filtered_by_attention_and_hides_what_has_left(
    alice: Person, region: Region, moment: datetime
) -> None:
    make_server(region, name="hung", stuck_since=moment)
    make_server(region, name="well")
    make_server(region, name="old", left_at=moment, observed_state="terminated")

    def names(query: str) -> list[str]:
        return [row["name"] for row in alice.get(f"servers?{query}").json()["results"]]

    assert names("") == ["hung", "well"]
    assert names("attention=true") == ["hung"]
    assert names("attention=false") == ["well"]
    assert names("left=false") == ["hung", "well"]
    assert names("left=true") == ["old"]
    assert alice.get("accounts").json()["results"][0]["servers"] == 2
    [old] = alice.get("servers?left=true&search=old").json()["results"]
    assert old["left_at"] is not None
    for more in ("", "/status", "/timeline"):
        assert alice.get(f"servers/{old['id']}{more}").status_code == 200


@pytest.mark.django_db
def test_attention_of_a_page_takes_the_same_queries_however_much_there_is(
    alice: Person, region: Region, django_assert_num_queries: Any
) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            server = make_server(region, observed_state="stopped")
            make_observation(server, reaction="alerted")
            make_operation(server, action="start", waiting="no_capacity")

    def lean() -> int:
        return len(reading.lean(list(reading.base(Server.objects.all())), now=datetime.now(UTC)))

    add(1)
    with django_assert_num_queries(7):
        lean()
    add(10)
    with django_assert_num_queries(7):
        assert lean() == 11
    assert Observation.objects.count() == 11
