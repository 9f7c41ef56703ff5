"""What EC2 said becomes what the database says: the only writer of the observed columns for known servers.

An answer to an older question never replaces that to a newer one. Rows are written only on change; the
region's `looked_at` dates the rest. Call it inside a transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from scheduler import telling
from scheduler.causes import GOES_ON, Change, Did, actor, cause
from scheduler.ec2.gateway import Planned
from shared.fleet.models import Observation, Region, Server
from shared.fleet.status import TRANSITIONS, seen_at
from shared.operations.models import Operation
from shared.operations.states import State

WRITTEN = [
    "observed_state",
    "observed_at",
    "state_since",
    "checks",
    "state_reason",
    "missing_since",
    "stuck_since",
    "doubted_until",
    "left_at",
    "planned",
]
PASSING = frozenset({"pending", "stopping"})
ACTIONS = {transition: action for action, transition in TRANSITIONS.items()}
# The way of a server that somebody else stops or ends: EC2's reason for the first step holds for the second.
SAME_REASON = GOES_ON["stop"] | {("shutting-down", "terminated"), ("stopped", "terminated")}


@dataclass(frozen=True, slots=True)
class Sight:
    """One instance as EC2 told it.

    `checks` empty: the answer did not speak of status checks; `planned` None: nor of what AWS plans.
    """

    instance_id: str
    state: str
    checks: str
    asked_at: datetime
    reason: str = ""
    planned: tuple[Planned, ...] | None = None

    @property
    def plans(self) -> list[dict[str, str | None]] | None:
        """As the server's row keeps them."""
        if self.planned is None:
            return None
        return [
            {
                "code": each.code,
                "description": each.description,
                "not_before": each.not_before.isoformat() if each.not_before else None,
            }
            for each in self.planned
        ]


@dataclass(frozen=True, slots=True)
class History:
    """What came before some changes, by server: our last operation, and the last change we saw."""

    operations: Mapping[int, Operation] = field(default_factory=dict)
    changes: Mapping[int, Observation] = field(default_factory=dict)

    def did(self, row: Server) -> Did | None:
        """Our last operation that EC2 has had, as `causes` wants it."""
        if row.transition_operation is not None:
            return Did(row.transition_operation, ACTIONS[row.transition])
        operation, last = self.operations.get(row.id), self.changes.get(row.id)
        if operation is None:
            return None
        return Did(
            operation.id,
            operation.action,
            ended_at=operation.finished_at,
            proven=operation.state == State.SUCCEEDED,
            brought=last is not None and last.operation == operation.id,
        )


def observe(
    region: Region, sights: Iterable[Sight], *, asked_at: datetime, dated: bool = False
) -> list[Observation]:
    """Write down what changed; the changes of state, with those that are no longer doubted. `dated`: date
    the unchanged servers too.

    Sights of instances that are not of this region's servers are passed over.
    """
    seen = {sight.instance_id: sight for sight in sights}
    mine = Server.objects.select_for_update(no_key=True).filter(region=region, instance_id__in=list(seen))
    # The rows first: who had them before us may have dated the region while we waited.
    rows = list(mine.order_by("id"))
    looked_at = Region.objects.values_list("looked_at", flat=True).get(id=region.id)
    known = [row for row in rows if is_newer(row, looked_at=looked_at, asked_at=asked_at)]
    differing = [row for row in known if differs(row, seen[row.instance_id])]
    moved = [row for row in differing if row.observed_state != seen[row.instance_id].state]
    before = history(moved, asked_at=asked_at)
    settled = [row for row in differing if doubt_is_over(row, seen[row.instance_id])]
    changes = [note(row, seen[row.instance_id], before) for row in differing]
    Server.objects.bulk_update(differing, WRITTEN, batch_size=500)
    if dated:
        Server.objects.filter(id__in=[row.id for row in known]).update(observed_at=asked_at)
    made = Observation.objects.bulk_create([change for change in changes if change is not None])
    return [*made, *of_others(settled)]


def is_newer(row: Server, *, looked_at: datetime | None, asked_at: datetime) -> bool:
    known = seen_at(observed_at=row.observed_at, looked_at=looked_at, missing=bool(row.missing_since))
    return known is None or known <= asked_at


def differs(row: Server, sight: Sight) -> bool:
    checks = sight.checks and sight.checks != row.checks
    undated = row.observed_at is None or (row.state_since is None and sight.state in PASSING)
    back = row.missing_since or row.left_at
    plans = sight.plans is not None and sight.plans != row.planned
    changed = row.observed_state != sight.state or doubt_is_over(row, sight)
    return bool(changed or checks or back or undated or plans)


