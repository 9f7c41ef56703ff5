"""The story's other half: what is told when AWS refuses, cannot be reached, or was silent.

Many operations with one end are one line with their number; machines get a line for each. It decides nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from scheduler import story
from scheduler.ec2.gateway import CloudError
from shared.fleet.models import Account, Region
from shared.logs import event, warning
from shared.operations.models import Operation

FEW = 3


def failed(operations: Sequence[Operation], *, quiet: bool) -> None:
    """A refused call ended these, all for the same reason. `quiet`: that was told often enough."""
    crowd = len(operations) > FEW
    if crowd and not quiet:
        first = operations[0]
        warning(
            "call.failed",
            text=f"❌ Failed: {story.named(first)} on {len(operations)} servers: {first.detail}",
            servers=len(operations),
            action=first.action,
            reason=first.reason,
        )
    for operation in operations:
        story.finished(operation, quiet=quiet or crowd)


def put_off(operations: Sequence[Operation], *, why: str, until: datetime, quiet: bool) -> None:
    """EC2 refused for now. `quiet`: what is behind it was told once already."""
    crowd = len(operations) > FEW
    if crowd and not quiet:
        first, count = operations[0], len(operations)
        text = (
            f"⏳ Waiting: {story.named(first)} on {count} servers: {why} Trying again at {until:%H:%M:%S} UTC"
        )
        event("call.put_off", text=text, servers=count, action=first.action)
    for operation in operations:
        story.put_off(operation, why=why, until=until, quiet=quiet or crowd)


def unreachable(region: Region, *, count: int, error: CloudError) -> None:
    """Told once for each outage; the operations' own steps keep the rest."""
    text = (
        f"📡 AWS in {region.name} cannot be reached from this machine, so nothing was sent to "
        f"{account(region)}. {count} operation(s) wait and are tried again every 1 to 30 s until their time "
        f"is over. Check this machine's network, DNS and proxy. {error}"
    )
    warning("sending.unreachable", text=text, region=region.id, account=region.account_id, code=error.code)


def reachable(region: Region) -> None:
    text = f"📡 AWS in {region.name} can be reached again; what waited for {account(region)} is sent."
    event("sending.reachable", text=text, region=region.id, account=region.account_id)


def throttled(region: Region, action: str, *, count: int, why: str) -> None:
    """Told once until EC2 accepts again."""
    text = (
        f"🐢 AWS refuses {action} in {region.name} as one request too many: {why} Somebody else uses the "
        f"limit of {account(region)} too, so we go slower; {count} operation(s) wait."
    )
    warning("sending.throttled", text=text, region=region.id, account=region.account_id, action=action)


def account(region: Region) -> str:
    return f"cloud account ID: {region.account_id}"


def denied(account: Account, region: str, action: str, *, why: str) -> None:
    """Told once for each account and action, until it is allowed again. `why` says what to do, too."""
    text = (
        f'🔒 AWS denies {action} to cloud account "{account.name}" (ID: {account.id}), first in {region}: '
        f"{why}"
    )
    warning("account.denied", text=text, account=account.id, action=action)


def allowed(account: Account, action: str) -> None:
    text = f'🔓 AWS allows {action} to cloud account "{account.name}" (ID: {account.id}) again.'
    event("account.allowed", text=text, account=account.id, action=action)


def seen_after_silence(operation: Operation) -> None:
    """A look has shown that a call without an answer was carried out."""
    text = looked(operation, "EC2 had carried it out without answering; not sent again")
    event("operation.seen_after_silence", text=text, **story.ids(operation))


def sent_again(operation: Operation) -> None:
    """A look has shown that a call without an answer did nothing."""
    text = looked(operation, "EC2 had not carried it out; sending again")
    event("operation.sent_again", text=text, **story.ids(operation))


def looked(operation: Operation, found: str) -> str:
    return f"🔎 Looked: {story.what(operation)}: {found}{story.behind(operation)}"
