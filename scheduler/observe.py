"""What EC2 said becomes what the database says: the only writer of the observed columns for known servers.

An answer to an older question never replaces that to a newer one. Rows are written only on change; the
region's `looked_at` dates the rest. Call it inside a transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from scheduler import story
from shared.fleet.models import Observation, Region, Server
from shared.fleet.status import seen_at

WRITTEN = ["observed_state", "observed_at", "checks", "state_reason", "missing_since"]


@dataclass(frozen=True, slots=True)
class Sight:
    """One instance as EC2 told it. `checks` empty: the answer did not speak of status checks."""

    instance_id: str
    state: str
    checks: str
    asked_at: datetime
    reason: str = ""


def observe(
    region: Region, sights: Iterable[Sight], *, asked_at: datetime, dated: bool = False
) -> list[Server]:
    """Write down what changed; the servers whose state changed. `dated`: date the unchanged ones too."""
    seen = {sight.instance_id: sight for sight in sights}
    rows = (
        Server.objects.select_for_update(no_key=True)
        .filter(region=region, instance_id__in=list(seen))
        .order_by("id")
    )
    looked_at = Region.objects.values_list("looked_at", flat=True).get(id=region.id)
    known = [row for row in rows if is_newer(row, looked_at=looked_at, asked_at=asked_at)]
    differing = [row for row in known if differs(row, seen[row.instance_id])]
    changes = [note(row, seen[row.instance_id]) for row in differing]
    Server.objects.bulk_update(differing, WRITTEN, batch_size=500)
    if dated:
        Server.objects.filter(id__in=[row.id for row in known]).update(observed_at=asked_at)
    changed = [change for change in changes if change is not None]
    Observation.objects.bulk_create(changed)
    return [change.server for change in changed]


def is_newer(row: Server, *, looked_at: datetime | None, asked_at: datetime) -> bool:
    known = seen_at(observed_at=row.observed_at, looked_at=looked_at, missing=bool(row.missing_since))
    return known is None or known <= asked_at


def differs(row: Server, sight: Sight) -> bool:
    checks = sight.checks and sight.checks != row.checks
    return bool(row.observed_state != sight.state or checks or row.missing_since or row.observed_at is None)


def note(row: Server, sight: Sight) -> Observation | None:
    """Put the sight on the row; the observation when the state is another one."""
    before, row.observed_state = row.observed_state, sight.state
    row.observed_at, row.missing_since = sight.asked_at, None
    row.checks = sight.checks or row.checks
    if before == sight.state:
        return None
    row.state_reason = sight.reason
    tell(row, before=before, after=sight.state)
    return Observation(
        workspace_id=row.workspace_id,
        server=row,
        before=before,
        after=sight.state,
        reason=sight.reason,
        asked_at=sight.asked_at,
    )


def tell(row: Server, *, before: str, after: str) -> None:
    """Once it is committed; a look that is rolled back has seen nothing."""
    server, name, ours = row.id, str(row), bool(row.transition)

    def told() -> None:
        story.changed(server=server, name=name, before=before, after=after, ours=ours)

    transaction.on_commit(told)


def explain(server_id: int, reason: str) -> None:
    """EC2's StateReason, learned after the state itself."""
    Server.objects.filter(id=server_id).update(state_reason=reason)
    latest = Observation.objects.filter(server=server_id).order_by("-asked_at", "-id").first()
    if latest is not None:
        Observation.objects.filter(id=latest.id).update(reason=reason)


def absent(region: Region, instance_ids: Iterable[str], *, asked_at: datetime) -> None:
    """These were not in EC2's answer. One reading proves nothing, so only the moment is kept."""
    unseen = Server.objects.filter(region=region, instance_id__in=list(instance_ids), missing_since=None)
    unseen.exclude(observed_state=Server.Observed.TERMINATED).update(missing_since=asked_at)
