"""What AWS holds against a whole account or region: told once, and kept in mind until it is over.

A denied action stands on the account until EC2 accepts one like it, or its credentials change. What is
denied for a single server may be meant so, by a policy that names tags; what else AWS denies, the looks tell.
Whether throttling or an outage was told already is read from the calls before, so every worker knows. Call it
in the transaction that ends the call, after the region's row was locked: then two workers tell it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from scheduler import story_refused
from scheduler.ec2 import gateway
from scheduler.meaning import Trouble, one_of_many, words
from scheduler.refusing import Member, blamed
from scheduler.troubles import Asked, advice, lacks_permission
from shared.fleet.models import Account, Region
from shared.operations.models import Call, Operation

# What nobody has run into for so long was over; the next time it is told again.
FORGOTTEN = timedelta(minutes=15)
LATELY = timedelta(hours=1)
ENOUGH = 5


def note(region: Region, call: Call, error: Trouble, members: Sequence[Member], *, now: datetime) -> None:
    """A call was refused, or could not be made."""
    if isinstance(error, gateway.Denied):
        if lacks_permission(error) and of_the_account(region, call, error, members, now=now):
            denied(region, call, error, now=now)
    elif isinstance(error, gateway.Unreachable):
        if not lasts(call, "unreachable", now=now):
            transaction.on_commit(lambda: story_refused.unreachable(region, count=len(members), error=error))
    elif isinstance(error, gateway.Throttled) and not lasts(call, "throttled", now=now):
        transaction.on_commit(
            lambda: story_refused.throttled(region, call.action, count=len(members), why=words(error))
        )


def over(region: Region, call: Call, *, now: datetime) -> None:
    """A call was accepted: whatever was held against this action or region is over."""
    if call.action in region.account.denied:
        allowed(region, call)
    if lasts(call, "unreachable", now=now):
        transaction.on_commit(lambda: story_refused.reachable(region))


def lasts(call: Call, outcome: str, *, now: datetime) -> bool:
    """Whether the call before this one ended so too. Throttling is of one action, an outage of all."""
    calls = Call.objects.filter(region=call.region_id).exclude(id=call.id).exclude(outcome="")
    if outcome == "throttled":
        calls = calls.filter(action=call.action)
    before = calls.order_by("-id").values_list("outcome", "answered_at").first()
    if before is None or before[0] != outcome:
        return False
    return before[1] is not None and now - before[1] < FORGOTTEN


def told_enough(region: Region, call: Call, error: Trouble, *, now: datetime) -> bool:
    """Whether so many of this account were denied this action lately that one more is no news."""
    if not isinstance(error, gateway.Denied):
        return False
    rows = Operation.objects.filter(workspace=region.workspace_id, due_at__gte=now - LATELY, reason="denied")
    ended = rows.filter(server__region__account=region.account_id, action=call.action)
    return ended.filter(finished_at__gte=now - FORGOTTEN).count() >= ENOUGH


def of_the_account(
    region: Region, call: Call, error: gateway.Denied, members: Sequence[Member], *, now: datetime
) -> bool:
    """Whether the account may not do this at all: AWS says so of nobody in particular.

    What may be meant for one server is held against the account only when none was accepted lately: by itself
    when AWS names nobody or never accepted any, else once there are many.
    """
    named = blamed(error, members)
    if not named and not one_of_many(error):
        return True
    accepted = Call.objects.filter(region__account=region.account_id, action=call.action, outcome="accepted")
    if accepted.filter(answered_at__gte=now - FORGOTTEN).exists():
        return False
    alone = len(members) == 1 and not (named and accepted.exists())
    return alone or told_enough(region, call, error, now=now)


def denied(region: Region, call: Call, error: gateway.Denied, *, now: datetime) -> None:
    """Keep AWS's words on the account; the first time it is told."""
    account = Account.objects.select_for_update(no_key=True).get(id=region.account_id)
    known = account.denied.get(call.action)
    moment = now.isoformat().replace("+00:00", "Z")
    account.denied[call.action] = {
        "code": error.code,
        "message": str(error),
        "region": region.name,
        "since": known["since"] if known else moment,
        "last": moment,
    }
    Account.objects.filter(id=account.id).update(denied=account.denied)
    if known is None:
        asked = Asked(account.kind == Account.Kind.ROLE, wanted=f"ec2:{call.action.capitalize()}Instances")
        why = f"{words(error)} {advice(error, asked)}"
        transaction.on_commit(lambda: story_refused.denied(account, region.name, call.action, why=why))


def allowed(region: Region, call: Call) -> None:
    account = Account.objects.select_for_update(no_key=True).get(id=region.account_id)
    if account.denied.pop(call.action, None):
        Account.objects.filter(id=account.id).update(denied=account.denied)
        transaction.on_commit(lambda: story_refused.allowed(account, call.action))
