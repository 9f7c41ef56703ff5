"""From a region's row to the EC2 that holds it: opens the credential and asks for a client.

A credential that is empty or cannot be opened raises CredentialUnusable and nothing is sent: the host's own
identity is never a fallback.
"""

import json

from django.conf import settings

from scheduler.ec2 import boto
from scheduler.ec2.boto import Credentials, client
from scheduler.ec2.gateway import Ec2
from shared import vault
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region

# What a sealed credential is bound to beside its account.
FIELD = "credential"


def connect(region: Region) -> Ec2:
    """A client for this account and region.

    CredentialUnusable when there is nothing to sign with, or, in the words of the finding, when a test found
    that these credentials must not be used.
    """
    if region.account.barred:
        raise CredentialUnusable(region.account.last_error)
    return connect_for_a_test(region)


def connect_for_a_test(region: Region) -> Ec2:
    """The same for the one who decides whether these credentials may be used."""
    return client(credentials(region.account), region=region.name, endpoint=settings.AWS_ENDPOINT_URL)


def opens_to_anybody(region: Region) -> bool:
    """Whether the account's role can be assumed without its external ID."""
    return boto.opens_to_anybody(
        credentials(region.account), region=region.name, endpoint=settings.AWS_ENDPOINT_URL
    )


def credentials(account: Account) -> Credentials:
    if account.kind == Account.Kind.KEYS:
        return static(account)
    if account.kind == Account.Kind.ROLE and account.role_arn and account.external_id:
        session = f"cloudevy-{account.workspace_id}-{account.id}"
        return Credentials(
            base=settings.AWS_IDENTITY,
            role_arn=account.role_arn,
            external_id=account.external_id,
            session=session,
        )
    raise CredentialUnusable(f"Account {account.name} has no usable way in.")


def static(account: Account) -> Credentials:
    plain = opened(account)
    try:
        pair = json.loads(plain)
        return Credentials(base=(pair["access_key_id"], pair["secret_access_key"]))
    except (ValueError, TypeError, KeyError) as error:
        raise CredentialUnusable from error


def opened(account: Account) -> str:
    """The stored credential in the clear; nobody but this program can, and it is never kept."""
    return vault.unseal(account.sealed, ring=settings.VAULT_RING, uid=str(account.uid), field=FIELD)
