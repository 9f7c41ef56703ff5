"""What is wrong with a document: where it stands, in which line, and all of it at once."""

import pytest

from api.tests.conftest import Person, make_region, make_server
from api.tests.documenting import SMALL, bring_in, export, refused
from shared.clock import now
from shared.fleet.models import Server
from shared.schedules.models import Target

pytestmark = pytest.mark.django_db


def servers(*ids: str) -> str:
    return SMALL.replace("servers: []", f"servers: [{', '.join(ids)}]")


def test_a_server_nobody_knows_is_refused_where_it_stands(alice: Person, server: Server) -> None:
    [(pointer, code, detail)] = refused(alice, servers(server.instance_id, "i-unknown"))
    assert (pointer, code) == ("#/document/schedules/0/servers/1", "unknown_server")
    assert detail == "Line 7: There is no server i-unknown."


def test_an_id_of_two_accounts_is_refused_with_their_names(alice: Person, server: Server) -> None:
    twin = make_server(make_region(alice.workspace), instance_id=server.instance_id)
    [(pointer, code, detail)] = refused(alice, servers(server.instance_id))
    assert (pointer, code) == ("#/document/schedules/0/servers/0", "ambiguous_server")
    assert server.region.account.name in detail
    assert twin.region.account.name in detail


def test_of_two_accounts_the_one_the_schedule_has_is_meant(alice: Person, server: Server) -> None:
    bring_in(alice, servers(server.instance_id))
    make_server(make_region(alice.workspace), instance_id=server.instance_id)
    other = make_server(server.region)
    assert bring_in(alice, export(alice))["unchanged"] == ["Nightly"]
    bring_in(alice, servers(server.instance_id, other.instance_id))
    assert sorted(Target.objects.values_list("server_id", flat=True)) == [server.id, other.id]


def test_of_two_accounts_the_one_that_lost_the_server_is_not_meant(alice: Person, server: Server) -> None:
    make_server(make_region(alice.workspace), instance_id=server.instance_id, left_at=now())
    bring_in(alice, servers(server.instance_id))
    assert list(Target.objects.values_list("server_id", flat=True)) == [server.id]


WRONG = [
    ("from: 08:00", "from: 24:00", "windows/0/from", "invalid_time", 6),
    ("days: [mon]", "days: [monday]", "windows/0/days/0", "invalid_choice", 5),
    ("days: [mon]", "days: mon", "windows/0/days", "wrong_type", 5),
    ("servers: []", "servers: [i-1, i-1]", "servers/1", "duplicate", 8),
    ("servers: []", "server: []", "server", "unknown_field", 8),
    ("servers: []", "servers: []\n  enabled: no", "enabled", "wrong_type", 9),
    ("servers: []", "servers: []\n  grace_seconds: '600'", "grace_seconds", "wrong_type", 9),
    ("servers: []", "servers: []\n  timezone: Mars/Base", "timezone", "unknown_timezone", 9),
    ("servers: []", "servers: []\n  skip_dates: [{day: 25.12.2026}]", "skip_dates/0/day", "invalid_date", 9),
    ("servers: []", "servers: []\n  valid_to: 2020-01-01", "valid_to", "in_the_past", 9),
    ("servers: []", "tag_query: team=", "tag_query", "invalid_tag_query", 8),
    ("servers: []", "servers: []\n  confirm_stops: 2", "confirm_stops", "unknown_field", 9),
    ("name: Office", "name: 2027", "name", "wrong_type", 3),
    ("name: Office", "name: ''", "name", "required", 3),
    ("to: 18:00", "to: 18:00\n  rules: [{action: stop, cron: '1 1 * * *'}]", "", "windows_or_rules", 3),
]


@pytest.mark.parametrize(("old", "new", "pointer", "code", "line"), WRONG, ids=str)
def test_a_wrong_value_is_refused_with_its_line(
    alice: Person, old: str, new: str, pointer: str, code: str, line: int
) -> None:
    good = """version: 1
schedules:
- name: Office
  windows:
  - days: [mon]
    from: 08:00
    to: 18:00
  servers: []
"""
    found = refused(alice, good.replace(old, new))
    at = f"#/document/schedules/0/{pointer}".rstrip("/")
    assert [(each[0], each[1]) for each in found] == [(at, code)]
    assert found[0][2].startswith(f"Line {line}: ")


def test_everything_that_is_wrong_is_told_at_once(alice: Person) -> None:
    """Also what only a service refuses, schedule by schedule."""
    rules = "rules: [{action: stop, cron: 0 0 31 2 *}]\n  servers: []"
    document = f"version: 1\nschedules:\n- name: a\n  {rules}\n- name: b\n  {rules}\n- name: c\n  {rules}\n"
    found = refused(alice, document.replace("31 2", "1 2", 1))
    assert [(pointer, code) for pointer, code, _ in found] == [
        ("#/document/schedules/1/rules/0/cron", "never_fires"),
        ("#/document/schedules/2/rules/0/cron", "never_fires"),
    ]
    both = refused(alice, document.replace("name: a", "name: 1").replace("name: b", "name: 2"))
    assert [pointer for pointer, _, _ in both] == [
        "#/document/schedules/0/name",
        "#/document/schedules/1/name",
    ]


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ("version: 2\nschedules: []", "#/document/version", "unknown_version"),
        ("schedules: []", "#/document/version", "required"),
        ("version: 1", "#/document/schedules", "required"),
        ("", "#/document", "not_an_object"),
        ("- a", "#/document", "not_an_object"),
        ("version: 1\nschedules: [x]", "#/document/schedules/0", "not_an_object"),
        ("version: 1\nschedules: []\nowner: me", "#/document/owner", "unknown_field"),
        (SMALL + SMALL.partition("schedules:")[2], "#/document/schedules/1/name", "duplicate"),
        ("version: 1\nschedules: [" + "{}," * 501 + "]", "#/document/schedules", "too_long"),
        ("version: 1\nversion: 1", "#/document", "invalid_yaml"),
        ("a: &a [*a]", "#/document", "invalid_yaml"),
    ],
    ids=str,
)
def test_a_document_that_is_none_is_refused(alice: Person, document: str, pointer: str, code: str) -> None:
    assert (pointer, code) in [each[:2] for each in refused(alice, document)]
