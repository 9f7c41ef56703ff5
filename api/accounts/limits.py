"""How fast we may ask EC2, per region and action: AWS's numbers, an operator's own, and what was learned.

Reads and writes the rows that the scheduler takes its tokens from; how tokens are taken is its own matter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from shared.errors import Invalid
from shared.fleet.limits import AWS, Rates, custom, regained
from shared.fleet.models import Account, Bucket, Region

ACTIONS = ("start", "stop", "reboot")
NUMBERS = ("requests", "requests_refill", "servers", "servers_refill")
SIZES = {"requests_refill": "requests", "servers_refill": "servers"}
Row = dict[str, Any]


def rows(account: Account, *, now: datetime) -> list[Row]:
    """Every action of every region that is switched on, in two queries."""
    regions = list(account.regions.filter(enabled=True).order_by("name"))
    kept = {(row.region_id, row.action): row for row in Bucket.objects.filter(region__in=regions)}
    return [
        shaped(region, action, kept.get((region.id, action)), now=now)
        for region in regions
        for action in ACTIONS
    ]


def shaped(region: Region, action: str, bucket: Bucket | None, *, now: datetime) -> Row:
    """One row; without a bucket nobody has asked EC2 for this action yet."""
    given = bucket.limits if bucket else {}
    rates = effective(action, given)
    told = learned(bucket.learned, rates=rates, now=now) if bucket else None
    return {
        "region": region,
        "action": action,
        "aws": numbers(AWS.of(action)),
        "custom": {name: given.get(name) for name in NUMBERS} if given else None,
        "learned": told,
        "effective": numbers(rates) | slower(told),
        "tokens": tokens(bucket) if bucket else None,
    }


def effective(action: str, given: Mapping[str, float]) -> Rates:
    """AWS's numbers with an operator's own in their place."""
    return custom(action, given).of(action)


def numbers(rates: Rates) -> dict[str, float | None]:
    return {name: getattr(rates, name) for name in NUMBERS}


def learned(stored: Mapping[str, Any], *, rates: Rates, now: datetime) -> Row | None:
    """What AWS's refusals have taught, as of now; None when it is unlearned, or there were none."""
    if not stored:
        return None
    quiet = now - datetime.fromisoformat(stored["at"])
    back = {
        name: regained(stored[name], limit=getattr(rates, name), quiet=quiet)
        for name in SIZES
        if getattr(rates, SIZES[name]) is not None
    }
    if all(value >= getattr(rates, name) for name, value in back.items()):
        return None
    since = datetime.fromisoformat(stored.get("since", stored["at"]))
    return {"servers_refill": None} | back | {"since": since, "refusals": stored["refusals"]}


def slower(told: Row | None) -> dict[str, Any]:
    return {name: told[name] for name in SIZES if told[name] is not None} if told else {}


def slowed(bucket: Bucket, *, now: datetime) -> tuple[float, datetime] | None:
    """How fast we ask of the speed without refusals (0 to 1), and since when; None: as fast as ever."""
    rates = effective(bucket.action, bucket.limits)
    told = learned(bucket.learned, rates=rates, now=now)
    if told is None:
        return None
    return min(value / getattr(rates, name) for name, value in slower(told).items()), told["since"]


def tokens(bucket: Bucket) -> Row:
    """What is left, counted up to the moment it was last taken from."""
    servers = None if AWS.of(bucket.action).servers is None else bucket.servers
    return {"requests": bucket.requests, "servers": servers, "at": bucket.refilled_at}


@transaction.atomic
def change(account: Account, wanted: Mapping[str, Any], *, now: datetime) -> Row:
    """Put an operator's own numbers in AWS's place; None takes one out. What was learned is forgotten."""
    region = account.regions.filter(id=wanted["region"]).first()
    if region is None:
        raise Invalid("This account has no such region.", code="unknown_region", field="region")
    bucket = locked(region, wanted["action"], now=now)
    asked = {name: wanted[name] for name in NUMBERS if name in wanted}
    given = {name: value for name, value in (bucket.limits | asked).items() if value is not None}
    check(bucket.action, given, asked)
    bucket.limits, bucket.learned = given, {}
    bucket.save(update_fields=["limits", "learned"])
    return shaped(region, bucket.action, bucket, now=now)


def check(action: str, given: Mapping[str, float], asked: Mapping[str, object]) -> None:
    """Invalid for a bucket the action does not have, or one that refills beyond its size in a second."""
    if AWS.of(action).servers is None:
        for name in ("servers", "servers_refill"):
            if name in asked:
                detail = f"EC2 does not count the servers of a {action}, so there is nothing to set."
                raise Invalid(detail, code="no_such_bucket", field=name)
    rates = effective(action, given)
    for refill, size in SIZES.items():
        most = getattr(rates, size)
        if most is not None and getattr(rates, refill) > most:
            detail = (
                f"A bucket of {most:g} cannot gain {getattr(rates, refill):g} a second. Raise {size} too."
            )
            raise Invalid(detail, code="out_of_range", field=refill if refill in asked else size)


def locked(region: Region, action: str, *, now: datetime) -> Bucket:
    """The row the scheduler takes its tokens from, made full when it is new."""
    full = AWS.of(action)
    fresh = Bucket(workspace_id=region.workspace_id, region=region, action=action, refilled_at=now)
    fresh.requests, fresh.servers = full.requests, full.servers or 0.0
    Bucket.objects.bulk_create([fresh], ignore_conflicts=True)
    return Bucket.objects.select_for_update(no_key=True).get(region=region, action=action)
