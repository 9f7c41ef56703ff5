"""`python -m api migrate`: Django's own, with the time that large tables take.

Requests give up after seconds; a migration must not. Waiting for a lock still ends soon: behind a migration
that waits, everybody else would wait too, and it can simply be run again.
"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

PATIENT = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"
AS_BEFORE = "RESET statement_timeout; RESET idle_in_transaction_session_timeout"


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        tell(PATIENT)
        super().handle(*args, **options)
        tell(AS_BEFORE)


def tell(settings: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(settings)
