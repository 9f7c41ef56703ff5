"""There may be 10,000 schedules in a workspace and 500 of one server; one more is refused with a sentence."""

from typing import Any

import pytest

from api.tests.conftest import Person, make_server, schedule
from shared.fleet.models import Region, Server
from shared.people.models import Workspace
from shared.schedules import targets
from shared.schedules.models import Schedule, Target

pytestmark = pytest.mark.django_db
RULES = [{"action": "stop", "cron": "30 18 * * 1-5"}]


def fill(workspace: Workspace, count: int) -> list[Schedule]:
    rows = [Schedule(workspace=workspace, name=f"old {number}", timezone="UTC") for number in range(count)]
    return Schedule.objects.bulk_create(rows, batch_size=2000)


@pytest.fixture
def full(workspace: Workspace, server: Server) -> Server:
    """A server in 500 schedules."""
    rows = [Target(workspace=workspace, schedule=each, server=server) for each in fill(workspace, 500)]
    Target.objects.bulk_create(rows)
    return server


def refused(answer: Any) -> str:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "quota_exceeded"), answer.content
    assert problem["title"] == "There are as many as there may be"
    return str(problem["detail"])


def test_a_workspace_has_ten_thousand_schedules_and_not_one_more(alice: Person, charlie: Person) -> None:
    fill(alice.workspace, 9_999)
    schedule(alice, name="the last one")
    detail = refused(alice.post("schedules", {"name": "one more", "rules": RULES, "servers": []}))
    assert detail == "This workspace has 10,000 schedules, which is the most. Delete some first."
    assert not Schedule.objects.filter(name="one more").exists()
    schedule(charlie, name="elsewhere")


def test_a_server_is_in_five_hundred_schedules_and_not_in_one_more(
    alice: Person, full: Server, region: Region
) -> None:
    other = make_server(region, tags={"team": "qa"})
    named = {"name": "one more", "rules": RULES}
    detail = refused(alice.post("schedules", named | {"servers": [other.id, full.id]}))
    assert detail == "Server 'test1' is in 500 schedules, which is the most. Take it out of some first."
    assert not Schedule.objects.filter(name="one more").exists()
    made = schedule(alice, servers=[other.id])
    path = f"schedules/{made['id']}"
    refused(alice.patch(path, {"servers": [full.id]}, **{"if-match": "*"}))
    assert alice.get(path).json()["servers"] == [other.id]


def test_a_tag_query_that_means_a_full_server_is_refused_too(alice: Person, full: Server) -> None:
    Server.objects.filter(id=full.id).update(tags={"team": "qa"})
    wanted = {"name": "one more", "rules": RULES, "tag_query": "team=qa"}
    assert "Server 'test1'" in refused(alice.post("schedules", wanted))


def test_a_full_server_stays_where_it_is_and_joins_by_its_tags(alice: Person, full: Server) -> None:
    first = Schedule.objects.order_by("id").first()
    assert first is not None
    wanted = {"servers": [full.id], "rules": RULES}
    kept = alice.patch(f"schedules/{first.id}", wanted, **{"if-match": "*"})
    assert kept.status_code == 200
    schedule(alice, tag_query="team=qa")
    Server.objects.filter(id=full.id).update(tags={"team": "qa"})
    targets.rejoin(Server.objects.filter(id=full.id), workspace=full.workspace_id)
    assert Target.objects.filter(server=full).count() == 501
