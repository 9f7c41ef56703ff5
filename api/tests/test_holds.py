"""Holds over HTTP: put, replaced, shown, refused and ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from api.tests.conftest import Person, make_operation, make_region, make_server, person
from shared import broker
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.operations.models import Operation, Request
from shared.people.models import Role, Workspace
from shared.schedules.models import Hold

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def hold(who: Person, server: Server, want: str = "on", *, hours: float = 1, **more: Any) -> Any:
    body = {"want": want, "until": iso(now() + timedelta(hours=hours))}
    return who.post(f"servers/{server.id}/hold", body | more)


def begun_earlier(server: Server, **time: float) -> None:
    Hold.objects.filter(server=server).update(created_at=now() - timedelta(**time))


def test_a_hold_is_shown_wherever_the_server_is(alice: Person, server: Server) -> None:
    answer = hold(alice, server, reason="Customer demo")
    assert answer.status_code == 201, answer.content
    held = answer.json()["hold"]
    assert answer.json()["operation"] is None
    assert (held["want"], held["reason"], held["author"]["email"]) == (
        "on",
        "Customer demo",
        "alice@example.com",
    )
    assert held["created_at"] < held["until"]
    assert alice.get(f"servers/{server.id}").json()["hold"] == held
    assert alice.get(f"servers/{server.id}/status").json()["hold"] == held
    assert alice.get("servers").json()["results"][0]["hold"] == held
    assert alice.get(f"servers/statuses?ids={server.id}").json()["statuses"][0]["hold"] == held


def test_a_poll_notices_that_a_hold_begins_changes_and_ends(alice: Person, server: Server) -> None:
    def tag() -> str:
        return str(alice.get(f"servers/statuses?ids={server.id}").headers["ETag"])

    tags = [tag()]
    for change in (
        lambda: hold(alice, server),
        lambda: hold(alice, server, hours=2),
        lambda: alice.delete(f"servers/{server.id}/hold"),
    ):
        change()
        tags.append(tag())
    assert len(set(tags)) == 4 - 1
    assert tags[0] == tags[3] == tag()


def test_a_hold_that_is_over_is_not_shown_though_nobody_has_ended_it(alice: Person, server: Server) -> None:
    hold(alice, server)
    Hold.objects.update(until=now() - timedelta(seconds=1))
    assert alice.get(f"servers/{server.id}").json()["hold"] is None


@pytest.mark.parametrize(
    ("want", "state", "action"), [("on", "stopped", "start"), ("off", "running", "stop")]
)
def test_a_server_that_is_not_there_yet_is_brought_there(
    alice: Person, region: Region, knocked: Knocks, want: str, state: str, action: str
) -> None:
    server = make_server(region, observed_state=state)
    made = Operation.objects.get(id=hold(alice, server, want, reason="demo").json()["operation"])
    assert (made.action, made.origin, made.author) == (action, "token", alice.user)
    assert Request.objects.get().reason == "demo"
    assert knocked == [(broker.DRAIN_REGION, {"region": region.id, "action": action})]
    assert Hold.objects.get().ended_at is None


def test_nobody_is_brought_anywhere_who_does_not_want_it(alice: Person, region: Region) -> None:
    server = make_server(region, observed_state="stopped")
    assert hold(alice, server, act=False).json()["operation"] is None
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("observed", "waiting", "asked"),
    [
        ("running", [], False),
        ("pending", [], False),
        ("unknown", [], True),
        ("stopped", [{"action": "start", "state": "accepted"}], False),
        ("running", [{"action": "stop", "state": "accepted"}], True),
        ("running", [{"action": "stop", "origin": "person"}], True),
        ("running", [{"action": "stop", "origin": "rule"}], False),
        ("stopped", [{"action": "start", "origin": "rule"}], False),
        ("running", [{"action": "reboot", "state": "accepted"}], False),
    ],
)
def test_what_is_under_way_counts(
    alice: Person, region: Region, observed: str, waiting: list[dict[str, Any]], asked: bool
) -> None:
    server = make_server(region, observed_state=observed)
    for values in waiting:
        make_operation(server, **values)
    assert (hold(alice, server).json()["operation"] is not None) is asked


REFUSALS: list[tuple[dict[str, Any], bool, str]] = [
    ({"protected": True}, True, "protected"),
    ({"flags": {"asg": "web"}}, True, "unsupported_instance"),
    ({"observed_state": "terminated"}, True, "server_gone"),
    ({"observed_state": "terminated"}, False, "server_gone"),
    ({"left_at": "2026-01-01T00:00:00Z"}, False, "server_gone"),
]


@pytest.mark.parametrize(("values", "acts", "code"), REFUSALS)
def test_when_the_server_refuses_nothing_is_saved(
    alice: Person, region: Region, knocked: Knocks, values: dict[str, Any], acts: bool, code: str
) -> None:
    server = make_server(region, **{"observed_state": "stopped"} | values)
    Hold.objects.create(
        workspace=server.workspace, server=server, want="off", until=now() + timedelta(hours=1)
    )
    answer = hold(alice, server, act=acts)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (Hold.objects.get().want, Hold.objects.get().ended_at) == ("off", None)
    assert (Operation.objects.count(), Request.objects.count(), knocked) == (0, 0, [])


def test_a_protected_server_that_is_there_can_be_held(alice: Person, server: Server) -> None:
    Server.objects.update(protected=True)
    assert hold(alice, server).status_code == 201


GOOD = {"want": "on", "until": "{soon}"}
WRONG = [
    ({"want": "stopped"}, "#/want", "invalid_choice"),
    ({"want": None}, "#/want", "required"),
    ({"want": True}, "#/want", "wrong_type"),
    ({"until": "{past}"}, "#/until", "in_the_past"),
    ({"until": "{next}"}, "#/until", "out_of_range"),
    ({"until": "{far}"}, "#/until", "out_of_range"),
    ({"until": "2026-12-24T07:00:00"}, "#/until", "invalid_time"),
    ({"until": "21:00"}, "#/until", "invalid_time"),
    ({"until": None}, "#/until", "required"),
    ({"until": 3600}, "#/until", "wrong_type"),
    ({"until": "9999-12-31T23:59:59-23:00"}, "#/until", "invalid_time"),
    ({"reason": "x" * 201}, "#/reason", "too_long"),
    ({"reason": "line\nbreak"}, "#/reason", "invalid_text"),
    ({"act": "yes"}, "#/act", "wrong_type"),
    ({"hours": 2}, "#/hours", "unknown_field"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), WRONG)
def test_a_wrong_value_is_refused_at_its_field(
    alice: Person, server: Server, change: dict[str, Any], pointer: str, code: str
) -> None:
    moment = now()
    moments = {
        "{soon}": iso(moment + timedelta(hours=1)),
        "{past}": iso(moment - timedelta(seconds=1)),
        "{next}": iso(moment + timedelta(minutes=4)),
        "{far}": iso(moment + timedelta(days=31, minutes=1)),
    }
    body = {name: moments.get(str(value), value) for name, value in (GOOD | change).items()}
    answer = alice.post(f"servers/{server.id}/hold", body)
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert not Hold.objects.exists()


@pytest.mark.parametrize("minutes", [6, 31 * 24 * 60 - 1])
def test_five_minutes_to_a_month_are_allowed(alice: Person, server: Server, minutes: int) -> None:
    assert hold(alice, server, hours=minutes / 60).status_code == 201


def test_ending_a_hold_makes_up_for_what_it_kept_and_says_by_whom(
    alice: Person, workspace: Workspace, server: Server, nightly: dict[str, Any], knocked: Knocks
) -> None:
    bob = person("olga@example.com", workspace, Role.OPERATOR)
    hold(alice, server)
    begun_earlier(server, hours=1)
    make_operation(server, state="skipped", reason="held", finished_at=now(), schedule_id=nightly["id"])
    answer = bob.delete(f"servers/{server.id}/hold")
    assert answer.status_code == 200
    made = alice.get(f"operations/{answer.json()['operation']}").json()
    assert (made["origin"], made["action"], made["author"]["email"]) == ("hold", "stop", "alice@example.com")
    assert made["steps"][0]["text"] == (
        f"Stop was due at the end of the hold of alice@example.com, as the schedule {nightly['name']} says."
    )
    assert made["steps"][1]["text"] == "The hold was ended early by olga@example.com."
    assert knocked == [(broker.DRAIN_REGION, {"region": server.region_id, "action": "stop"})]
    told = alice.get(f"servers/{server.id}/timeline").json()["entries"]
    assert [each["text"] for each in told if each["operation"] == made["id"]] == [
        f"Stop at the end of the hold of alice@example.com, as {nightly['name']} says: it waits to be sent."
    ]


def test_the_log_says_who_put_and_who_ended_a_hold(
    alice: Person, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="cloudevy"):
        until = hold(alice, server, reason="demo").json()["hold"]["until"]
        for _ in range(2):
            alice.delete(f"servers/{server.id}/hold")
    which = f'"test1" (ID: {server.id})'
    moment = f"{datetime.fromisoformat(until):%Y-%m-%d %H:%M} UTC"
    assert f"Hold put by alice@example.com: keep {which} on until {moment}: demo" in caplog.text
    assert caplog.text.count(f"Hold ended by alice@example.com: {which}") == 1


def test_ending_a_hold_that_kept_nothing_or_none_at_all_does_nothing(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    hold(alice, server)
    for _ in range(2):
        answer = alice.delete(f"servers/{server.id}/hold")
        assert (answer.status_code, answer.json()) == (200, {"operation": None})
    assert not Operation.objects.exists()
    assert alice.get(f"servers/{server.id}").json()["hold"] is None


def test_the_opposite_wish_ends_a_hold(alice: Person, server: Server) -> None:
    hold(alice, server)
    assert alice.post("operations", {"servers": [server.id], "action": "stop"}).status_code == 202
    assert alice.get(f"servers/{server.id}").json()["hold"] is None


@pytest.mark.django_db(transaction=True)
def test_of_twenty_holds_at_once_one_stays_open() -> None:
    workspace = Workspace.objects.create(name="default")
    alice = person("alice@example.com", workspace, Role.OWNER)
    server = make_server(make_region(workspace), observed_state="stopped")

    def put(number: int) -> int:
        try:
            return int(hold(alice, server, hours=number + 1).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(put, range(20))) == {201}
    assert (Hold.objects.count(), Hold.objects.filter(ended_at=None).count()) == (20, 1)
    assert Hold.objects.get(ended_at=None) == Hold.objects.latest("created_at")
    assert Operation.objects.count() == 1
