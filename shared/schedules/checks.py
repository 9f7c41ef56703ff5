"""Whether a rule may be saved: it can be understood, it will fire, and not more often than a server can bear.

Pure: no rows, no clock.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cronsim import CronSim, CronSimError

from shared.errors import InvalidRule
from shared.schedules.recurrence import Timing, check, first, zone_named

# Shorter than this and one action overtakes the one before. Single moments are anybody's own choice.
SHORTEST = {"start": timedelta(minutes=5), "stop": timedelta(minutes=5), "reboot": timedelta(minutes=15)}
LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as a person writes it: an action, and either cron or a local date and time."""

    action: str
    cron: str = ""
    at: str = ""


def check_rule(rule: RuleText, *, zone: str, place: int, now: datetime) -> None:
    """InvalidRule, with the value's place in the list of rules, when this rule must not be saved."""
    zone_named(zone)
    timing = Timing(zone=zone, cron=rule.cron, at=rule.at)
    try:
        check_day(timing)
        check(timing, after=now)
        if rule.cron:
            check_pace(rule.action, timing, now=now)
    except InvalidRule as error:
        error.field = f"rules/{place}/{error.field}".rstrip("/")
        raise


def check_day(timing: Timing) -> None:
    """A day that its months never have, as 31 February, deserves a better word than "invalid"."""
    parts = timing.cron.split()
    if len(parts) != 5 or is_cron(timing.cron):
        return
    minute, hour, day, month, weekday = parts
    if is_cron(f"{minute} {hour} {day} * {weekday}") and is_cron(f"0 0 1 {month} *"):
        detail = f"No month of '{month}' has such a day, so this never fires."
        raise InvalidRule(detail, code="never_fires", field="cron")


def is_cron(text: str) -> bool:
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return True


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
