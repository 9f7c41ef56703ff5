"""Imports that stop servers at once: told beforehand, and refused until somebody says how many."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from api.tests.conftest import Person, make_server
from api.tests.documenting import bring_in, everything, export
from shared.clock import now
from shared.fleet.models import Region
from shared.schedules.models import Schedule
from shared.schedules.windows import DAYS

pytestmark = pytest.mark.django_db


@pytest.fixture
def soon(region: Region) -> str:
    """Two schedules that together stop three servers in two minutes; one of them twice."""
    one, two, three = (make_server(region, name=name).instance_id for name in ("one", "two", "three"))
    at = (now() + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%S")
    parts = [
        f"- {{name: {name}, timezone: UTC, rules: [{{action: stop, at: {at}}}], servers: [{ids}]}}\n"
        for name, ids in (("a", f"{one}, {two}"), ("b", f"{two}, {three}"))
    ]
    return f"version: 1\nschedules:\n{''.join(parts)}"


def test_a_dry_run_tells_how_many_it_stops(alice: Person, soon: str) -> None:
    told = bring_in(alice, soon, dry_run=True)
    assert [each["server"]["name"] for each in told["stops_soon"]] == ["one", "two", "three"]
    assert (told["confirm"], told["created"]) == (3, ["a", "b"])
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("number", [None, 0, 2, 4])
def test_without_the_right_number_nothing_is_imported(alice: Person, soon: str, number: int | None) -> None:
    before = everything()
    answer = alice.post(
        "schedules/import", {"document": soon} | ({} if number is None else {"confirm_stops": number})
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "confirmation_required")
    assert answer.json()["stops"] == 3
    assert everything() == before


def test_with_the_right_number_all_is_imported_and_then_nothing_is_to_be_confirmed(
    alice: Person, soon: str
) -> None:
    assert bring_in(alice, soon, confirm_stops=3)["created"] == ["a", "b"]
    again = bring_in(alice, soon)
    assert (again["unchanged"], again["stops_soon"], again["confirm"]) == (["a", "b"], [], None)


def test_a_single_server_needs_no_number(alice: Person, soon: str) -> None:
    head, _, _ = soon.partition("- {name: b")
    first, _, _ = head.rpartition(", ")
    told = bring_in(alice, f"{first}]}}")
    assert (len(told["stops_soon"]), told["confirm"], told["created"]) == (1, None, ["a"])


def test_the_command_asks_for_the_number_too(alice: Person, soon: str, tmp_path: Path) -> None:
    file = tmp_path / "schedules.yaml"
    file.write_text(soon)
    out = io.StringIO()
    call_command("import_schedules", str(file), "--dry-run", stdout=out)
    assert "! This stops 3 servers within 5 minutes: one, two, three." in out.getvalue()
    assert "--confirm-stops 3" in out.getvalue()
    with pytest.raises(CommandError, match="stops 3 servers within 5 minutes"):
        call_command("import_schedules", str(file))
    assert not Schedule.objects.exists()
    call_command("import_schedules", str(file), "--confirm-stops", "3", stdout=out)
    assert Schedule.objects.count() == 2


def test_what_a_schedule_no_longer_keeps_on_is_stopped_too(alice: Person, region: Region) -> None:
    """The change itself stops nothing for hours; but it lets another schedule's stop happen."""
    servers = [make_server(region).id, make_server(region).id]
    for name, ends in (("evening", timedelta(minutes=3)), ("day", timedelta(hours=6))):
        begin, end = (f"{now() + span:%H:%M}" for span in (timedelta(hours=-1), ends))
        window = {"days": list(DAYS), "from": begin, "to": end}
        body = {"name": name, "timezone": "UTC", "windows": [window], "servers": servers}
        assert alice.post("schedules", body | {"confirm_stops": 2}).status_code == 201
    document = export(alice).replace("- name: day\n", "- name: day\n  enabled: false\n")
    assert bring_in(alice, document, dry_run=True)["confirm"] == 2
    day = Schedule.objects.get(name="day")
    answer = alice.patch(f"schedules/{day.id}", {"enabled": False}, **{"if-match": "*"})
    assert (answer.status_code, answer.json().get("stops")) == (409, 2)
