"""EC2's token buckets as all workers share them: one row per region and action, locked while it is read.

Call it inside a transaction. How many tokens there are is said by `ec2.buckets`; this module keeps the count.
"""

from datetime import datetime

from django.db import transaction

from scheduler.ec2 import buckets
from scheduler.ec2.buckets import Grant, Learned, Level, Wanted
from shared.fleet.limits import AWS, Limits, custom
from shared.fleet.models import Bucket, Region


def take(region: Region, action: str, wanted: int, *, by_rule: int, now: datetime) -> Grant:
    """Take tokens for up to `wanted` servers in one request; none when nothing is wanted.

    The last `by_rule` of them are wanted by rules.
    """
    if not wanted:
        return Grant(0, buckets.full(action, now=now))
    bucket = locked(region, action, now=now)
    grown = buckets.learn_up(learned(bucket), rates=limits(bucket).of(action), now=now)
    slow = buckets.effective(limits(bucket), action=action, learned=grown)
    wish = Wanted(wanted - by_rule, by_rule)
    grant = buckets.take(level(bucket), action=action, wanted=wish, now=now, limits=slow)
    store(bucket, grant.level, grown)
    return grant


def learn(region: Region, action: str, count: int, *, now: datetime) -> None:
    """AWS throttled a request of `count` servers: somebody else takes from the same bucket."""
    with transaction.atomic():
        bucket = locked(region, action, now=now)
        rates = limits(bucket).of(action)
        before = buckets.learn_up(learned(bucket), rates=rates, now=now)
        slower = buckets.learn_down(before, rates=rates, now=now)
        store(bucket, buckets.drained(level(bucket), count=count, now=now), slower)


def put_back(region: Region, action: str, count: int, *, now: datetime) -> None:
    """A request of `count` servers was never written, so its tokens are still there."""
    with transaction.atomic():
        bucket = locked(region, action, now=now)
        back = buckets.put_back(level(bucket), action=action, count=count, limits=limits(bucket))
        store(bucket, back, learned(bucket))


def locked(region: Region, action: str, *, now: datetime) -> Bucket:
    """The row, made full when it is new."""
    full = buckets.full(action, now=now)
    fresh = Bucket(workspace_id=region.workspace_id, region=region, action=action, **columns(full))
    Bucket.objects.bulk_create([fresh], ignore_conflicts=True)
    return Bucket.objects.select_for_update(no_key=True).get(region=region, action=action)


def limits(bucket: Bucket) -> Limits:
    """AWS' published numbers, or those an operator gave for this region."""
    return custom(bucket.action, bucket.limits) if bucket.limits else AWS


def level(bucket: Bucket) -> Level:
    return Level(bucket.requests, bucket.servers, bucket.refilled_at)


def learned(bucket: Bucket) -> Learned | None:
    return buckets.learned_from(bucket.learned)


def store(bucket: Bucket, left: Level, learned: Learned | None) -> None:
    Bucket.objects.filter(id=bucket.id).update(learned=buckets.kept_as(learned), **columns(left))


def columns(left: Level) -> dict[str, object]:
    return {"requests": left.requests, "servers": left.servers, "refilled_at": left.refilled_at}
