"""Writing accounts: credentials are sealed before they touch the database; rows ask for AWS's part.

The API can seal and never open; the private key is not on this side.
"""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from api import knocks
from shared import broker, vault
from shared.errors import AccountInUse, Invalid
from shared.fleet.models import Account, Region, Server
from shared.operations.models import Operation
from shared.operations.states import ACTIVE
from shared.people.models import Workspace
from shared.schedules import targets
from shared.schedules.models import Target

# 192 random bits; IAM allows 2 to 1,224 characters of this kind.
EXTERNAL_ID_BYTES = 24
# What new credentials change.
CREDENTIALS = ("role_arn", "sealed", "key_id", "access_key_last4")
# What was found out about the credentials, and is not true of others.
FOUND = ("denied", "status", "error_code", "last_error")
CONFLICTS = {
    "account_name_once": ("name", "taken", "There is an account of this name already. Choose another one."),
    "role_of_one_workspace": (
        "role_arn",
        "taken",
        "This role belongs to an account already. Use another.",
    ),
}


@transaction.atomic
def create(wanted: dict[str, Any], *, workspace: Workspace, now: datetime) -> Account:
    """A new account; a test and a discovery of every region are asked for."""
    account = Account(workspace=workspace, name=wanted["name"], kind=wanted["kind"])
    if account.kind == Account.Kind.ROLE:
        account.external_id = secrets.token_urlsafe(EXTERNAL_ID_BYTES)
    put_credentials(account, wanted)
    save(account)
    put_regions(account, wanted["regions"])
    ask_all(account, now=now)
    return account


@transaction.atomic
def change(account: Account, wanted: dict[str, Any], *, now: datetime) -> None:
    """Change what is named. New credentials are tested at once."""
    hold_regions(account)
    account.name = wanted.get("name", account.name)
    renewed = put_credentials(account, wanted)
    if renewed:
        forget_findings(account)
    save(account, ("name", *((*CREDENTIALS, *FOUND) if renewed else ())))
    if "regions" in wanted:
        put_regions(account, wanted["regions"])
    if renewed:
        ask_all(account, now=now)
    elif "regions" in wanted:
        ask_discovery(account, now=now)


def forget_findings(account: Account) -> None:
    """That was said of the old credentials."""
    account.denied, account.status = {}, Account.Status.UNCHECKED
    account.error_code = account.last_error = ""


def hold_regions(account: Account) -> None:
    """Lock its regions before its own row, as the scheduler does: two that wait for each other both fail."""
    list(account.regions.select_for_update(no_key=True).order_by("id").values_list("id"))


@transaction.atomic
def delete(account: Account) -> None:
    """Forget an account and its servers. AccountInUse while schedules name them or an operation is under way.

    A tag query names nobody: its schedule, locked before any server as everywhere, just loses them.
    """
    targets.locked(account.workspace_id)
    servers = Server.objects.filter(region__account=account)
    list(servers.select_for_update(no_key=True, of=("self",)).order_by("id").values_list("id"))
    hold_regions(account)
    Account.objects.select_for_update().get(id=account.id)
    picked = Target.objects.filter(server__region__account=account, schedule__tag_query="")
    named = picked.values("schedule").distinct().count()
    if named:
        word = "schedule names" if named == 1 else "schedules name"
        raise AccountInUse(f"{named} {word} servers of this account. Delete or change them first.")
    active = [state.value for state in ACTIVE]
    if Operation.objects.filter(server__region__account=account, state__in=active).exists():
        raise AccountInUse(
            "An operation on one of its servers is under way. Wait for it to end and try again."
        )
    account.delete()


def put_credentials(account: Account, wanted: dict[str, Any]) -> bool:
    """The role, or the sealed keys; whether there were any."""
    if "role_arn" in wanted:
        account.role_arn = wanted["role_arn"]
    if "access_key_id" in wanted:
        seal(account, access_key_id=wanted["access_key_id"], secret_access_key=wanted["secret_access_key"])
    return bool({"role_arn", "access_key_id"} & wanted.keys())


def seal(account: Account, *, access_key_id: str, secret_access_key: str) -> None:
    key = settings.VAULT_PUBLIC_KEY
    plain = json.dumps({"access_key_id": access_key_id, "secret_access_key": secret_access_key})
    account.sealed = vault.seal(plain, key=key, uid=str(account.uid), field="credential")
    account.key_id, account.access_key_last4 = key.id, access_key_id[-4:]


def save(account: Account, columns: Iterable[str] | None = None) -> None:
    """Write the row, or just these columns: the scheduler writes the others meanwhile."""
    try:
        with transaction.atomic():
            account.save(update_fields=columns)
    except IntegrityError as error:
        for constraint, (field, code, message) in CONFLICTS.items():
            if constraint in str(error):
                raise Invalid(message, code=code, field=field) from error
        raise


def put_regions(account: Account, names: Iterable[str]) -> None:
    """These regions are on. One left out is switched off, so that its servers' history stays."""
    wanted = list(names)
    have = {region.name: region for region in account.regions.all()}
    Region.objects.filter(account=account).exclude(name__in=wanted).update(enabled=False)
    for name in wanted:
        if name not in have or not have[name].enabled:
            Region.objects.update_or_create(
                account=account, name=name, defaults={"workspace_id": account.workspace_id, "enabled": True}
            )


def ask_all(account: Account, *, now: datetime) -> None:
    """Want it tested and its servers found; a role account whose role is still to come has to wait."""
    if account.kind == Account.Kind.ROLE and not account.role_arn:
        return
    # What is being asked with other credentials just now has lost its right to speak.
    regions = Region.objects.filter(account=account)
    regions.update(discover_lease_until=None, look_lease_until=None, next_look_at=now)
    ask_test(account, now=now)
    ask_discovery(account, now=now)


def ask_test(account: Account, *, now: datetime) -> None:
    """Want the connection tested."""
    Account.objects.filter(id=account.id).update(wanted_test_at=now)
    knocks.after_commit(broker.TEST_ACCOUNT, account=account.id)


def ask_discovery(account: Account, *, now: datetime) -> None:
    """Want the servers of every enabled region found; at once where AWS has refused that before, for whoever
    asks has mended something."""
    regions = Region.objects.filter(account=account, enabled=True)
    regions.update(wanted_discover_at=now)
    regions.exclude(look_error_code="").update(discover_lease_until=None, next_look_at=now)
    for region in regions:
        knocks.after_commit(broker.DISCOVER_REGION, region=region.id)
