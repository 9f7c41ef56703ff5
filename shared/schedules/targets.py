"""Which servers a schedule with a tag query acts on: rows of Target that follow the servers' tags.

They are worked out when such a schedule is saved and whenever a region's servers were listed, so that who
reads targets needs to know nothing of queries. Joining is no edit: a schedule's revision and moments stay as
they are, and so does what was asked for already.

The schedule's row is locked before servers are read. So of two that work on one schedule the later sees all
that the earlier saw. Only one that is given its first query meanwhile cannot be waited for; the next listing
makes up for that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from shared.fleet.models import Server
from shared.people.models import Workspace
from shared.schedules.models import Schedule, Target
from shared.schedules.tagging import Query, parse

COLUMNS = ("name", "instance_id", "tags", "left_at")


@dataclass(frozen=True, slots=True)
class Joined:
    """The servers that one schedule got and lost, in the order of their ids."""

    schedule: Schedule
    came: Sequence[Server] = ()
    left: Sequence[Server] = ()

    @property
    def changed(self) -> bool:
        return bool(self.came or self.left)


def matching(query: Query, *, workspace: Workspace) -> list[Server]:
    """The servers of the workspace that a query means, by name; those that have left are none of them."""
    rows = Server.objects.filter(workspace=workspace, left_at=None).only(*COLUMNS).order_by("name", "id")
    return [row for row in rows if query.matches(row.tags)]


@transaction.atomic
def follow(schedule: Schedule) -> Joined:
    """Make the targets of a schedule what its tag query means now. The caller holds its lock, or made it."""
    [found] = compared([schedule], Server.objects.filter(workspace=schedule.workspace_id))
    write([found])
    return found


def nothing(schedule: Schedule) -> None:
    """What is to be done before a schedule's targets change, when that is nothing."""


@transaction.atomic
def rejoin(
    servers: QuerySet[Server], *, workspace: int, before: Callable[[Schedule], None] = nothing
) -> list[Joined]:
    """Let these servers, all of one workspace, join the schedules whose tag query means them, and leave those
    whose query does not. The schedules that changed; `before` is called with each, under its lock, first."""
    schedules = locked(workspace)
    found = [each for each in compared(schedules, servers) if each.changed]
    for each in found:
        before(each.schedule)
    write(found)
    return found


def locked(workspace: int) -> list[Schedule]:
    """The workspace's schedules with a tag query, in the order of their ids, locked."""
    rows = Schedule.objects.select_for_update(no_key=True).filter(workspace=workspace).exclude(tag_query="")
    return list(rows.order_by("id"))


def compared(schedules: Sequence[Schedule], servers: QuerySet[Server]) -> list[Joined]:
    """What each schedule would get and lose among these servers."""
    if not schedules:
        return []
    targets = Target.objects.filter(schedule__in=schedules)
    have = defaultdict(set)
    for schedule, server in targets.filter(server__in=servers).values_list("schedule", "server"):
        have[schedule].add(server)
    still = Q(left_at=None) | Q(Exists(targets.filter(server=OuterRef("id"))))
    rows = list(servers.filter(still).only(*COLUMNS).order_by("id"))
    return [difference(schedule, rows, have=have[schedule.id]) for schedule in schedules]


def difference(schedule: Schedule, rows: Iterable[Server], *, have: set[int]) -> Joined:
    query = parse(schedule.tag_query)
    want = {row.id for row in rows if row.left_at is None and query.matches(row.tags)}
    came, left = want - have, have - want
    return Joined(schedule, [row for row in rows if row.id in came], [row for row in rows if row.id in left])


def write(found: Iterable[Joined]) -> None:
    """Take out first, then put in."""
    for each in found:
        if each.left:
            Target.objects.filter(schedule=each.schedule, server__in=each.left).delete()
    Target.objects.bulk_create(
        [
            Target(workspace_id=each.schedule.workspace_id, schedule=each.schedule, server=server)
            for each in found
            for server in each.came
        ],
        batch_size=500,
    )
