"""Asking for documents and giving them back, for tests."""

from typing import Any

from api.tests.conftest import Person
from shared.operations.models import Operation
from shared.schedules.models import Rule, Schedule, SkipDate, Target, Window

SMALL = """
version: 1
schedules:
- name: Nightly
  rules:
  - {action: stop, cron: 30 18 * * 1-5}
  servers: []
"""


NONE: dict[str, Any] = {
    "dry_run": False,
    "created": [],
    "changed": [],
    "unchanged": [],
    "removed": [],
    "stops_soon": [],
    "confirm": None,
}


def export(who: Person) -> str:
    answer = who.get("schedules/export")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def bring_in(who: Person, document: str, **options: Any) -> dict[str, Any]:
    answer = who.post("schedules/import", {"document": document} | options)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def refused(who: Person, document: str, **options: Any) -> list[tuple[str, str, str]]:
    before = everything()
    answer = who.post("schedules/import", {"document": document} | options)
    assert answer.status_code == 422, answer.content
    assert everything() == before
    return [(error["pointer"], error["code"], error["detail"]) for error in answer.json()["errors"]]


def everything() -> list[Any]:
    """All rows that an import could touch, with everything in them."""
    tables = (Schedule, Rule, Window, SkipDate, Target, Operation)
    return [list(table._default_manager.order_by("id").values()) for table in tables]