def doubt_is_over(row: Server, sight: Sight) -> bool:
    """The same again, in answer to a question that no old answer can have met."""
    asked_later = row.doubted_until is not None and row.doubted_until < sight.asked_at
    return asked_later and row.observed_state == sight.state


def of_others(rows: Sequence[Server]) -> list[Observation]:
    """The changes behind these states, which seemed old answers: they are somebody else's after all."""
    found = list(latest_changes([row.id for row in rows]).values())
    servers = {row.id: row for row in rows}
    for change in found:
        change.server, change.operation = servers[change.server_id], None
        change.cause = Observation.Cause.OUTSIDE
        tell(change.server, before=change.before, cause=change.cause)
    Observation.objects.bulk_update(found, ["cause", "operation"])
    return found


def latest_changes(servers: Sequence[int]) -> dict[int, Observation]:
    rows = Observation.objects.filter(server__in=servers)
    return {row.server_id: row for row in rows.order_by("server", "-asked_at", "-id").distinct("server")}


def history(rows: Sequence[Server], *, asked_at: datetime) -> History:
    """Two queries for those that nothing of ours is on its way with. What is dated later than the question
    was decided before the clock was set back, and explains nothing."""
    idle = [row.id for row in rows if row.transition_operation is None]
    if not idle:
        return History()
    reached = Q(accepted_at__isnull=False) | Q(state=State.UNKNOWN)
    operations = Operation.objects.filter(
        reached, server__in=idle, action__in=["start", "stop"], due_at__lte=asked_at
    )
    return History(
        {row.server_id: row for row in operations.order_by("server", "-due_at", "-id").distinct("server")},
        latest_changes(idle),
    )


def note(row: Server, sight: Sight, before: History) -> Observation | None:
    """Put the sight on the row; the observation when the state is another one."""
    was, row.observed_state = row.observed_state, sight.state
    row.observed_at, row.missing_since, row.left_at = sight.asked_at, None, None
    row.checks = sight.checks or row.checks
    row.planned = row.planned if sight.plans is None else sight.plans
    if was == sight.state:
        row.state_since = row.state_since or sight.asked_at
        row.doubted_until = None if doubt_is_over(row, sight) else row.doubted_until
        return None
    found = cause(Change(was, sight.state, sight.asked_at), before.did(row))
    reason = sight.reason or known_reason(was, sight.state, before.changes.get(row.id))
    row.state_reason, row.state_since = reason, sight.asked_at
    tell(row, before=was, cause=found.cause)
    row.stuck_since, row.doubted_until = None, found.doubted_until
    return Observation(
        workspace_id=row.workspace_id,
        server=row,
        before=was,
        after=sight.state,
        reason=reason,
        asked_at=sight.asked_at,
        cause=found.cause,
        actor=actor(reason),
        operation=found.operation,
    )


def known_reason(before: str, after: str, last: Observation | None) -> str:
    """EC2's reason for stopping is still that for stopped."""
    goes_on = last is not None and last.after == before and (before, after) in SAME_REASON
    return last.reason if last is not None and goes_on else ""


def tell(row: Server, *, before: str, cause: str) -> None:
    """Once it is committed; a look that is rolled back has seen nothing."""
    server, name, after, was_stuck = row.id, str(row), row.observed_state, row.stuck_since is not None

    def told() -> None:
        outside = cause == Observation.Cause.OUTSIDE
        telling.changed(server=server, name=name, before=before, after=after, outside=outside)
        if was_stuck:
            telling.unstuck(server=server, name=name, before=before, after=after)

    transaction.on_commit(told)


def explain(server_id: int, reason: str) -> None:
    """EC2's StateReason, learned after the state itself: on the server and on the change it explains."""
    Server.objects.filter(id=server_id).update(state_reason=reason)
    latest = Observation.objects.filter(server=server_id).order_by("-asked_at", "-id").first()
    if latest is not None:
        Observation.objects.filter(id=latest.id).update(reason=reason, actor=actor(reason))


def absent(region: Region, instance_ids: Iterable[str], *, asked_at: datetime) -> None:
    """These were not in EC2's answer. One reading proves nothing, so only the moment is kept; and an answer
    older than what we know proves even less. Rows that somebody else holds are left to the next look."""
    ids = list(instance_ids)
    if not ids:
        return
    rows = Server.objects.select_for_update(no_key=True, skip_locked=True).order_by("id")
    found = list(rows.filter(region=region, instance_id__in=ids, missing_since=None))
    looked_at = Region.objects.values_list("looked_at", flat=True).get(id=region.id)
    unseen = [row.id for row in found if is_newer(row, looked_at=looked_at, asked_at=asked_at)]
    Server.objects.filter(id__in=unseen).update(missing_since=asked_at)
