"""Credentials that work and must not be used: nothing is done with them until a test says otherwise."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from scheduler import discover, send
from scheduler.connect import connect
from scheduler.tests.acting import ask, state
from scheduler.tests.conftest import Time
from scheduler.tests.test_account_test import aws, found, new_account, simulator
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region, Server
from simulator.tests.support import ACCOUNT, OTHER, Running, name_of

__all__ = ["aws", "new_account", "simulator"]


@pytest.fixture
def barred(new_account: Callable[..., Account]) -> Account:
    """An account by keys that work and must not be used."""
    account = new_account(aws_account_id=OTHER)
    region = Region.objects.get()
    Server.objects.create(workspace=account.workspace, region=region, instance_id=name_of(1))
    assert found(account) == ("unusable", "other_aws_account")
    return account


def test_credentials_that_must_not_be_used_are_not(barred: Account, simulator: Running) -> None:
    region = Region.objects.get()
    with pytest.raises(CredentialUnusable, match="belong to another AWS account"):
        connect(region)
    discover.discover_region(region.id)
    region.refresh_from_db()
    assert (region.discovered_at, region.look_error) == (None, barred.last_error)
    assert Account.objects.get().trouble == "unusable"


def test_an_operation_ends_with_what_speaks_against_the_credentials(barred: Account, time: Time) -> None:
    server = Server.objects.get()
    operation = ask(server, "stop", time)
    send.drain(server.region_id, "stop")
    assert state(operation) == ("failed", "credential_unusable")
    words = f"Nothing was sent with this account's credentials: {barred.last_error} Then retry."
    assert operation.detail == words


def test_only_a_test_that_says_otherwise_lets_credentials_be_used_again(
    barred: Account, simulator: Running, time: Time
) -> None:
    fault = {"kind": "error_500", "action": "GetCallerIdentity", "count": 1}
    simulator.control("POST", "/_sim/faults", fault)
    Account.objects.update(wanted_test_at=time.forward(1))
    assert found(barred) == ("unusable", "other_aws_account")
    assert barred.tested_at == time.moment
    Account.objects.update(wanted_test_at=time.forward(1), aws_account_id=ACCOUNT)
    barred.refresh_from_db()
    assert found(barred) == ("ok", "")
    connect(Region.objects.get())


def test_a_credential_that_can_be_opened_again_needs_no_test(
    new_account: Callable[..., Account], settings: Settings
) -> None:
    ring, settings.VAULT_RING = settings.VAULT_RING, {}
    assert found(new_account()) == ("unusable", "credential_unusable")
    settings.VAULT_RING = ring
    connect(Region.objects.get())
