"""Accounts as people see them: with their regions, server counts and shown status, in four queries."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from api.accounts import limits
from api.accounts.health import Facts, Health, RegionFacts, Slowed, health, read_denied
from shared.fleet.models import Account, Bucket, Region


def base(rows: QuerySet[Account]) -> QuerySet[Account]:
    """The rows with what `shape` needs."""
    here, there = Q(servers__left_at=None), Q(regions__servers__left_at=None)
    refused = Prefetch("buckets", Bucket.objects.exclude(learned={}).order_by("action"), "refused_buckets")
    regions = Region.objects.annotate(server_count=Count("servers", filter=here)).order_by("name")
    regions = regions.prefetch_related(refused)
    return rows.annotate(server_count=Count("regions__servers", filter=there)).prefetch_related(
        Prefetch("regions", queryset=regions, to_attr="region_rows")
    )


def shaped(accounts: Sequence[Account], *, now: datetime) -> Sequence[Account]:
    """The rows with `shown_status`, `shown_error` and `shown_health` set."""
    for account in accounts:
        account.shown_status = status(account)  # type: ignore[attr-defined]
        account.shown_error = last_error(account)  # type: ignore[attr-defined]
        account.shown_health = how(account, now=now)  # type: ignore[attr-defined]
    return accounts


def how(account: Account, *, now: datetime) -> Health:
    """The health of an account read through `base`."""
    regions = [each for each in getattr(account, "region_rows", ()) if each.enabled]
    return health(
        Facts(
            status=account.status,
            status_error=account.last_error,
            tested_at=account.tested_at,
            trouble=account.trouble,
            trouble_since=account.trouble_since,
            denied=read_denied(account.denied),
            barred=account.barred,
            slowed=[each for region in regions for each in slowed(region, now=now)],
            regions=[
                RegionFacts(
                    each.name, each.look_error, each.look_error_code, each.look_failures, each.looked_at
                )
                for each in regions
            ],
        )
    )


def slowed(region: Region, *, now: datetime) -> list[Slowed]:
    """The actions of a region read through `base` that AWS's refusals have slowed down."""
    buckets = getattr(region, "refused_buckets", ())
    found = ((each.action, limits.slowed(each, now=now)) for each in buckets)
    return [Slowed(region.name, action, told[1], told[0]) for action, told in found if told]


def status(account: Account) -> str:
    """What the last test said; `checking` while a newer one is wanted."""
    wanted, tested = account.wanted_test_at, account.tested_at
    return "checking" if wanted and (tested is None or wanted > tested) else account.status


def last_error(account: Account) -> dict[str, str] | None:
    if not account.error_code:
        return None
    return {"code": account.error_code, "detail": account.last_error}
