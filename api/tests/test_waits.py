"""Who waits for somebody else's locks gives up in time, or is told that the row is gone."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from api.tests.conftest import Person
from shared.schedules import services
from shared.schedules.models import Schedule

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


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("PATCH", "", {"name": "Other"}),
        ("DELETE", "", None),
        ("POST", "/pause", {}),
        ("POST", "/resume", None),
    ],
)
def test_what_somebody_deletes_meanwhile_is_not_there_any_more(
    alice: Person,
    nightly: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    tail: str,
    body: object,
) -> None:
    def late(schedule: Schedule) -> Schedule:
        """Whoever waited for the lock of a row that another request deletes finds none."""
        Schedule.objects.filter(id=schedule.id).delete()
        return locked(schedule)

    locked = services.locked
    monkeypatch.setattr(services, "locked", late)
    answer = alice.call(method, f"schedules/{nightly['id']}{tail}", body, **{"if-match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
