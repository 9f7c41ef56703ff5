"""Migrations take as long as they take, and wait for nobody."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection

pytestmark = pytest.mark.django_db


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def test_a_migration_may_take_long_but_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def look(*_: Any, **__: Any) -> None:
        names = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
        seen.update({name: setting(name) for name in names})

    monkeypatch.setattr(migrate.Command, "handle", look)
    assert setting("statement_timeout") == "10s"
    call_command("migrate")
    assert seen == {
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "lock_timeout": "3s",
    }
    assert setting("statement_timeout") == "10s"
