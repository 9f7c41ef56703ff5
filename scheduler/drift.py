"""Drift: what schedules do about changes that were not ours. Facts are gathered for a whole look at once.

`react` belongs into the transaction that wrote the changes down, whose locks on the servers see to it that a
change is written, and answered, once. `reactions` decides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Count, Q

from scheduler import hands, telling
from scheduler.causes import SETTLED
from scheduler.reactions import Drift, reaction
from shared import broker
from shared.fleet import fitness
from shared.fleet.models import Observation, Region, Server
from shared.operations.models import Operation
from shared.operations.reasons import GOALS
from shared.operations.states import GRACE, OPEN, Origin, State
from shared.schedules.models import Hold, Schedule, Target

HOUR = timedelta(hours=1)
PEOPLE = [Origin.PERSON.value, Origin.TOKEN.value]
POWER = ["start", "stop"]


class Facts:
    """What bears on the changes of some servers, read once for all of them."""

    def __init__(self, servers: Sequence[int], *, now: datetime) -> None:
        self.last = last_decisions(servers, now=now)
        schedules = {row.schedule_id for row in self.last.values()}
        targets = Target.objects.filter(schedule__in=schedules, server__in=servers)
        self.targets = set(targets.values_list("schedule_id", "server_id"))
        holds = Hold.objects.filter(server__in=servers, ended_at=None, until__gt=now)
        self.holds = dict(holds.values_list("server_id", "want"))
        open_ones = Operation.objects.filter(server__in=servers, state__in=[state.value for state in OPEN])
        self.busy = set(open_ones.values_list("server_id", flat=True))
        recent = Observation.objects.filter(
            server__in=servers, reaction=Observation.Reaction.PUT_BACK, asked_at__gt=now - HOUR
        )
        self.put_back = dict(recent.order_by().values_list("server").annotate(Count("id")))

    def schedule(self, server: int) -> Schedule | None:
        """The schedule that had the last word on this server; None when a person had it, or nobody."""
        last = self.last.get(server)
        return last.schedule if last is not None else None

    def drift(self, change: Observation) -> Drift:
        server, schedule = change.server, self.schedule(change.server_id)
        if schedule is None:
            return Drift(change.after)
        action = self.last[server.id].action
        return Drift(
            after=change.after,
            goal=GOALS[action],
            mode=schedule.mode,
            speaks=speaks(schedule) and (schedule.id, server.id) in self.targets,
            hold=self.holds.get(server.id, ""),
            busy=server.id in self.busy,
            spared=server.protected or fitness.against(action, flags=server.flags) is not None,
            put_back=self.put_back.get(server.id, 0),
        )


def last_decisions(servers: Sequence[int], *, now: datetime) -> dict[int, Operation]:
    """The latest start or stop that brought each server where it was wanted. A person's wish that found it
    there already has decided nothing, nor has what a clock that was wrong dates later than now."""
    there = Q(state=State.SKIPPED, reason="already_in_state") & ~Q(origin__in=PEOPLE)
    rows = Operation.objects.select_related("schedule").filter(
        Q(state=State.SUCCEEDED) | there, server__in=servers, action__in=POWER, due_at__lte=now
    )
    return {row.server_id: row for row in rows.order_by("server", "-due_at", "-id").distinct("server")}


def speaks(schedule: Schedule) -> bool:
    return schedule.enabled and schedule.paused_at is None


def react(region: Region, changes: Iterable[Observation], *, now: datetime) -> None:
    """Give each change from outside that has come to rest its reaction, and do what that takes."""
    settled = [each for each in changes if each.cause == Observation.Cause.OUTSIDE and each.after in SETTLED]
    if not settled:
        return
    facts = Facts([each.server_id for each in settled], now=now)
    answered = [each for each in settled if answer(each, facts)]
    put_back([each for each in answered if each.reaction == "put_back"], facts, region=region, now=now)
    Observation.objects.bulk_update(answered, ["reaction", "schedule", "operation"])
    for change in answered:
        transaction.on_commit(partial(tell, change, facts.last[change.server_id]))


def answer(change: Observation, facts: Facts) -> bool:
    """Put the reaction on the change; False when there is none."""
    schedule = facts.schedule(change.server_id)
    change.reaction = reaction(facts.drift(change))
    change.schedule = schedule.id if schedule is not None and change.reaction else None
    return bool(change.reaction)


def put_back(changes: Sequence[Observation], facts: Facts, *, region: Region, now: datetime) -> None:
    """An operation for each of these, to be sent at once."""
    made = [
        operation(each.server, schedule, facts.last[each.server_id].action, now=now)
        for each in changes
        if (schedule := facts.schedule(each.server_id)) is not None
    ]
    for row in made:
        row.snapshot["region"] = region.name
    for change, row in zip(changes, Operation.objects.bulk_create(made), strict=True):
        change.operation = row.id
    for action in {row.action for row in made}:
        drain = partial(hands.soon, broker.DRAIN_REGION, region=region.id, action=action)
        transaction.on_commit(drain)


def operation(server: Server, schedule: Schedule, action: str, *, now: datetime) -> Operation:
    """What the schedule did last, once more."""
    hibernates = action == "stop" and schedule.hibernate and bool(server.flags.get("hibernation"))
    return Operation(
        workspace_id=server.workspace_id,
        server=server,
        action=action,
        options={"hibernate": True} if hibernates else {},
        origin=Origin.ENFORCE.value,
        schedule=schedule,
        revision=schedule.revision,
        due_at=now,
        grace_until=now + GRACE[action],
        not_before=now,
        requested_at=now,
        snapshot={"schedule": schedule.name, "instance": server.instance_id},
    )


def tell(change: Observation, last: Operation) -> None:
    """After the commit."""
    server = change.server
    drifted = telling.Drifted(server.id, str(server), change.after, str(last.schedule))
    if change.reaction == "put_back":
        telling.put_back(drifted, action=last.action, operation=change.operation or 0)
    elif change.reaction == "alerted":
        telling.alerted(drifted)
    elif change.reaction == "given_up":
        telling.given_up(drifted)
    else:
        telling.respected(drifted, reaction=change.reaction)
