"""Holds that are over: each ends at its moment, once, and what its schedules want then goes on its way.

Called by the clock right after the rules of a moment have fired. What is decided is said in
`shared.operations.holding`; two clocks end each hold once, because the row of one that ends is locked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler import busy, hands, story
from shared import broker
from shared.operations import holding
from shared.operations.holding import Ended
from shared.operations.states import State
from shared.schedules.models import Hold


def coming(now: datetime, *, within: timedelta) -> set[datetime]:
    """The moments at which holds end soon."""
    rows = Hold.objects.filter(ended_at=None, until__gt=now, until__lte=now + within)
    return set(rows.values_list("until", flat=True))


def end_due(now: datetime) -> None:
    """Every hold that is over at `now`, batch by batch; what cannot be locked comes with the next tick."""
    with busy.left_to_others():
        while ended := holding.end_due(now=now):
            follow_up(ended)


def follow_up(ended: Sequence[Ended]) -> None:
    """After the commit: wake the senders, and tell the end of each."""
    made = [each.operation for each in ended if each.operation]
    waiting = {(row.server.region_id, row.action) for row in made if row.state == State.REQUESTED}
    for region, action in waiting:
        hands.soon(broker.DRAIN_REGION, region=region, action=action)
    for each in ended:
        story.hold_ended(each)
