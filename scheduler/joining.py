"""Join: after a region was listed its servers join and leave the schedules that have a tag query.

A transaction of its own, once the listing is committed: it locks schedules before anything else, the listing
locks servers. Every server of the region is compared each time, so what was left undone after one listing is
done after the next.
"""

from functools import partial

from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from scheduler import fire, telling
from scheduler.telling import Membership
from shared import clock
from shared.fleet.models import Region, Server
from shared.operations import firing
from shared.schedules import services, targets
from shared.schedules.models import Schedule
from shared.schedules.targets import Joined

MANY = 20


def join(region: Region) -> None:
    """Bring the memberships of the region's servers up to date. While somebody holds a schedule for seconds
    nothing is done."""
    servers = Server.objects.filter(region=region)
    try:
        found = targets.rejoin(servers, workspace=region.workspace_id, before=record)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        return
    for each in found:
        tell(each)


def record(schedule: Schedule) -> None:
    """What was due before belongs to the servers the schedule had then, as with an edit."""
    made = firing.catch_up(services.locked(schedule), now=clock.now())
    transaction.on_commit(partial(fire.tell, made))


def tell(joined: Joined) -> None:
    """A line for each server, or one for many at once."""
    came, left = joined.came, joined.left
    for server in came:
        telling.joined(membership(joined, server), quiet=len(came) > MANY)
    for server in left:
        gone = server.left_at is not None
        telling.left(membership(joined, server), gone=gone, quiet=len(left) > MANY)
    if len(came) > MANY:
        telling.many_joined(membership(joined, came[0]), count=len(came))
    if len(left) > MANY:
        telling.many_left(membership(joined, left[0]), count=len(left))


def membership(joined: Joined, server: Server) -> Membership:
    schedule = joined.schedule
    query = " ".join(schedule.tag_query.split())
    return Membership(server.id, str(server), schedule.id, str(schedule), query)
