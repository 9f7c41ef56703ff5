"""How many schedules there may be: far more than anybody needs, so that nothing grows without an end.

What joins by its tags is not counted out: nobody is there to be told.
"""

from collections.abc import Collection

from django.db.models import Count

from shared.errors import QuotaExceeded
from shared.people.models import Workspace
from shared.schedules.models import Schedule, Target

OF_WORKSPACE = 10_000
OF_SERVER = 500


def check_workspace(workspace: Workspace) -> None:
    """QuotaExceeded when the workspace may not have one schedule more."""
    if Schedule.objects.filter(workspace=workspace).count() >= OF_WORKSPACE:
        message = f"This workspace has {OF_WORKSPACE:,} schedules, which is the most. Delete some first."
        raise QuotaExceeded(message)


def check_servers(servers: Collection[int]) -> None:
    """QuotaExceeded when one of these is in more schedules than a server may be, the newest counted."""
    counted = Target.objects.filter(server__in=servers).values(
        "server", "server__name", "server__instance_id"
    )
    full = counted.annotate(schedules=Count("id")).filter(schedules__gt=OF_SERVER).order_by("server").first()
    if full:
        name = full["server__name"] or full["server__instance_id"]
        message = (
            f"Server '{name}' is in {OF_SERVER} schedules, which is the most. Take it out of some first."
        )
        raise QuotaExceeded(message)
