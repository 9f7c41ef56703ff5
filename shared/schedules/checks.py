"""Whether a rule may be saved: it can be understood, it will fire, and not more often than a server can bear.

Pure: no rows, no clock.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from shared.errors import InvalidRule
from shared.schedules.recurrence import Timing, check, first, zone_named

# Shorter than this and one action overtakes the one before. Single moments are anybody's own choice.
SHORTEST = {"start": timedelta(minutes=5), "stop": timedelta(minutes=5), "reboot": timedelta(minutes=15)}
LOOKED_AT = 100


def check_rule(action: str, *, cron: str, at: str, zone: str, place: int, now: datetime) -> None:
    """InvalidRule, with the value's place in the list of rules, when this rule must not be saved."""
    zone_named(zone)
    timing = Timing(zone=zone, cron=cron, at=at)
    try:
        check(timing, after=now)
        if cron:
            check_pace(action, timing, now=now)
    except InvalidRule as error:
        error.field = f"rules/{place}/{error.field}".rstrip("/")
        raise


def check_pace(action: str, timing: Timing, *, now: datetime) -> None:
    moments = first(timing, after=now, count=LOOKED_AT)
    shortest = SHORTEST[action]
    if any(later.at - earlier.at < shortest for earlier, later in pairwise(moments)):
        minutes = int(shortest.total_seconds() // 60)
        message = f"At least {minutes} minutes must lie between two moments of a {action} rule."
        raise InvalidRule(message, code="too_frequent", field="cron")


def lands_in_gap(at: str, *, zone: str) -> datetime | None:
    """When a single moment really runs, if a clock change skips its local time; else None."""
    wall = datetime.fromisoformat(at)
    instant = wall.replace(tzinfo=zone_named(zone))
    moments = first(Timing(zone=zone, at=at), after=instant - timedelta(days=2), count=1)
    runs = moments[0].at.astimezone(zone_named(zone)) if moments else instant
    return runs if runs.replace(tzinfo=None) != wall else None
