"""The preview of a tag query: which servers it means now, and where it is wrong."""

from typing import Any

import pytest

from api.tests.conftest import Person, make_region, make_server, schedule
from shared.clock import now
from shared.fleet.models import Region, Server
from shared.schedules import targets
from shared.schedules.models import Schedule, Target

pytestmark = pytest.mark.django_db


def asked(who: Person, text: object) -> Any:
    return who.post("schedules/targets", {"tag_query": text})


def test_the_servers_that_a_query_means_are_counted_and_the_first_are_named(
    bob: Person, region: Region, far_server: Server
) -> None:
    web = make_server(region, name="web", tags={"team": "qa"})
    make_server(make_region(region.workspace), name="", instance_id="i-9", tags={"team": "qa"})
    make_server(region, name="db", tags={"team": "qa", "env": "prod"})
    make_server(region, name="gone", tags={"team": "qa"}, left_at=now())
    Server.objects.filter(id=far_server.id).update(tags={"team": "qa"})
    answer = asked(bob, "team=qa AND env!=prod")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["count"] == 2
    assert [each["name"] for each in told["servers"]] == ["i-9", "web"]
    assert told["servers"][1] == {"id": web.id, "name": "web"}
    assert not Target.objects.exists()


def test_a_crowd_is_counted_and_fifty_are_named(bob: Person, region: Region) -> None:
    for number in range(51):
        make_server(region, name=f"web-{number:02}", tags={"team": "qa"})
    told = asked(bob, "has team").json()
    assert (told["count"], len(told["servers"]), told["servers"][0]["name"]) == (51, 50, "web-00")


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("team=", "invalid_tag_query", "At character 6: a value is missing after '='."),
        ("  team=", "invalid_tag_query", "At character 8: a value is missing after '='."),
        ("", "invalid_tag_query", "At character 1: a condition is missing, as team=qa or has team."),
        ("a" * 501, "invalid_tag_query", "At character 501: a tag query has at most 500 characters"),
        ("team=\tqa", "invalid_text", "Control characters"),
        (7, "wrong_type", "text"),
        (None, "required", ""),
    ],
)
def test_a_wrong_query_is_refused_at_its_place(bob: Person, text: object, code: str, detail: str) -> None:
    answer = asked(bob, text)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("#/tag_query", code)
    assert detail in error["detail"]


def test_an_account_whose_servers_only_a_tag_query_means_can_be_forgotten(
    alice: Person, region: Region
) -> None:
    """They would join again at once, so nobody could take them out first."""
    web = make_server(region, tags={"team": "qa"})
    row = Schedule.objects.get(id=schedule(alice, servers=[])["id"])
    row.tag_query = "team=qa"
    row.save()
    targets.follow(row)
    assert row.targets.get().server_id == web.id
    assert alice.delete(f"accounts/{region.account_id}").status_code == 204
    assert Schedule.objects.filter(id=row.id).exists()
    assert not Target.objects.exists()
