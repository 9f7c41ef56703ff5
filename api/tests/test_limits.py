"""EC2's limits of an account: AWS's numbers, an operator's own, what was learned, and what counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.conftest import Person, make_region
from shared.fleet.models import Bucket, Region

pytestmark = pytest.mark.django_db
START = {"requests": 5.0, "requests_refill": 2.0, "servers": 1000.0, "servers_refill": 2.0}


def rows(who: Person, region: Region) -> dict[str, Any]:
    answer = who.get(f"accounts/{region.account_id}/limits")
    assert answer.status_code == 200, answer.content
    return {row["action"]: row for row in answer.json()}


def change(who: Person, of: Region, **values: Any) -> Any:
    return who.patch(f"accounts/{of.account_id}/limits", {"region": of.id, "action": "start"} | values)


def bucket(region: Region, **values: Any) -> Bucket:
    fresh = {"action": "start", "requests": 3.5, "servers": 900}
    return Bucket.objects.create(workspace=region.workspace, region=region, **fresh | values)


def test_without_anybodys_numbers_awss_own_count(alice: Person, region: Region) -> None:
    told = rows(alice, region)
    assert list(told) == ["start", "stop", "reboot"]
    assert told["start"] == {
        "region": {"id": region.id, "name": "eu-central-1"},
        "action": "start",
        "aws": START,
        "custom": None,
        "learned": None,
        "effective": START,
        "tokens": None,
    }
    assert told["reboot"]["aws"]["servers"] is None


def test_an_operators_numbers_take_the_place_of_awss(alice: Person, region: Region) -> None:
    answer = change(alice, region, servers_refill=40, requests=20.5)
    assert answer.status_code == 200, answer.content
    row = answer.json()
    assert row["custom"] == {
        "requests": 20.5,
        "requests_refill": None,
        "servers": None,
        "servers_refill": 40.0,
    }
    assert row["effective"] == START | {"servers_refill": 40.0, "requests": 20.5}
    assert row == rows(alice, region)["start"]
    assert Bucket.objects.get().limits == {"servers_refill": 40, "requests": 20.5}


def test_null_goes_back_to_awss_number(alice: Person, region: Region) -> None:
    change(alice, region, servers_refill=40, requests=20)
    assert change(alice, region, requests=None).json()["custom"]["requests"] is None
    row = change(alice, region, servers_refill=None).json()
    assert (row["custom"], row["effective"]) == (None, START)


def test_a_new_bucket_is_full_and_an_old_one_keeps_its_tokens(
    alice: Person, region: Region, moment: datetime
) -> None:
    bucket(region, refilled_at=moment)
    assert change(alice, region, requests=20).json()["tokens"]["requests"] == 3.5
    assert change(alice, region, action="stop", requests=60).json()["tokens"]["requests"] == 50
    assert change(alice, region, action="reboot", requests=60).json()["tokens"]["servers"] is None


def learned(moment: datetime, **values: Any) -> dict[str, Any]:
    fresh = {"requests_refill": 1.0, "servers_refill": 0.5, "at": moment.isoformat(), "refusals": 3}
    return fresh | {"since": (moment - timedelta(hours=1)).isoformat()} | values


def test_what_refusals_taught_counts_and_fades(alice: Person, region: Region, moment: datetime) -> None:
    bucket(region, refilled_at=moment, learned=learned(moment - timedelta(minutes=2)))
    row = rows(alice, region)["start"]
    assert row["learned"]["refusals"] == 3
    assert row["learned"]["requests_refill"] == pytest.approx(1.4, abs=0.01)
    assert row["effective"]["servers_refill"] == pytest.approx(0.9, abs=0.01)
    assert row["effective"]["requests"] == 5
    Bucket.objects.update(learned=learned(moment - timedelta(minutes=10)))
    assert rows(alice, region)["start"]["learned"] is None


def health(who: Person) -> dict[str, Any]:
    told: dict[str, Any] = who.get("accounts").json()["results"][0]["health"]
    return told


def test_the_account_tells_what_refusals_slowed_down(alice: Person, region: Region, moment: datetime) -> None:
    bucket(region, refilled_at=moment, learned=learned(moment))
    bucket(region, refilled_at=moment, action="stop", learned={})
    [told] = health(alice)["slowed"]
    assert (told["region"], told["action"]) == ("eu-central-1", "start")
    assert told["since"] == (moment - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert told["share"] == pytest.approx(0.25, abs=0.01)
    Bucket.objects.update(learned=learned(moment - timedelta(minutes=10)))
    assert health(alice)["slowed"] == []


def test_what_was_slowed_down_costs_one_query_for_all_accounts(
    alice: Person, region: Region, moment: datetime, django_assert_num_queries: Any
) -> None:
    bucket(region, refilled_at=moment, learned=learned(moment))
    health(alice)  # a token's first use is written down
    with CaptureQueriesContext(connection) as one:
        health(alice)
    for other in (make_region(region.workspace), make_region(region.workspace)):
        bucket(other, refilled_at=moment, learned=learned(moment))
    with django_assert_num_queries(len(one)):
        health(alice)


def test_new_numbers_make_a_new_start(alice: Person, region: Region, moment: datetime) -> None:
    bucket(region, refilled_at=moment, learned=learned(moment))
    assert change(alice, region, requests=20).json()["learned"] is None
    assert Bucket.objects.get().learned == {}


def test_a_region_that_is_switched_off_has_no_row(alice: Person, region: Region) -> None:
    Region.objects.update(enabled=False)
    assert rows(alice, region) == {}


WRONG = [
    ({}, "#", "required"),
    ({"requests": 0}, "#/requests", "out_of_range"),
    ({"requests": -5}, "#/requests", "out_of_range"),
    ({"requests": 0.5}, "#/requests", "out_of_range"),
    ({"requests": 1e12}, "#/requests", "out_of_range"),
    ({"requests": 10**400}, "#/requests", "out_of_range"),
    ({"requests": "50"}, "#/requests", "wrong_type"),
    ({"requests": True}, "#/requests", "wrong_type"),
    ({"requests": [1]}, "#/requests", "wrong_type"),
    ({"requests_refill": 0}, "#/requests_refill", "out_of_range"),
    ({"requests_refill": 6}, "#/requests_refill", "out_of_range"),
    ({"servers": 1}, "#/servers", "out_of_range"),
    ({"servers_refill": 1e9}, "#/servers_refill", "out_of_range"),
    ({"servers_refill": 1001}, "#/servers_refill", "out_of_range"),
    ({"batch": 5}, "#/batch", "unknown_field"),
    ({"requests": 9, "action": "terminate"}, "#/action", "invalid_choice"),
    ({"requests": 9, "action": "reboot", "servers": 5}, "#/servers", "no_such_bucket"),
    ({"requests": 9, "action": "reboot", "servers_refill": None}, "#/servers_refill", "no_such_bucket"),
    ({"requests": 9, "region": "eu-central-1"}, "#/region", "wrong_type"),
    ({"requests": 9, "region": 0}, "#/region", "out_of_range"),
    ({"requests": 9, "region": 2**40}, "#/region", "unknown_region"),
]


@pytest.mark.parametrize(("values", "pointer", "code"), WRONG)
def test_a_wrong_number_is_refused_at_its_field(
    alice: Person, region: Region, values: dict[str, Any], pointer: str, code: str
) -> None:
    answer = change(alice, region, **values)
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert not Bucket.objects.exclude(limits={}).exists()


@pytest.mark.parametrize("missing", ["region", "action"])
def test_a_missing_value_is_named(alice: Person, region: Region, missing: str) -> None:
    body = {"region": region.id, "action": "stop", "requests": 9}
    del body[missing]
    answer = alice.patch(f"accounts/{region.account_id}/limits", body)
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"#/{missing}"]


def test_a_foreign_region_is_as_unknown_as_one_that_never_was(
    alice: Person, region: Region, elsewhere: Any
) -> None:
    for other in (make_region(region.workspace), make_region(elsewhere)):
        answer = change(alice, region, region=other.id, requests=9)
        assert answer.json()["errors"][0]["code"] == "unknown_region"
    assert not Bucket.objects.exists()
