"""Stuck: servers that EC2 has shown on their way for too long are flagged, told of once, and nothing more.

Only a person forces a stop. The flag goes with the state (`observe`). Call it in the transaction of a look.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from scheduler import telling
from shared.fleet.models import Region, Server

LIMITS = {"stopping": timedelta(minutes=20), "pending": timedelta(minutes=10)}


def flag(region: Region, *, asked_at: datetime) -> None:
    """Servers that are still on their way although they should have arrived; dated when that was. Rows that
    somebody else holds are left to the next look."""
    too_long = Q()
    for state, limit in LIMITS.items():
        too_long |= Q(observed_state=state, state_since__lte=asked_at - limit)
    rows = Server.objects.select_for_update(no_key=True, skip_locked=True)
    rows = rows.filter(too_long, region=region, stuck_since=None)
    found = list(rows.filter(missing_since=None).order_by("id"))
    for server in found:
        if server.state_since is None:
            continue
        server.stuck_since = server.state_since + LIMITS[server.observed_state]
        transaction.on_commit(
            partial(telling.stuck, server=server.id, name=str(server), state=server.observed_state)
        )
    Server.objects.bulk_update(found, ["stuck_since"], batch_size=500)
