"""The one clock: Postgres'.

Due moments and leases of every process are compared with this and nothing else, so a wrong clock on one
machine changes nothing. `cloudevy_now()` is made by the first migration and may be replaced by tests and by
the demo clock. It knows no table.
"""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The present moment, aware and in UTC, as the database sees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cloudevy_now()")
        row = cursor.fetchone()
    return row[0]
