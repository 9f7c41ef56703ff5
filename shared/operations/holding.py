"""Holding: what is done about a server when a hold on it begins and when it ends.

At the end what the schedules want then is applied once, as an operation of origin `hold`, judged like an
occurrence that is due at that moment. Where one of their own actions is due at that very moment there is
nothing to apply. Ended early, it is applied only when the hold has kept an action from running, or a schedule
from putting the server back.

Locks: the server's row when a hold begins; its own row when it ends. It sends nothing and knows no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from shared import broker
from shared.fleet.models import Observation, Server
from shared.operations import asking, firing, services
from shared.operations.asking import Asker, Knock
from shared.operations.firing import Due
from shared.operations.models import Operation
from shared.operations.states import BY_SCHEDULES, OPEN, Origin, State
from shared.operations.verdicts import Occurrence, against
from shared.operations.wishes import Wish, absent
from shared.people.models import User
from shared.schedules import holds
from shared.schedules.holds import ACTIONS, Wanted
from shared.schedules.models import Hold, Rule, Schedule
from shared.schedules.recurrence import Moment
from shared.schedules.wanting import Said, Wants

BATCH = 500
POWER = ["start", "stop"]
# Where a server is, or gets by itself.
REACHED = {"start": ("pending", "running"), "stop": ("stopping", "stopped")}


@dataclass(frozen=True, slots=True)
class Ended:
    """A hold that has ended: what its schedules want then, if anything, and what was made of that."""

    hold: Hold
    wanted: Said | None = None
    operation: Operation | None = None


@transaction.atomic
def put(
    server: Server, wanted: Wanted, *, by: Asker, knock: Knock, now: datetime
) -> tuple[Hold, Operation | None]:
    """Hold a locked server, in place of the open hold, and ask for what it takes to bring it there.

    NotAllowed when it is gone, or refuses to be brought there; Invalid for a moment too near or too far.
    """
    holds.check(wanted.until, now=now)
    refusal = absent(server, now=now)
    if refusal:
        raise refusal
    hold = holds.put(server, wanted, author=by.user, now=now)
    action = ACTIONS[wanted.want]
    if not wanted.act or is_on_its_way(server, action):
        return hold, None
    wish = Wish([server.id], action, reason=wanted.reason, queue=True)
    answer = asking.request(wish, by=by, key=None, knock=knock, now=now)
    return hold, answer.operations[0]


def is_on_its_way(server: Server, action: str) -> bool:
    """Whether what was asked last brings it there, or it is there and nothing was asked. What schedules asked
    against the hold, and nobody has sent, will not be sent."""
    against_it = Q(state=State.REQUESTED, origin__in=BY_SCHEDULES) & ~Q(action=action)
    rows = Operation.objects.filter(server=server, action__in=POWER, state__in=[each.value for each in OPEN])
    last = rows.exclude(against_it).order_by("due_at", "id").last()
    return last.action == action if last else server.observed_state in REACHED[action]


@transaction.atomic
def release(server: Server, *, by: User, knock: Knock, now: datetime) -> Ended | None:
    """End the open hold of a server now; None when there is none."""
    rows = Hold.objects.select_for_update(no_key=True, of=("self",)).filter(server=server, ended_at=None)
    ended = finish(list(rows.select_related("server__region", "author")), now=now)
    for each in ended:
        if each.operation is not None:
            tell(each.hold, each.operation, by=by, knock=knock, now=now)
    return ended[0] if ended else None


def tell(hold: Hold, made: Operation, *, by: User, knock: Knock, now: datetime) -> None:
    """Write down who ended it, and wake the senders."""
    if now < hold.until:
        services.note([made], "hold_released", now=now, detail=f"by {by}.")
    if made.state == State.REQUESTED:
        knock(broker.DRAIN_REGION, region=made.server.region_id, action=made.action)


@transaction.atomic
def end_due(*, now: datetime) -> list[Ended]:
    """End a batch of the holds that are over; those that another process ends are left to it.

    A server of which a rule is due waits for its firing: a later decision has to be there to go first.
    """
    firing_next = Rule.objects.filter(next_run_at__lte=now, schedule__targets__server=OuterRef("server"))
    rows = Hold.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    over = rows.filter(~Exists(firing_next), ended_at=None, until__lte=now).order_by("until", "id")
    return finish(list(over.select_related("server__region", "author")[:BATCH]), now=now)


def finish(rows: Sequence[Hold], *, now: datetime) -> list[Ended]:
    """End these locked holds, each at its own moment or earlier, now."""
    wants = Wants({row.server_id for row in rows})
    ended = [conclude(row, wants, now=now) for row in rows]
    Hold.objects.bulk_update(rows, ["ended_at"])
    Operation.objects.bulk_create(each.operation for each in ended if each.operation)
    return ended


def conclude(hold: Hold, wants: Wants, *, now: datetime) -> Ended:
    """What its end brings about; saves nothing."""
    at = hold.ended_at = min(hold.until, now)
    said = wants.want(hold.server_id, at=at).winner
    if at < hold.until and not (has_kept_anything(hold, now=now) or covered_a_change(hold, said)):
        return Ended(hold)
    if said is None or said.moment.at == at:
        return Ended(hold, said)
    return Ended(hold, said, operation(hold, said, at=at, now=now))


def has_kept_anything(hold: Hold, *, now: datetime) -> bool:
    """Whether a start or stop did not run because of it, or because of those it goes on with. What is due and
    nobody has fired yet will not run either."""
    since = holds.began(hold)
    mine = Q(due_at__gte=since) | Q(finished_at__gt=since)
    kept = Operation.objects.filter(mine, server=hold.server, reason="held")
    due = Rule.objects.filter(
        schedule__targets__server=hold.server,
        next_run_at__gte=since,
        next_run_at__lt=now,
        action__in=POWER,
    )
    return kept.filter(action__in=POWER).exists() or due.exists()


def covered_a_change(hold: Hold, said: Said | None) -> bool:
    """Whether somebody else changed the server as the hold wanted it, where the schedule that decides now
    would have put it back."""
    if said is None or said.schedule.mode != Schedule.Mode.ENFORCE:
        return False
    changes = Observation.objects.filter(server=hold.server, asked_at__gte=holds.began(hold))
    return changes.filter(reaction=Observation.Reaction.HELD).exists()


def operation(hold: Hold, said: Said, *, at: datetime, now: datetime) -> Operation:
    """What the schedules want at the end of a hold, as an operation due then, or skipped with its reason."""
    due = Due(said.rule, hold.server, moved(said.moment, to=at))
    each = occurrence(due, now=now)
    row = firing.row(due, each, against(each, now=now), now=now)
    # It is no occurrence of the rule: the one that speaks for it here has its own row.
    row.origin, row.rule, row.nominal, row.fold = Origin.HOLD.value, None, "", 0
    row.author = hold.author
    row.snapshot |= {"hold": {"id": hold.id, "author": holds.words(hold)["author"], "want": hold.want}}
    return row


def moved(moment: Moment, *, to: datetime) -> Moment:
    """The moment as one that is due then. Hours whose end is past, because that was skipped, still go on."""
    until = moment.until if moment.until and moment.until > to else None
    return replace(moment, at=to, until=until)


def occurrence(due: Due, *, now: datetime) -> Occurrence:
    server = due.server
    return Occurrence(
        rule=due.rule.id,
        server=server.id,
        action=due.rule.action,
        due_at=due.moment.at,
        grace_until=firing.grace_until(due),
        protected=server.protected,
        gone=firing.is_gone(server, now=now),
        region_enabled=server.region.enabled,
        unfit=firing.unfit(due.rule.action, server),
        schedule=due.rule.schedule.name,
    )
