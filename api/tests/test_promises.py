"""The promises S10, S15, S16 and S18 as far as the API keeps them; the others are the scheduler's to keep."""

from typing import Any

import pytest

from api.tests.conftest import Person, schedule
from shared.fleet.models import Server
from shared.operations.models import Operation

pytestmark = pytest.mark.django_db
AT_EIGHT = "0 20 * * *"


@pytest.fixture
def nightly(alice: Person, server: Server) -> dict[str, Any]:
    return schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": AT_EIGHT}])


def test_s10_who_writes_the_31st_is_told_that_it_does_not_always_come(alice: Person, server: Server) -> None:
    saved = schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "0 9 31 * *"}])
    assert [warning["code"] for warning in saved["warnings"]] == ["short_months"]


def test_s15_who_has_not_seen_the_newest_revision_saves_nothing(
    alice: Person, nightly: dict[str, Any]
) -> None:
    path, wanted = f"schedules/{nightly['id']}", {"rules": [{"action": "stop", "cron": "0 21 * * *"}]}
    assert alice.patch(path, wanted).status_code == 428
    assert alice.patch(path, wanted, If_Match='"1"').status_code == 200
    stale = alice.patch(path, wanted | {"name": "Mine"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_mismatch")
    assert alice.get(path).json()["name"] == nightly["name"]


def test_s16_a_collision_is_saved_and_told_with_its_winner(
    alice: Person, server: Server, nightly: dict[str, Any]
) -> None:
    rival = schedule(alice, servers=[server.id], rules=[{"action": "start", "cron": AT_EIGHT}])
    assert {warning["code"] for warning in rival["warnings"]} == {"collision"}
    assert "Start wins; the others are skipped." in rival["warnings"][0]["detail"]


def test_s18_one_wish_of_a_person_is_one_operation_however_often_it_is_sent(
    alice: Person, server: Server
) -> None:
    wanted = {"servers": [server.id], "action": "stop"}
    answers = [alice.post("operations", wanted, Idempotency_Key="once") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert Operation.objects.count() == 1
