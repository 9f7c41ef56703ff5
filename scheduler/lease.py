"""The right to ask EC2 about a region: one asks at a time, for as long as the answer takes.

The moment in the region's row is the lease; who finds another one there has lost his.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from scheduler.watchdog import renewed
from shared import clock
from shared.fleet.models import Region


class LeaseLost(Exception):
    """It took so long that somebody else may have begun."""


@dataclass(slots=True)
class Lease:
    """Ours until `until`; `column` of the region's row says whose it is."""

    region: int
    column: str
    length: timedelta
    until: datetime

    def renew(self) -> None:
        """After each page of an answer. LeaseLost when it is no longer ours."""
        renewed()
        until = clock.now() + self.length
        if not self.mine().update(**{self.column: until}):
            raise LeaseLost
        self.until = until

    def mine(self) -> QuerySet[Region]:
        """The region's row, as long as the lease is ours."""
        return Region.objects.filter(id=self.region, **{self.column: self.until})
