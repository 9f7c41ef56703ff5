"""Test an account: whom does AWS take us for, and may we see its servers? The answer is kept on the row.

Only this program can ask; the API shows what is found here. Nothing is ever written at AWS.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, Q, QuerySet

from scheduler import hands, troubles
from scheduler.connect import connect_for_a_test, opens_to_anybody
from scheduler.ec2.gateway import CloudError, Denied, Ec2, Identity, NotSent, Unanswered
from scheduler.watchdog import watched
from shared import broker, clock
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region, Server
from shared.logs import event

Status = Account.Status
# An id of the right form that no instance has: the question costs nothing and needs the same permission.
NOBODY = "i-00000000000000000"
# No account can switch this region off
# (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html).
ALWAYS_ENABLED = "us-east-1"
SENTENCES = {
    "credential_rejected": "AWS does not know this access key. Make a new one in IAM and enter it here.",
    "secret_rejected": troubles.WRONG_PAIR,
    "role_not_assumable": (
        "The role cannot be assumed. Check its ARN and that its trust policy names Cloudevy's principal"
        " and this account's external ID."
    ),
    "permission_missing": "Signed in, but servers may not be listed. Allow ec2:DescribeInstances.",
    "region_not_enabled": troubles.NOT_ENABLED,
    "clock_wrong": troubles.CLOCK,
    "no_identity": troubles.NO_IDENTITY,
    "external_id_not_enforced": (
        "The role can be assumed without the external ID, so others could use it through us."
        " Add the condition on sts:ExternalId to its trust policy."
    ),
    "root_credentials_refused": (
        "These are the root user's keys, and they can do anything."
        " Make an IAM user or a role with Cloudevy's policy and enter that."
    ),
    "other_aws_account": (
        "These credentials belong to another AWS account than the servers known here."
        " Enter those of the first one, or add a new account."
    ),
    "upstream_timeout": "AWS did not answer in time. Test again in a minute.",
    "upstream_error": "AWS answered with an error. Test again in a minute.",
}
DENIALS = {
    "AuthFailure": "credential_rejected",
    "InvalidClientTokenId": "credential_rejected",
    "UnrecognizedClientException": "credential_rejected",
    "SignatureDoesNotMatch": "secret_rejected",
    "IncompleteSignature": "secret_rejected",
    "RequestExpired": "clock_wrong",
    "OptInRequired": "region_not_enabled",
    "RegionDisabledException": "region_not_enabled",
    "NoCredentialsError": "no_identity",
    "CredentialRetrievalError": "no_identity",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a test found. `code` and `detail` are empty when all is well."""

    status: str
    code: str = ""
    detail: str = ""
    aws_account_id: str = ""


def due_accounts(now: datetime) -> list[int]:
    """Accounts somebody wants to have tested."""
    return list(due(now).order_by("id").values_list("id", flat=True))


def due(now: datetime) -> QuerySet[Account]:
    unanswered = Q(tested_at__isnull=True) | Q(wanted_test_at__gt=F("tested_at"))
    return Account.objects.filter(unanswered, wanted_test_at__lte=now)


def test_account(account: int) -> None:
    """Test it, if that is wanted and nobody else is at it."""
    with alone(f"cloudevy test account {account}") as is_mine:
        asked_at = clock.now()
        row = due(asked_at).filter(id=account).first() if is_mine else None
        if row is not None:
            keep(row, examine(row), asked_at=asked_at)


