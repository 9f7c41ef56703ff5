"""Turn the vault's key: seal every stored credential anew with the ring's first key, while all else runs.

Each is written in a transaction of its own, and only if it still is what was read: what somebody enters
meanwhile stays. A run that was killed goes on where it was, because only what another key has sealed is
looked at. Whether a key is still needed is told by opening, not by what a row says of itself. No credential
is shown, and no key is taken from the ring: that is the operator's.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error
from django.db.models import QuerySet

from scheduler.connect import FIELD, opened
from shared import vault
from shared.errors import CredentialUnusable
from shared.fleet.models import Account
from shared.logs import event, warning
from shared.vault import PublicKey

BATCH = 100


@dataclass(slots=True)
class Found:
    """How many credentials each key opens, and the accounts whose credential none does."""

    by_key: Counter[str] = field(default_factory=Counter)
    shut: list[Account] = field(default_factory=list)

    def older(self, key: PublicKey) -> dict[str, int]:
        return {name: count for name, count in self.by_key.items() if name != key.id}


def run(*, check: bool = False, dry_run: bool = False) -> int:
    """The exit code: 1 when a credential cannot be opened or, but for a dry run, needs an older key."""
    key = vault.newest(settings.VAULT_RING)
    try:
        there = stored().filter(sealed__startswith=vault.beginning(key)).count()
        turned = 0 if check or dry_run else turn_all(key)
        found = survey()
    except Error as error:
        warning(
            "rotation.broken_off",
            text=f"❌ Broken off by the database: {error} Run this again: it goes on where it was.",
        )
        return 1
    if not (check or dry_run):
        tell_turned(key, turned=turned, there=there, shut=len(found.shut))
    tell(found, key)
    return int(bool(found.shut or (found.older(key) and not dry_run)))


def stored() -> QuerySet[Account]:
    return Account.objects.exclude(sealed="")


def batches(rows: QuerySet[Account]) -> Iterator[Sequence[Account]]:
    """The rows by their id; what is added meanwhile comes too."""
    last = 0
    wanted = rows.order_by("id").only("name", "uid", "sealed")
    while batch := list(wanted.filter(id__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].id


def turn_all(key: PublicKey) -> int:
    """Turn what other keys have sealed until nothing is left that can be turned; how many were."""
    waiting = stored().exclude(sealed__startswith=vault.beginning(key))
    turned = 0
    while True:
        before = turned
        for batch in batches(waiting):
            turned += sum(turn(account, key) for account in batch)
            left = waiting.count()
            event(
                "credentials.turning",
                text=f"🔑 {turned} sealed anew with {key.id}, {left} with another key.",
                turned=turned,
                left=left,
            )
        if turned == before:
            return turned


def turn(account: Account, key: PublicKey) -> bool:
    """Seal this one anew, unless it is no longer what was read; whether that was done."""
    try:
        plain = opened(account)
    except CredentialUnusable:
        return False
    sealed = vault.seal(plain, key=key, uid=str(account.uid), field=FIELD)
    unchanged = Account.objects.filter(id=account.id, sealed=account.sealed)
    return bool(unchanged.update(sealed=sealed, key_id=key.id))


def survey() -> Found:
    """Open everything once."""
    found = Found()
    for batch in batches(stored()):
        for account in batch:
            try:
                opened(account)
            except CredentialUnusable:
                found.shut.append(account)
            else:
                found.by_key[vault.key_of(account.sealed)] += 1
    return found


def tell_turned(key: PublicKey, *, turned: int, there: int, shut: int) -> None:
    event(
        "credentials.turned",
        text=f"🔑 {turned} sealed anew with {key.id}, {there} were there already, {shut} cannot be opened.",
        turned=turned,
        there=there,
        shut=shut,
    )


def tell(found: Found, key: PublicKey) -> None:
    """What was found, and whether older keys may go."""
    for account in found.shut:
        warning(
            "credential.shut",
            text=f'🔒 Cloud account "{account}" (ID: {account.id}): no key of the ring opens its credential,'
            " which was left as it is. Enter its access key again.",
            account=account.id,
        )
    counts = {name: found.by_key[name] for name in settings.VAULT_RING}
    opens = ", ".join(f"{name} opens {count}" for name, count in counts.items())
    event("credentials.counted", text=f"🔑 {opens}; {len(found.shut)} cannot be opened.", by_key=counts)
    event("rotation.concluded", text=verdict(found, key), finished=not (found.older(key) or found.shut))


def verdict(found: Found, key: PublicKey) -> str:
    rest = [name for name in settings.VAULT_RING if name != key.id]
    if found.older(key):
        return (
            f"⏳ Keep every key: not all is sealed with {key.id} yet. See that the api has its public half,"
            " then run `python -m scheduler rotate`."
        )
    if found.shut:
        return "⏳ Keep every key until the accounts named above have a credential that opens, or are gone."
    if rest:
        return f"✅ Nothing stored needs {' or '.join(rest)} any more: it may go. Dumps from before need it."
    return f"✅ {key.id} is the only key of the ring, and all that is needed."
