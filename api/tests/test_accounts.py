"""Accounts: secrets go in and never out, and work for AWS is asked for with rows."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.accounts import saving
from api.tests.conftest import Person, make_operation, make_server, schedule
from shared import broker, env, vault
from shared.fleet.models import Account, Region, Server

pytestmark = pytest.mark.django_db
Knocks = list[tuple[str, dict[str, int | str]]]
KEY, SECRET = "AKIACANARYCANARY0001", "canary/canary+canary/canary+canary/canar"
KEYS = {"name": "prod", "kind": "keys", "access_key_id": KEY, "secret_access_key": SECRET}
ROLE = {"name": "by role", "kind": "role", "role_arn": "arn:aws:iam::123456789012:role/team/Cloudevy"}


def create(who: Person, body: dict[str, Any], regions: tuple[str, ...] = ("eu-central-1",)) -> dict[str, Any]:
    answer = who.post("accounts", body | {"regions": list(regions)})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_keys_are_sealed_for_the_scheduler_alone(alice: Person) -> None:
    made = create(alice, KEYS)
    account = Account.objects.get(id=made["id"])
    ring = vault.parse_ring(env.secret("CLOUDEVY_VAULT_PRIVATE_KEYS"))
    plain = vault.unseal(account.sealed, ring=ring, uid=str(account.uid), field="credential")
    assert json.loads(plain) == {"access_key_id": KEY, "secret_access_key": SECRET}
    assert (account.key_id, account.access_key_last4) == (account.sealed.split(".")[1], "0001")


def test_a_secret_is_never_readable_again(alice: Person) -> None:
    made = create(alice, KEYS)
    account = Account.objects.get(id=made["id"])
    answers = [
        alice.get("accounts"),
        alice.get(f"accounts/{made['id']}"),
        alice.post(f"accounts/{made['id']}/test"),
        alice.patch(f"accounts/{made['id']}", {"name": "again"}),
    ]
    for content in [json.dumps(made).encode(), *(answer.content for answer in answers)]:
        assert SECRET.encode() not in content
        assert KEY.encode() not in content
        assert account.sealed.encode() not in content
    assert SECRET not in str(Account.objects.values().get())


def test_a_new_account_asks_for_a_test_and_a_discovery(alice: Person, knocked: Knocks) -> None:
    made = create(alice, KEYS, ("eu-central-1", "us-east-1"))
    assert made["status"] == "checking"
    assert Region.objects.filter(wanted_discover_at__isnull=False).count() == 2
    discoveries = [(broker.DISCOVER_REGION, {"region": region["id"]}) for region in made["regions"]]
    assert sorted(knocked, key=str) == sorted(
        [*discoveries, (broker.TEST_ACCOUNT, {"account": made["id"]})], key=str
    )


def test_a_role_comes_with_an_external_id_and_the_policies_to_copy(alice: Person) -> None:
    made = create(alice, ROLE)
    assert len(made["external_id"]) >= 32
    assert made["policies"]["trust"]["Statement"][0]["Condition"] == {
        "StringEquals": {"sts:ExternalId": made["external_id"]}
    }
    allowed = {action for each in made["policies"]["permissions"]["Statement"] for action in each["Action"]}
    assert {"ec2:StopInstances", "ec2:DescribeInstances"} <= allowed
    assert (
        create(alice, ROLE | {"name": "2", "role_arn": ROLE["role_arn"] + "2"})["external_id"]
        != made["external_id"]
    )


def test_a_role_may_be_named_after_its_policies_were_read(alice: Person, knocked: Knocks) -> None:
    made = create(alice, {"name": "later", "kind": "role"})
    assert (made["status"], made["role_arn"], knocked) == ("unchecked", None, [])
    assert made["external_id"]
    answer = alice.patch(f"accounts/{made['id']}", {"role_arn": ROLE["role_arn"]}).json()
    assert (answer["status"], answer["external_id"]) == ("checking", made["external_id"])
    assert {task for task, _ in knocked} == {broker.TEST_ACCOUNT, broker.DISCOVER_REGION}


def test_keys_need_no_trust_policy(alice: Person) -> None:
    assert create(alice, KEYS)["policies"]["trust"] is None


def test_a_role_belongs_to_one_account(alice: Person, charlie: Person) -> None:
    create(alice, ROLE)
    for who in (alice, charlie):
        answer = who.post("accounts", ROLE | {"name": "other", "regions": ["eu-west-1"]})
        assert answer.status_code == 422
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            ("#/role_arn", "taken")
        ]


def test_a_name_is_taken_once(alice: Person, charlie: Person) -> None:
    create(alice, KEYS)
    answer = alice.post("accounts", KEYS | {"regions": ["eu-west-1"]})
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("#/name", "taken")]
    create(charlie, KEYS)


@pytest.mark.parametrize(
    ("tested", "stored", "shown"),
    [(None, "unchecked", "checking"), (-1, "ok", "checking"), (1, "ok", "ok"), (1, "denied", "denied")],
)
def test_an_account_is_checking_until_a_newer_test_has_ended(
    alice: Person, tested: int | None, stored: str, shown: str
) -> None:
    made = create(alice, KEYS)
    wanted = Account.objects.get().wanted_test_at
    assert wanted is not None
    tested_at = None if tested is None else wanted + timedelta(seconds=tested)
    Account.objects.update(status=stored, tested_at=tested_at, error_code="x" if stored == "denied" else "")
    account = alice.get(f"accounts/{made['id']}").json()
    assert account["status"] == shown
    assert (account["last_error"] is None) == (stored != "denied")


def test_testing_and_discovering_are_asked_for_again(alice: Person, knocked: Knocks) -> None:
    made = create(alice, KEYS)
    Account.objects.update(wanted_test_at=None)
    Region.objects.update(wanted_discover_at=None)
    knocked.clear()
    for what in ("test", "discover"):
        assert alice.post(f"accounts/{made['id']}/{what}").status_code == 202
    assert Account.objects.get().wanted_test_at is not None
    assert Region.objects.get().wanted_discover_at is not None
    assert [task for task, _ in knocked] == [broker.TEST_ACCOUNT, broker.DISCOVER_REGION]


def test_a_region_left_out_is_switched_off_and_can_come_back(alice: Person) -> None:
    made = create(alice, KEYS, ("eu-central-1", "us-east-1"))

    def enabled(*wanted: str) -> list[bool]:
        regions = alice.patch(f"accounts/{made['id']}", {"regions": list(wanted)}).json()["regions"]
        return [region["enabled"] for region in regions]

    assert enabled("eu-central-1") == [True, False]
    assert enabled("eu-central-1", "us-east-1") == [True, True]


def test_new_keys_replace_the_old_together_and_are_tested(alice: Person, knocked: Knocks) -> None:
    made = create(alice, KEYS)
    before = Account.objects.get().sealed
    knocked.clear()
    alone = alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY})
    assert [each["pointer"] for each in alone.json()["errors"]] == ["#/secret_access_key"]
    both = alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY, "secret_access_key": SECRET[::-1]})
    assert both.status_code == 200
    assert Account.objects.get().sealed != before
    assert [task for task, _ in knocked] == [broker.TEST_ACCOUNT, broker.DISCOVER_REGION]


@pytest.mark.parametrize("mended", ["credentials", "elsewhere"])
def test_what_was_refused_before_is_asked_for_at_once_when_something_was_mended(
    alice: Person, moment: datetime, mended: str
) -> None:
    made = create(alice, KEYS)
    later = moment + timedelta(minutes=1)
    Region.objects.update(look_error_code="denied", discover_lease_until=later, next_look_at=later)
    if mended == "credentials":
        alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY, "secret_access_key": SECRET[::-1]})
    else:
        alice.post(f"accounts/{made['id']}/discover")
    row = Region.objects.get()
    assert row.discover_lease_until is None
    assert row.next_look_at is not None
    assert row.next_look_at < later


@pytest.mark.parametrize("wanted", [{"name": "renamed"}, {"access_key_id": KEY, "secret_access_key": SECRET}])
def test_a_change_writes_nothing_that_the_scheduler_found_meanwhile(
    alice: Person, moment: datetime, wanted: dict[str, str]
) -> None:
    create(alice, KEYS)
    row = Account.objects.get()
    Account.objects.update(tested_at=moment, trouble="unusable")
    saving.change(row, wanted, now=moment)
    assert Account.objects.filter(tested_at=moment, trouble="unusable").exists()


def test_what_is_asked_with_the_old_credentials_loses_its_right_to_speak(
    alice: Person, moment: datetime
) -> None:
    made = create(alice, KEYS)
    later = moment + timedelta(minutes=1)
    Region.objects.update(discover_lease_until=later, look_lease_until=later, look_error_code="")
    alice.patch(f"accounts/{made['id']}", {"name": "renamed"})
    assert Region.objects.filter(discover_lease_until=later, look_lease_until=later).exists()
    alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY, "secret_access_key": SECRET[::-1]})
    assert Region.objects.filter(discover_lease_until=None, look_lease_until=None).exists()


def test_what_was_found_out_about_credentials_is_not_held_against_new_ones(alice: Person) -> None:
    made = create(alice, KEYS)
    Account.objects.update(status="unusable", error_code="root_credentials_refused", last_error="Root keys.")
    alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY, "secret_access_key": SECRET[::-1]})
    row = Account.objects.get()
    assert (row.status, row.error_code, row.last_error, row.barred) == ("unchecked", "", "", False)


def test_what_aws_denied_is_forgotten_with_the_credentials_it_was_denied_to(alice: Person) -> None:
    made = create(alice, KEYS)
    denied = {"code": "UnauthorizedOperation", "message": "No.", "region": "eu-west-1"}
    times = {"since": "2026-11-23T12:00:00Z", "last": "2026-11-23T12:00:00Z"}
    Account.objects.update(denied={"stop": denied | times})
    assert alice.patch(f"accounts/{made['id']}", {"name": "renamed"}).json()["health"]["denied_actions"]
    changed = alice.patch(f"accounts/{made['id']}", {"access_key_id": KEY, "secret_access_key": SECRET})
    assert changed.json()["health"]["denied_actions"] == []


@pytest.mark.parametrize("body", [{"kind": "host"}, {"role_arn": ROLE["role_arn"]}, {"external_id": "mine"}])
def test_the_kind_of_an_account_stays(alice: Person, body: dict[str, str]) -> None:
    made = create(alice, KEYS)
    answer = alice.patch(f"accounts/{made['id']}", body)
    assert [each["code"] for each in answer.json()["errors"]] == ["unknown_field"]


def test_an_account_in_use_is_not_forgotten(alice: Person, server: Server) -> None:
    account = f"accounts/{server.region.account_id}"
    saved = schedule(alice, servers=[server.id])
    refused = alice.delete(account)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use")
    assert "1 schedule names" in refused.json()["detail"]
    alice.delete(f"schedules/{saved['id']}", **{"if-match": "*"})
    running = make_operation(server, state="accepted")
    assert alice.delete(account).json()["code"] == "account_in_use"
    running.delete()
    assert alice.delete(account).status_code == 204
    assert not Server.objects.exists()


def test_the_list_counts_servers(alice: Person, server: Server) -> None:
    make_server(server.region)
    [account] = alice.get("accounts").json()["results"]
    assert (account["servers"], account["regions"][0]["servers"]) == (2, 2)


def test_a_change_locks_the_regions_before_the_account_as_the_scheduler_does(alice: Person) -> None:
    """Otherwise a call that AWS has just denied and the repair of the credentials wait for each other."""
    made = create(alice, KEYS)
    with CaptureQueriesContext(connection) as asked:
        assert alice.patch(f"accounts/{made['id']}", {"name": "other"}).status_code == 200
    statements = [each["sql"] for each in asked]
    held = (n for n, sql in enumerate(statements) if "fleet_region" in sql and "FOR NO KEY UPDATE" in sql)
    writes = next(n for n, sql in enumerate(statements) if sql.startswith('UPDATE "fleet_account"'))
    assert next(held) < writes


def test_forgetting_an_account_locks_schedules_servers_and_regions_in_everybodys_order(alice: Person) -> None:
    made = create(alice, KEYS)
    with CaptureQueriesContext(connection) as asked:
        assert alice.delete(f"accounts/{made['id']}").status_code == 204
    locks = [each["sql"] for each in asked if "FOR " in each["sql"] and "UPDATE" in each["sql"]]
    tables = [sql.split('FROM "')[1].split('"')[0] for sql in locks]
    assert tables == ["schedules_schedule", "fleet_server", "fleet_region", "fleet_account"]
