"""Testing an account, over real HTTP: what AWS says becomes a status, a code and a sentence that helps."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from scheduler import account_test, discover
from scheduler.account_test import due_accounts
from scheduler.ec2 import boto
from scheduler.ec2.session import Clients
from scheduler.tests.conftest import Time
from shared import broker, vault
from shared.fleet.models import Account, Region, Server
from shared.people.models import Workspace
from simulator.identity import Credential
from simulator.tests.support import ACCOUNT, KEY, OTHER, REGION, SECRET, Running, name_of, running, server

Knocks = list[tuple[str, dict[str, object]]]


@pytest.fixture(scope="module")
def aws() -> Iterator[Running]:
    with running() as simulator:
        yield simulator


@pytest.fixture
def simulator(aws: Running, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Running:
    """What the scheduler reaches instead of AWS."""
    aws.simulation.reset()
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{aws.port}"
    settings.AWS_IDENTITY = (KEY, SECRET)
    monkeypatch.setattr(boto, "clients", Clients())
    return aws


@pytest.fixture
def new_account(workspace: Workspace, time: Time, simulator: Running) -> Callable[..., Account]:
    """An account somebody wants tested; by keys unless `role_arn` is given."""

    def make(key: str = KEY, secret: str = SECRET, **columns: str) -> Account:
        kind = Account.Kind.ROLE if "role_arn" in columns else Account.Kind.KEYS
        account = Account(workspace=workspace, name="dev", kind=kind, wanted_test_at=time.moment, **columns)
        pair = json.dumps({"access_key_id": key, "secret_access_key": secret})
        public = vault.parse_public(os.environ["CLOUDEVY_VAULT_PUBLIC_KEY"])
        account.sealed = vault.seal(pair, key=public, uid=str(account.uid), field="credential")
        account.save()
        Region.objects.create(workspace=workspace, account=account, name=REGION)
        return account

    return make


def after_test(account: Account) -> Account:
    account_test.test_account(account.id)
    account.refresh_from_db()
    return account


def found(account: Account) -> tuple[str, str]:
    row = after_test(account)
    assert bool(row.error_code) == bool(row.last_error) == (row.status != "ok")
    return row.status, row.error_code


def test_an_account_that_works_is_ok_and_its_servers_are_looked_for(
    new_account: Callable[..., Account], time: Time, knocks: Knocks, caplog: pytest.LogCaptureFixture
) -> None:
    account = new_account()
    Region.objects.update(discover_lease_until=time.moment + timedelta(minutes=1))
    account = after_test(account)
    assert (account.status, account.aws_account_id, account.tested_at) == ("ok", ACCOUNT, time.moment)
    region = Region.objects.get()
    assert (region.wanted_discover_at, region.discover_lease_until) == (time.moment, None)
    assert (broker.DISCOVER_REGION, {"region": region.id}) in knocks
    assert f'Cloud account "dev" (ID: {account.id}) works, AWS account {ACCOUNT}' in caplog.text
    assert SECRET not in caplog.text


def test_an_account_behind_a_role_works_too(new_account: Callable[..., Account]) -> None:
    account = new_account(role_arn=f"arn:aws:iam::{OTHER}:role/cloudevy", external_id="made-by-us")
    assert after_test(account).aws_account_id == OTHER


def test_the_servers_behind_a_role_arrive_by_discovery(
    new_account: Callable[..., Account], simulator: Running
) -> None:
    world = simulator.simulation.world
    world.add(server(1, "stopped", now=world.clock(), account=OTHER, tags={"team": "qa"}))
    after_test(new_account(role_arn=f"arn:aws:iam::{OTHER}:role/cloudevy", external_id="made-by-us"))
    discover.discover_region(Region.objects.get().id)
    found = Server.objects.get()
    assert (found.instance_id, found.name, found.observed_state) == (name_of(1), "server-1", "stopped")
    assert found.tags == {"Name": "server-1", "team": "qa"}


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        ("AKIASIMULATOR9999999", SECRET, "credential_rejected"),
        (KEY, "not the secret of this key", "secret_rejected"),
    ],
)
def test_keys_that_aws_refuses_are_denied(
    new_account: Callable[..., Account], knocks: Knocks, key: str, secret: str, code: str
) -> None:
    assert found(new_account(key, secret)) == ("denied", code)
    assert Region.objects.get().wanted_discover_at is None
    assert knocks == []


@pytest.mark.parametrize(
    ("role", "external_id", "finding"),
    [
        ("closed", "made-by-us", ("denied", "role_not_assumable")),
        ("nobody", "made-by-us", ("denied", "role_not_assumable")),
        ("reader", "made-by-us", ("unusable", "external_id_not_enforced")),
        ("cloudevy", "", ("unusable", "credential_unusable")),
    ],
)
def test_a_role_that_cannot_be_trusted_is_refused(
    new_account: Callable[..., Account], role: str, external_id: str, finding: tuple[str, str]
) -> None:
    account = new_account(role_arn=f"arn:aws:iam::{OTHER}:role/{role}", external_id=external_id)
    assert found(account) == finding


def test_an_installation_without_an_accepted_identity_says_so(
    new_account: Callable[..., Account], settings: Settings
) -> None:
    settings.AWS_IDENTITY = ("AKIASIMULATOR9999999", SECRET)
    account = new_account(role_arn=f"arn:aws:iam::{OTHER}:role/cloudevy", external_id="made-by-us")
    assert found(account) == ("denied", "no_identity")


def test_root_keys_are_refused(new_account: Callable[..., Account], simulator: Running) -> None:
    root = Credential("AKIASIMULATORROOT000", SECRET, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    simulator.simulation.identities._credentials[root.key_id] = root
    assert found(new_account(root.key_id)) == ("unusable", "root_credentials_refused")


def test_keys_that_only_this_region_does_not_know_meet_one_that_is_not_enabled(
    new_account: Callable[..., Account], simulator: Running
) -> None:
    fault = {"kind": "error", "code": "InvalidClientTokenId", "region": REGION}
    simulator.control("POST", "/_sim/faults", fault)
    assert found(new_account()) == ("denied", "region_not_enabled")


def test_keys_that_may_not_list_servers_are_denied(
    new_account: Callable[..., Account], simulator: Running
) -> None:
    simulator.control("POST", "/_sim/faults", {"kind": "denied", "action": "DescribeInstances"})
    account = new_account()
    assert found(account) == ("denied", "permission_missing")
    assert "Allow ec2:DescribeInstances" in account.last_error


@pytest.mark.parametrize("action", ["GetCallerIdentity", "DescribeInstances"])
@pytest.mark.parametrize("fault", ["error_500", "reset_after", "throttle"])
def test_an_aws_in_trouble_is_unreachable(
    new_account: Callable[..., Account], simulator: Running, fault: str, action: str
) -> None:
    simulator.control("POST", "/_sim/faults", {"kind": fault, "action": action})
    assert found(new_account()) == ("unreachable", "upstream_error")


def test_an_aws_that_nobody_reaches_is_a_time_out(
    new_account: Callable[..., Account], settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    assert found(new_account()) == ("unreachable", "upstream_timeout")


def test_a_credential_that_cannot_be_opened_asks_nobody(
    new_account: Callable[..., Account], settings: Settings
) -> None:
    account = new_account()
    settings.VAULT_RING = {}
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    assert found(account) == ("unusable", "credential_unusable")


def test_keys_of_another_aws_account_do_not_take_over_its_servers(
    new_account: Callable[..., Account],
) -> None:
    account = new_account(aws_account_id=OTHER)
    region = Region.objects.get()
    Server.objects.create(workspace=account.workspace, region=region, instance_id="i-1")
    assert found(account) == ("unusable", "other_aws_account")
    assert account.aws_account_id == OTHER


def test_what_works_again_has_no_error_left(
    new_account: Callable[..., Account], simulator: Running, time: Time
) -> None:
    simulator.control(
        "POST", "/_sim/faults", {"kind": "error_500", "action": "GetCallerIdentity", "count": 1}
    )
    account = new_account()
    assert found(account)[0] == "unreachable"
    Account.objects.update(wanted_test_at=time.forward(1))
    assert found(account) == ("ok", "")


def test_a_test_is_due_until_it_was_made_after_it_was_wanted(
    new_account: Callable[..., Account], time: Time
) -> None:
    account = new_account()
    assert due_accounts(time.moment) == [account.id]
    after_test(account)
    assert due_accounts(time.forward(1)) == []
    Account.objects.update(wanted_test_at=time.moment)
    assert due_accounts(time.moment) == [account.id]


def test_what_was_found_of_credentials_replaced_meanwhile_is_not_said_of_the_new_ones(
    new_account: Callable[..., Account],
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    account, examine = new_account(secret=SECRET[::-1]), account_test.examine

    def slowly(row: Account) -> account_test.Finding:
        finding = examine(row)
        Account.objects.filter(id=account.id).update(sealed="others", status="unchecked")
        return finding

    monkeypatch.setattr(account_test, "examine", slowly)
    account = after_test(account)
    assert (account.status, account.error_code, account.tested_at) == ("unchecked", "", None)
    assert due_accounts(time.moment) == [account.id]
    assert "does not work" not in caplog.text


def test_an_account_nobody_wants_tested_is_left_alone(new_account: Callable[..., Account]) -> None:
    account = new_account()
    Account.objects.update(wanted_test_at=None)
    assert after_test(account).status == "unchecked"


def test_while_another_worker_tests_an_account_nobody_else_does(new_account: Callable[..., Account]) -> None:
    account = new_account()
    key = [f"cloudevy test account {account.id}"]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
        assert after_test(account).status == "unchecked"
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
    other.close()
    assert after_test(account).status == "ok"


def test_the_lock_of_a_test_ends_with_it(db: None) -> None:
    other = connection.copy()
    with account_test.alone("a key") as is_mine:
        assert is_mine
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('a key', 0))")
        assert cursor.fetchone() == (True,)
    other.close()
