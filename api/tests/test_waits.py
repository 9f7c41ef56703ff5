"""An edit that has to wait for somebody else's locks gives up in time and says so."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from api.tests.conftest import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def impatient(db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    yield
    connection.close()


def test_a_lock_that_is_not_had_in_time_is_told_as_unavailable(
    alice: Person, nightly: dict[str, Any], impatient: None
) -> None:
    address = f"{os.environ['CLOUDEVY_DATABASE_URL'].rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}"
    with psycopg.connect(address) as other:
        other.execute("SELECT id FROM schedules_rule FOR NO KEY UPDATE")
        for answer in (
            alice.post(f"schedules/{nightly['id']}/pause"),
            alice.patch(f"schedules/{nightly['id']}", {"name": "Other"}, **{"If-Match": "*"}),
            alice.delete(f"schedules/{nightly['id']}", **{"If-Match": "*"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert alice.post(f"schedules/{nightly['id']}/pause").status_code == 200
