"""Skips: one coming occurrence of a rule that will not run on some servers, and the way back.

The caller holds the schedule's locks, so that the clock cannot fire the rule meanwhile, and gives the moment.
Of a skip that is past the row stays: what a schedule wants is said by its newest occurrence that was not
skipped. It knows nothing of operations.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.errors import Invalid, NotCancellable
from shared.people.models import User
from shared.schedules import ahead, walls
from shared.schedules.models import Rule, Schedule, Skip
from shared.schedules.recurrence import Moment, moments
from shared.schedules.walls import zone_named

FURTHEST = timedelta(days=366)
INSTANT = timedelta(microseconds=1)
NO_OCCURRENCE = "This rule has no occurrence at that moment. Take one of those that are planned."


def put(rule: Rule, servers: Sequence[int], moment: Moment, *, author: User | None) -> list[Skip]:
    """The skips of this occurrence on these servers; those there were before keep their author.

    Invalid when a server is none of its schedule's.
    """
    check_targets(rule.schedule, servers)
    fresh = [
        Skip(
            workspace_id=rule.workspace_id,
            rule=rule,
            server_id=server,
            nominal=moment.nominal,
            fold=moment.fold,
            author=author,
        )
        for server in servers
    ]
    Skip.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = Skip.objects.filter(rule=rule, server__in=servers, nominal=moment.nominal, fold=moment.fold)
    return list(rows.order_by("server__name", "id"))


def occurrence(rule: Rule, *, at: datetime, now: datetime) -> Moment:
    """The rule's occurrence at exactly that instant. Invalid when there is none, or it has come already."""
    if at <= now:
        raise Invalid("This moment has passed.", code="in_the_past", field="at")
    if at - now > FURTHEST:
        message = f"No more than {FURTHEST.days} days ahead can be skipped."
        raise Invalid(message, code="out_of_range", field="at")
    found = next(moments(ahead.timing(rule), after=at - INSTANT), None)
    if found is None or found.at != at or sleeps(rule.schedule, at=at):
        raise Invalid(NO_OCCURRENCE, code="not_an_occurrence", field="at")
    return found


def sleeps(schedule: Schedule, *, at: datetime) -> bool:
    """Whether nothing of it happens at that instant, as far as it is known now."""
    paused = schedule.paused_at is not None
    return not schedule.enabled or (paused and (schedule.paused_until is None or schedule.paused_until > at))


def check_targets(schedule: Schedule, servers: Sequence[int]) -> None:
    """Invalid for a server that the schedule does not act on, and when there is none at all."""
    if not servers:
        raise Invalid("This schedule has no servers, so there is nothing to skip.", code="no_servers")
    known = set(schedule.targets.values_list("server_id", flat=True))
    for place, server in enumerate(servers):
        if server not in known:
            message = f"This schedule does not act on a server {server}."
            raise Invalid(message, code="unknown_server", field=f"servers/{place}")


def undo(skip: Skip, *, now: datetime) -> datetime:
    """It will run after all; the instant. NotCancellable once that has come."""
    at = moment_of(skip)
    if at <= now:
        raise NotCancellable("This moment has come already, so what was skipped cannot be taken back.")
    skip.delete()
    return at


def moment_of(skip: Skip) -> datetime:
    """The instant (UTC) of what is skipped, in its schedule's zone of today, or in UTC if that is gone."""
    zone = walls.shown_in(skip.rule.schedule.timezone)
    wall = datetime.fromisoformat(skip.nominal)
    # The second copy of an hour that comes twice.
    return wall.replace(tzinfo=zone, fold=1).astimezone(UTC) if skip.fold else walls.instant(wall, zone)


def remains(rule: Rule, servers: Collection[int], moment: Moment) -> str | None:
    """What of its schedule stays when this occurrence is skipped, in words; None when nothing does."""
    zone = zone_named(rule.schedule.timezone)
    if moment.until is not None:
        end = shown(moment.until, zone)
        return f"The stop on {end} stays, and finds the server off unless somebody starts it."
    coming = next(unskipped(rule, servers, after=moment.at), None)
    if coming is None:
        return None
    if rule.edge:
        return f"The server stays on until the next stop, on {shown(coming.at, zone)}."
    return f"The next {rule.action} of this rule is on {shown(coming.at, zone)}."


def unskipped(rule: Rule, servers: Collection[int], *, after: datetime) -> Iterator[Moment]:
    """The rule's occurrences after that, without those that any of these servers skips."""
    rows = Skip.objects.filter(rule=rule, server__in=servers)
    known = set(rows.values_list("nominal", "fold"))
    every = moments(ahead.timing(rule), after=after)
    return (each for each in every if (each.nominal, each.fold) not in known)


def shown(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"
