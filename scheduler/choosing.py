"""Choosing: which requested operations of one (region, action) may go into the next request to EC2.

Reads rows with their servers, locked, people's first; ends or puts off what must not go now, with its reason.
Call it inside a transaction. What may go together and what speaks against going is said in `deciding`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduler import story
from scheduler.deciding import Ready, Wait, before_sending, ends_as
from scheduler.overtaking import BY_PEOPLE, FORCED, overtaken
from shared.fleet.models import Region
from shared.fleet.status import seen_at
from shared.operations import services
from shared.operations.firing import is_gone
from shared.operations.models import Operation, Step
from shared.operations.states import ACTIVE, BY_SCHEDULES, Origin, State
from shared.operations.verdicts import RUN, Verdict
from shared.schedules import holds
from shared.schedules.holds import OPPOSITE
from shared.schedules.models import Schedule

MOST = 1000


def candidates(region: Region, action: str, *, now: datetime) -> list[Operation]:
    """Those whose server is free and that fit into one request, locked together with the server. Forced stops
    go first, and then what people asked for."""
    active = Operation.objects.filter(server=OuterRef("server"), state__in=[state.value for state in ACTIVE])
    cannot = Step.objects.filter(operation=OuterRef("pk"), what="hibernate_refused")
    rows = (
        Operation.objects.select_for_update(skip_locked=True, no_key=True, of=("self", "server"))
        .select_related("server__region", "schedule", "author")
        .filter(server__region=region, action=action, state=State.REQUESTED, not_before__lte=now)
        .filter(~Exists(active), Q(options__contains=FORCED) | ~Exists(asked_before()))
        .annotate(cannot_hibernate=Exists(cannot))
        .alias(by_rule=~Q(origin__in=BY_PEOPLE), plain=~Q(options__contains=FORCED))
        .order_by("plain", "by_rule", "due_at", "id")[:MOST]
    )
    return one_group(list(rows))


def asked_before() -> QuerySet[Operation]:
    """What a person or token asked of the same server earlier and that still waits: it goes first.

    Unless the later one is a forced stop: the earlier ones wait for a server that hangs.
    """
    waiting = Operation.objects.filter(server=OuterRef("server"), state=State.REQUESTED)
    earlier = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), id__lt=OuterRef("id"))
    return waiting.filter(earlier, origin__in=BY_PEOPLE)


def one_group(rows: list[Operation]) -> list[Operation]:
    """Those that go with the first: one per server, the same options, and apart what was told apart."""
    chosen: dict[int, Operation] = {}
    for row in rows:
        if goes_with(rows[0], row):
            chosen.setdefault(row.server_id, row)
    return list(chosen.values())


def goes_with(first: Operation, other: Operation) -> bool:
    """`alone` means: only with those put off to the same instant, such as one half of a refused call."""
    if options(first) != options(other) or first.alone != other.alone:
        return False
    return not first.alone or first.not_before == other.not_before


def options(row: Operation) -> dict[str, object]:
    """What EC2 is asked for: the wish, without the hibernation that EC2 has refused before."""
    refused = {"hibernate"} if getattr(row, "cannot_hibernate", False) else set[str]()
    return {name: value for name, value in row.options.items() if value and name not in refused}


def by_rule(row: Operation) -> bool:
    """Whether a timetable wants it, not somebody who waits for it now."""
    return row.origin not in BY_PEOPLE


def withdrawn(row: Operation) -> bool:
    """Whether its schedule is gone, off, paused or another one since: what EC2 refused for now, or never
    answered, comes back here after the schedule was changed."""
    schedule = row.schedule
    if row.origin not in BY_SCHEDULES or schedule is None:
        return row.origin in BY_SCHEDULES
    changed = row.revision != schedule.revision or schedule.mode == Schedule.Mode.OBSERVE
    no_more = row.origin == Origin.ENFORCE and schedule.mode != Schedule.Mode.ENFORCE
    return changed or no_more or not schedule.enabled or schedule.paused_at is not None


def judged(rows: list[Operation], *, now: datetime) -> list[Operation]:
    """Those that should really be sent; the others are ended or put off, each with its reason."""
    lost, held = overtaken(rows, now=now), held_back(rows, now=now)
    going: list[Operation] = []
    waiting: dict[Wait, list[int]] = defaultdict(list)
    for row in rows:
        facts = ready(row, lost=lost.get(row.id, RUN), held=held.get(row.id), now=now)
        verdict = before_sending(facts, now=now)
        if isinstance(verdict, Wait):
            waiting[verdict].append(row.id)
        elif verdict is RUN:
            going.append(row)
        else:
            end(row, verdict, now=now)
    for wait, ids in waiting.items():
        services.put_off(ids, wait.until, waiting="not_ready", state=wait.state)
    return going


def end(row: Operation, verdict: Verdict, *, now: datetime) -> None:
    """It will not be sent any more."""
    to = ends_as(verdict)
    if services.end(row, to, reason=verdict.reason, now=now, **verdict.words):
        tell = story.finished if to == State.FAILED else story.skipped
        transaction.on_commit(lambda: tell(row))


def ready(row: Operation, *, lost: Verdict, held: Mapping[str, str] | None, now: datetime) -> Ready:
    server, region = row.server, row.server.region
    return Ready(
        action=row.action,
        by_rule=by_rule(row),
        grace_until=row.grace_until,
        observed_state=server.observed_state,
        seen_at=seen_at(
            observed_at=server.observed_at, looked_at=region.looked_at, missing=bool(server.missing_since)
        ),
        gone=is_gone(server, now=now),
        protected=server.protected,
        lost=lost,
        withdrawn=withdrawn(row),
        held=held,
        forces=bool(row.options.get("force")),
        hangs=server.stuck_since is not None,
        region_enabled=region.enabled,
        waiting=row.waiting,
        waiting_detail=row.waiting_detail,
        flags=server.flags,
    )


def held_back(rows: Sequence[Operation], *, now: datetime) -> dict[int, Mapping[str, str]]:
    """Those not asked by people that a hold speaks against, put after they were due; and its words."""
    mine = [row for row in rows if by_rule(row)]
    found = holds.open_ones([row.server_id for row in mine], now=now)
    against = {server: OPPOSITE[hold.want] for server, hold in found.items()}
    return {
        row.id: holds.words(found[row.server_id]) for row in mine if against.get(row.server_id) == row.action
    }
