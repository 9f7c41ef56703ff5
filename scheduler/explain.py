"""Explain: ask EC2 who or what changed a server, once the change is written down.

Statuses do not carry EC2's StateReason, the description of an instance does. Failing costs nothing: the
change stays as it is, and the next full list explains it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from scheduler.causes import ENDED, actor
from scheduler.ec2.gateway import CloudError, Ec2, SeenServer
from scheduler.watchdog import watched
from shared.fleet.models import Observation, Region, Server
from shared.logs import event

MOST = 200
RECENT = timedelta(hours=1)
# EC2 has a reason for these only; one that runs tells nothing.
TELLING = ENDED | {"stopping", "stopped"}


def wanting(changes: Iterable[Observation]) -> list[Observation]:
    """Changes from outside that EC2 can explain and has not."""
    outside = (each for each in changes if each.cause == Observation.Cause.OUTSIDE)
    return [each for each in outside if each.after in TELLING and not each.reason]


def ask(ec2: Ec2, changes: Sequence[Observation]) -> None:
    """One question for at most 200 of them, outside of any transaction."""
    asked = {each.server.instance_id: each for each in changes[:MOST]}
    if not asked:
        return
    try:
        with watched():
            answer = ec2.servers(list(asked))
    except CloudError as error:
        text = f"EC2 did not explain {len(asked)} change(s): {error}"
        event("explain.failed", text=text, quiet=True, servers=len(asked))
        return
    keep(asked, answer)


def unexplained(region: Region, *, now: datetime) -> dict[str, Observation]:
    """Each server's change of the last hour that still lacks its reason, the latest one."""
    rows = Observation.objects.filter(
        workspace=region.workspace_id, cause=Observation.Cause.OUTSIDE, asked_at__gt=now - RECENT
    )
    rows = rows.filter(server__region=region, reason="")
    rows = rows.select_related("server").filter(after__in=TELLING).order_by("asked_at", "id")
    return {each.server.instance_id: each for each in rows}


def keep(changes: Mapping[str, Observation], answer: Iterable[SeenServer]) -> None:
    """Write the reasons on the changes, and on servers that are still in that state."""
    explained = []
    for seen in answer:
        change = changes.get(seen.instance_id)
        if change is None or not seen.state_reason or seen.state not in TELLING:
            continue
        change.reason, change.actor = seen.state_reason, actor(seen.state_reason)
        explained.append(change)
        still = Server.objects.filter(id=change.server_id, observed_state=change.after)
        still.update(state_reason=seen.state_reason)
    Observation.objects.bulk_update(explained, ["reason", "actor"])
