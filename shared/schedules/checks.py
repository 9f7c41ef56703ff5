"""Whether a rule may be saved: it can be understood, it will fire, and not more often than a server can bear.

Pure: no rows, no clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from shared.errors import InvalidRule
from shared.schedules import walls, words
from shared.schedules.cron import FURTHEST_YEAR
from shared.schedules.recurrence import EARLIEST_YEAR, Timing, check, first, out_of_range
from shared.schedules.walls import zone_named

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
        check(timing, after=now)
        if rule.cron:
            check_pace(rule.action, timing, now=now)
    except InvalidRule as error:
        error.field = f"rules/{place}/{error.field}".rstrip("/")
        raise


def check_pace(action: str, timing: Timing, *, now: datetime) -> None:
    """As an ordinary day on the wall has it; that clocks change one night is no reason to refuse a rule."""
    shortest = SHORTEST[action]
    within, over_midnight = timing.recurring.pauses()
    if within >= shortest > over_midnight:
        # Short only from one day to the next, if there are two such days in a row.
        moments = first(timing, after=now, count=LOOKED_AT)
        within = min((later.at - earlier.at for earlier, later in pairwise(moments)), default=shortest)
    if within < shortest:
        minutes = int(shortest.total_seconds() // 60)
        message = f"At least {minutes} minutes must lie between two moments of a {action} rule."
        raise InvalidRule(message, code="too_frequent", field="cron")


def check_dates(zone: str, valid_from: date | None, valid_to: date | None, *, now: datetime) -> None:
    """InvalidRule when a schedule could never do anything between these local dates."""
    today = walls.local(now, zone_named(zone)).date()
    for name, day in (("valid_from", valid_from), ("valid_to", valid_to)):
        if day is not None and not EARLIEST_YEAR <= day.year <= FURTHEST_YEAR:
            raise InvalidRule(out_of_range(day), code="out_of_range", field=name)
    if valid_to is not None and valid_from is not None and valid_to < valid_from:
        message = f"It would end on {told(valid_to)}, before it begins on {told(valid_from)}."
        raise InvalidRule(message, code="end_before_start", field="valid_to")
    if valid_to is not None and valid_to < today:
        message = f"{told(valid_to)} has passed, {words.place(zone)} time."
        raise InvalidRule(message, code="in_the_past", field="valid_to")


def told(day: date) -> str:
    """ "25 Dec 2026"."""
    return f"{day.day} {day:%b %Y}"


def lands_in_gap(at: str, *, zone: str) -> datetime | None:
    """The local time at which a single moment really runs, if a clock change skips its own; else None."""
    wall, place = datetime.fromisoformat(at), zone_named(zone)
    runs = walls.instant(wall, place).astimezone(place)
    return runs if runs.replace(tzinfo=None) != wall else None
