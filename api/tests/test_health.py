"""An account's health: one word, since when, and what to do next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.accounts.health import STATES, DeniedAction, Facts, RegionFacts, health
from api.tests.conftest import Person
from shared.fleet.models import Account, Region, Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = RegionFacts("eu-west-1", "", "", 0, NOON)
FACTS = Facts("ok", "", NOON - HOUR, "", None, (), (WELL,))
NAMED = (
    "You are not authorized to perform this operation. User: arn:aws:iam::1:user/c is not authorized "
    "to perform: ec2:StopInstances on resource: arn:aws:ec2:eu-west-1:1:instance/i-1"
)
STOP = DeniedAction("stop", "UnauthorizedOperation", NAMED, "eu-west-1", NOON, NOON + HOUR)
START = DeniedAction("start", "UnauthorizedOperation", "No.", "eu-west-1", NOON - HOUR, NOON)


def test_all_is_well_when_it_can_be_looked_at_and_acted_in() -> None:
    told = health(FACTS)
    assert (told.state, told.since, told.detail) == ("ok", None, None)


@pytest.mark.parametrize("trouble", ["denied", "unusable", "throttled", "unreachable", "unreadable"])
def test_what_keeps_us_from_looking_is_said_with_what_to_do(trouble: str) -> None:
    told = health(replace(FACTS, trouble=trouble, trouble_since=NOON, denied=(STOP,)))
    assert (told.state, told.since) == (trouble, NOON)
    assert told.state in STATES
    assert told.detail is not None
    assert len(told.detail) > 30


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (NAMED, "Allow ec2:StopInstances for this account's role"),
        ("No.", "Allow ec2:StopInstances for this account's role"),
        (
            NAMED + " with an explicit deny in a service control policy",
            "organisation forbids ec2:StopInstances",
        ),
    ],
    ids=["AWS names it", "AWS names nothing", "the organisation forbids it"],
)
def test_the_missing_permission_is_named(message: str, words: str) -> None:
    told = health(replace(FACTS, denied=(replace(STOP, message=message),)))
    assert (told.state, told.since) == ("denied", NOON)
    assert words in (told.detail or "")


def test_what_the_looks_say_comes_first() -> None:
    error = "Allow ec2:DescribeInstanceStatus to this account's role. AWS says: no."
    region = RegionFacts("eu-west-1", error, "denied", 1, None)
    told = health(replace(FACTS, trouble="denied", trouble_since=NOON, denied=(STOP,), regions=(region,)))
    assert (told.detail, told.regions_unreadable) == (error, ["eu-west-1"])


def test_what_the_test_said_comes_next() -> None:
    failed = replace(FACTS, status="denied", status_error="Check the trust policy.", tested_at=NOON + HOUR)
    assert health(replace(failed, denied=(STOP,))).detail == "Check the trust policy."


def test_several_refused_actions_are_named_together_since_the_first() -> None:
    told = health(replace(FACTS, denied=(STOP, replace(START, message=""))))
    assert [each.action for each in told.denied_actions] == ["start", "stop"]
    assert told.since == NOON - HOUR


@pytest.mark.parametrize(
    ("code", "failures", "state"),
    [
        ("unreachable", 2, "ok"),
        ("unreachable", 3, "unreachable"),
        ("denied", 1, "denied"),
        ("", 3, "unreadable"),
    ],
)
def test_one_region_in_lasting_trouble_is_the_accounts_trouble(code: str, failures: int, state: str) -> None:
    region = RegionFacts("us-east-1", "No answer.", code, failures, None)
    told = health(replace(FACTS, regions=(WELL, region)))
    assert (told.state, told.regions_unreadable) == (state, [] if state == "ok" else ["us-east-1"])


@pytest.mark.parametrize("trouble", ["", "unreachable"])
def test_word_and_sentence_are_those_of_the_gravest_region(trouble: str) -> None:
    silent = RegionFacts("ap-south-1", "AWS does not answer.", "unreachable", 4, NOON + HOUR)
    barred = RegionFacts("us-east-1", "Allow ec2:DescribeInstances.", "denied", 4, NOON)
    told = health(replace(FACTS, trouble=trouble, trouble_since=HOUR + NOON, regions=(WELL, silent, barred)))
    assert (told.state, told.detail) == ("denied", "Allow ec2:DescribeInstances.")
    assert told.since == (NOON + HOUR if trouble else NOON)
    assert told.regions_unreadable == ["ap-south-1", "us-east-1"]


def test_a_look_that_succeeded_knows_better_than_an_older_test() -> None:
    failed = replace(FACTS, status="denied", status_error="No.")
    assert health(failed).state == "ok"
    assert health(replace(failed, tested_at=NOON + HOUR)).state == "denied"
    assert health(replace(FACTS, status="unchecked", tested_at=None, regions=())).state == "unchecked"


def test_credentials_that_must_not_be_used_stay_so_whatever_a_look_says() -> None:
    barred = replace(FACTS, status="unusable", status_error="These are the root user's keys.", barred=True)
    failing = RegionFacts("eu-west-1", "Timed out.", "unreachable", 3, None)
    for facts in (barred, replace(barred, trouble="unreachable", trouble_since=NOON, regions=(failing,))):
        told = health(facts)
        assert (told.state, told.since) == ("unusable", NOON - HOUR)
        assert told.detail == "These are the root user's keys."


@pytest.mark.django_db
def test_a_finding_of_the_last_test_is_told_after_a_look_that_succeeded(
    alice: Person, server: Server
) -> None:
    Account.objects.update(
        status="unusable", error_code="other_aws_account", last_error="Another account.", tested_at=NOON
    )
    Region.objects.update(looked_at=NOON + HOUR)
    told = alice.get("accounts").json()["results"][0]["health"]
    assert (told["state"], told["detail"]) == ("unusable", "Another account.")


@pytest.mark.django_db
def test_the_account_tells_its_health_in_list_and_detail(alice: Person, server: Server) -> None:
    row = {"code": "UnauthorizedOperation", "message": NAMED, "region": "eu-west-1"}
    times = {"since": NOON.isoformat(), "last": (NOON + HOUR).isoformat()}
    Account.objects.update(denied={"stop": row | times})
    Region.objects.update(look_error="Timed out.", look_error_code="unreachable", look_failures=3)
    [listed] = alice.get("accounts").json()["results"]
    told = listed["health"]
    assert told == alice.get(f"accounts/{listed['id']}").json()["health"]
    assert (told["state"], told["regions_unreadable"]) == ("unreachable", ["eu-central-1"])
    [denied] = told["denied_actions"]
    assert denied == {
        "action": "stop",
        **row,
        "since": "2026-11-24T12:00:00Z",
        "last": "2026-11-24T13:00:00Z",
    }


@pytest.mark.django_db
def test_a_region_that_is_switched_off_is_nobodys_trouble(alice: Person, server: Server) -> None:
    Region.objects.update(look_error="No.", look_error_code="denied", enabled=False)
    told: dict[str, Any] = alice.get("accounts").json()["results"][0]["health"]
    assert (told["state"], told["regions_unreadable"]) == ("ok", [])