@contextmanager
def alone(key: str) -> Iterator[bool]:
    """A lock of this database session: it ends with the process, so a dead worker blocks nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        is_mine = bool(cursor.fetchone()[0])
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def examine(account: Account) -> Finding:
    """Ask AWS who we are and, where a region is given, whether we may list servers."""
    region = account.regions.filter(enabled=True).order_by("id").first()
    asked = region or Region(account=account, name=ALWAYS_ENABLED)
    try:
        ec2 = connect_for_a_test(asked)
        with watched():
            identity = ec2.whoami()
    except CredentialUnusable as error:
        return Finding(Status.UNUSABLE, error.code, str(error))
    except CloudError as error:
        return not_enabled(asked, error) or unidentified(account, error)
    return against(account, identity) or trusted(asked) or readable(ec2, identity, look=region is not None)


def not_enabled(asked: Region, error: CloudError) -> Finding | None:
    """A region that is not enabled knows no keys at all; are these known where every account is at home?"""
    if error.code not in troubles.KEYS or asked.name == ALWAYS_ENABLED:
        return None
    try:
        with watched():
            connect_for_a_test(Region(account=asked.account, name=ALWAYS_ENABLED)).whoami()
    except CloudError:
        return None
    return denied("region_not_enabled", error)


def unidentified(account: Account, error: CloudError) -> Finding:
    """Why AWS did not tell us who we are."""
    by_role = account.kind == Account.Kind.ROLE
    code = DENIALS.get(error.code, "role_not_assumable" if by_role else "credential_rejected")
    if by_role and code in ("credential_rejected", "secret_rejected"):
        code = "no_identity"
    return denied(code, error) if isinstance(error, Denied) else unreachable(error)


def against(account: Account, identity: Identity) -> Finding | None:
    """What speaks against using credentials that AWS accepts."""
    if identity.arn.endswith(":root"):
        return unusable("root_credentials_refused")
    moved = account.aws_account_id and account.aws_account_id != identity.account
    if moved and Server.objects.filter(region__account=account).exists():
        return unusable("other_aws_account")
    return None


def trusted(region: Region) -> Finding | None:
    """A role must not be assumable without the external ID (the confused deputy)."""
    if region.account.kind != Account.Kind.ROLE:
        return None
    try:
        with watched():
            return unusable("external_id_not_enforced") if opens_to_anybody(region) else None
    except CloudError as error:
        return unreachable(error)


def readable(ec2: Ec2, identity: Identity, *, look: bool) -> Finding:
    """Whether we may list servers."""
    try:
        with watched():
            if look:
                ec2.servers([NOBODY])
    except Denied as error:
        unknown = error.code in troubles.KEYS  # to this region, though we have just been told who we are
        code = "region_not_enabled" if unknown else DENIALS.get(error.code, "permission_missing")
        return denied(code, error)
    except CloudError as error:
        return unreachable(error)
    return Finding(Status.OK, aws_account_id=identity.account)


def denied(code: str, error: CloudError) -> Finding:
    return Finding(Status.DENIED, code, f"{SENTENCES[code]} {troubles.quoted(error)}")


def unusable(code: str) -> Finding:
    return Finding(Status.UNUSABLE, code, SENTENCES[code])


def unreachable(error: CloudError) -> Finding:
    silent = isinstance(error, NotSent) or (isinstance(error, Unanswered) and "Timeout" in error.code)
    code = "upstream_timeout" if silent else "upstream_error"
    return Finding(Status.UNREACHABLE, code, f"{SENTENCES[code]} {troubles.quoted(error)}")


def keep(account: Account, finding: Finding, *, asked_at: datetime) -> None:
    """The finding on the row; on success the servers are looked for at once.

    AWS in trouble says nothing about credentials that must not be used: they stay so. What was found of
    credentials that somebody replaced meanwhile is not kept; the new ones are tested next.
    """
    changes = {"status": finding.status, "error_code": finding.code, "last_error": finding.detail}
    if account.barred and finding.status == Status.UNREACHABLE:
        changes = {}
    if finding.aws_account_id:
        changes["aws_account_id"] = finding.aws_account_id
    mine = Account.objects.filter(id=account.id, sealed=account.sealed, role_arn=account.role_arn)
    if not mine.update(tested_at=asked_at, **changes):
        return
    tell(account, finding)
    if finding.status == Status.OK:
        regions = account.regions.filter(enabled=True)
        regions.update(wanted_discover_at=clock.now(), discover_lease_until=None)
        for region in regions.order_by("id"):
            hands.soon(broker.DISCOVER_REGION, region=region.id)


def tell(account: Account, finding: Finding) -> None:
    name = f'"{account.name}" (ID: {account.id})'
    text = f"🔑 Cloud account {name} works, AWS account {finding.aws_account_id}"
    if finding.code:
        text = f"⚠️  Cloud account {name} does not work: {finding.detail}"
    event("account.tested", text=text, account=account.id, status=str(finding.status), code=finding.code)
