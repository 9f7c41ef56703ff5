"""Trouble: regions that cannot be read, and accounts none of whose regions can. Looks and discovery report
here; `troubles` decides what it means and whom to tell.

No server is touched by any of this. The account's row is locked, so two workers tell one story.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest

from scheduler import cadence, telling
from scheduler.lease import Lease
from scheduler.troubles import (
    FOR_PEOPLE,
    SECOND,
    THIRD,
    Asked,
    Standing,
    Trouble,
    advice,
    classify,
    gravest,
    quoted,
    whom,
)
from shared import clock
from shared.fleet.models import Account, Region

LONGEST = 500
LIST_AGAIN = timedelta(seconds=60)
JUST_NOW = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that failed at a moment; `failures` is how often that was in a row."""

    error: Trouble
    failures: int
    now: datetime
    asked: Asked

    @property
    def word(self) -> str:
        return classify(self.error)

    @property
    def advice(self) -> str:
        return advice(self.error, self.asked)

    @property
    def text(self) -> str:
        """What to do next, and behind it whatever AWS said."""
        return f"{self.advice} {quoted(self.error)}".strip()[:LONGEST]


def look_failed(region: Region, error: Trouble, lease: Lease) -> None:
    """A look brought nothing: keep why, try again later and later, tell it where it has to be told. Nothing
    of that when somebody else looks meanwhile."""
    mine, now = lease.mine(), clock.now()
    row = mine.select_related("account").first()
    if row is None:
        return
    others, failures = beside(row), row.look_failures + 1
    failure = Failure(error, failures, now, asked(row, others, failures=failures))
    pause = cadence.after_trouble(failure.failures, throttled=failure.word == "throttled")
    mine.update(
        look_lease_until=None,
        next_look_at=now + pause,
        look_failures=failure.failures,
        look_error=failure.text,
        look_error_code=failure.word,
    )
    report(region, failure, others)


def list_failed(region: Region, error: Trouble, lease: Lease) -> None:
    """Discovery brought nothing. While looks fail too, they tell of it; what passes by itself is not told as
    long as they work."""
    mine, now, word = Region.objects.filter(id=region.id), clock.now(), classify(error)
    row = lease.mine().select_related("account").first()
    if row is None or not lease.mine().update(discover_lease_until=now + LIST_AGAIN) or row.look_failures:
        return
    others = beside(row)
    loud = row.look_error_code != word and (word in FOR_PEOPLE or row.discovered_at is None)
    failure = Failure(error, THIRD if loud else 0, now, asked(row, others, failures=0))
    mine.update(look_error=failure.text, look_error_code=word)
    report(region, failure, others)


def asked(region: Region, others: Sequence[Region], *, failures: int) -> Asked:
    """As whom we asked, and whether the account's other regions take the same credentials.

    They do when they could be read since the credentials were last changed or tested. One that could be read
    itself before has them looked at first, by its first failure: a key may just have been withdrawn.
    """
    account = region.account
    sure = region.discovered_at is None or failures >= SECOND
    elsewhere = any(reads(other, since=account.wanted_test_at) for other in others)
    return Asked(by_role=account.kind == Account.Kind.ROLE, elsewhere=sure and elsewhere)


def reads(region: Region, *, since: datetime | None) -> bool:
    looked = region.looked_at is not None and (since is None or region.looked_at > since)
    return looked and not region.look_error_code


def report(region: Region, failure: Failure, others: Sequence[Region]) -> None:
    """Tell what is to be told, and keep the account's word true. Other regions' rows are written only after
    the account's lock is gone: who holds a region may be waiting for the account."""
    mine = Standing(failure.word, failure.failures)
    standings = [Standing(other.look_error_code, other.look_failures) for other in others]
    with transaction.atomic():
        account = locked(region)
        whose = whom(mine, standings, trouble=account.trouble)
        keep(account, gravest(each.code for each in (mine, *standings) if each.code), whose, now=failure.now)
    if whose == "account":
        telling.account_unreadable(unreadable(account, failure))
    elif whose == "regions":
        tell_regions(account, region, [other for other in others if other.look_failures], failure)
    if failure.failures == 1 and failure.word != "throttled":
        hasten(others, now=failure.now)


def keep(account: Account, worst: str, whose: str, *, now: datetime) -> None:
    """The account's word, and since when; it changes with what stands in the way."""
    mine = Account.objects.filter(id=account.id)
    if whose == "account":
        mine.update(trouble=worst, trouble_since=now)
    elif account.trouble not in ("", worst):
        mine.update(trouble=worst)


def tell_regions(account: Account, region: Region, failing: Sequence[Region], failure: Failure) -> None:
    """Once for all that fail now; they count as told."""
    rows = Region.objects.filter(id__in=[other.id for other in failing], look_failures__gt=0)
    rows.update(look_failures=Greatest(F("look_failures"), THIRD))
    names = sorted([region.name, *(other.name for other in failing)])
    telling.regions_unreadable(unreadable(account, failure), regions=names)


def unreadable(account: Account, failure: Failure) -> telling.Unreadable:
    words = failure.advice, quoted(failure.error)
    return telling.Unreadable(account.id, account.name, failure.word, *words)


def look_succeeded(region: Region) -> None:
    """The end of any trouble that looks had with this region."""
    if region.look_failures:
        over(region)


def list_succeeded(region: Region) -> None:
    """Discovery worked: its own trouble is over, and failing looks should try again at once."""
    mine = Region.objects.filter(id=region.id)
    mine.filter(look_failures__gt=0).update(next_look_at=clock.now())
    if mine.filter(look_failures=0).exclude(look_error_code="").exists():
        over(region)


def over(region: Region) -> None:
    """This region can be read again; the account's others that cannot are tried at once, and told alone."""
    mine = Region.objects.filter(id=region.id)
    row = mine.get()
    mine.update(look_failures=0, look_error="", look_error_code="")
    with transaction.atomic():
        account = locked(region)
        if account.trouble:
            Account.objects.filter(id=account.id).update(trouble="", trouble_since=None)
    if account.trouble:
        telling.account_readable(account=account.id, name=account.name)
        failing = Region.objects.filter(account=account, look_failures__gt=0)
        failing.update(look_failures=1, next_look_at=clock.now())
    elif row.look_failures >= THIRD or (not row.look_failures and row.look_error_code in FOR_PEOPLE):
        telling.region_readable(account=account.id, name=account.name, region=region.id, named=region.name)


def settle() -> None:
    """Accounts whose failing regions were all switched off or removed have no trouble left."""
    failing = Region.objects.filter(account=OuterRef("id"), enabled=True).exclude(look_error_code="")
    for account in Account.objects.exclude(trouble="").filter(~Exists(failing)):
        mine = Account.objects.filter(id=account.id, trouble=account.trouble)
        if mine.update(trouble="", trouble_since=None):
            telling.account_readable(account=account.id, name=account.name)


def hasten(others: Sequence[Region], *, now: datetime) -> None:
    """Look at the account's other regions too: is it all of them?"""
    quiet = [each.id for each in others if not each.look_failures and each.discovered_at]
    rows = Region.objects.filter(id__in=quiet, next_look_at__gt=now)
    rows.exclude(looked_at__gt=now - JUST_NOW).update(next_look_at=now)


def locked(region: Region) -> Account:
    return Account.objects.select_for_update(no_key=True).get(id=region.account_id)


def beside(region: Region) -> list[Region]:
    """The account's other enabled regions."""
    rows = Region.objects.filter(account=region.account_id, enabled=True)
    return list(rows.exclude(id=region.id).order_by("id"))
