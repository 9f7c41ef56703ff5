"""Whoever would stop several servers within minutes, by a change of a schedule, has to say how many.

A change is what is saved, a pause, its end by somebody, or the end of the schedule itself. Nothing is saved
here and nothing is locked.
"""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any

from api.schedules.effects import Span
from api.schedules.impact import SOON, acts_at_all, check, compare, stops_soon, think, wished
from api.schedules.preview import timings
from shared.errors import ConfirmationRequired
from shared.people.models import Workspace
from shared.schedules.models import Action, Rule, Schedule
from shared.schedules.recurrence import first
from shared.schedules.services import Draft

Stop = dict[str, Any]


def confirmed(
    draft: Draft, schedule: Schedule | None, workspace: Workspace, *, stops: int, now: datetime
) -> None:
    """ConfirmationRequired when saving would stop more than one server within minutes, and not as many as
    the asker says to know."""
    insist(stopped_at_once(draft, schedule, workspace, now=now), stops=stops)


def stopped_by_resuming(schedule: Schedule, *, now: datetime) -> list[Stop]:
    """The servers that would be stopped within minutes if its pause were over."""
    going_on = copy(schedule)
    going_on.paused_at = None
    return stopped_at_once(Draft(), going_on, schedule.workspace, now=now)


def stopped_by_pausing(schedule: Schedule, until: datetime | None, *, now: datetime) -> list[Stop]:
    """The servers that others will stop within minutes, before the pause is over, and that its hours would
    have kept on."""
    return [each for each in stopped_by_deleting(schedule, now=now) if until is None or each["at"] < until]


def stopped_by_deleting(schedule: Schedule, *, now: datetime) -> list[Stop]:
    """The servers that others will stop within minutes, and that its hours would have kept on."""
    return stopped_at_once(Draft(enabled=False), schedule, schedule.workspace, now=now)


def stopped_at_once(
    draft: Draft, schedule: Schedule | None, workspace: Workspace, *, now: datetime
) -> list[Stop]:
    """The servers that saving would stop within minutes, and when."""
    if not stop_is_near(draft, schedule, workspace, now=now):
        return []
    thought = think(draft, schedule, workspace, now=now)
    return stops_soon(compare(thought, schedule, workspace, span=Span(now, now + SOON)), now=now)


def stop_is_near(draft: Draft, schedule: Schedule | None, workspace: Workspace, *, now: datetime) -> bool:
    """Whether anything is stopped within minutes, by this schedule or by one it may keep from doing so.

    Mostly nothing is, and then nobody's future needs to be thought.
    """
    wish = wished(draft, schedule, workspace)
    check(draft, schedule, wish, now=now)
    lines = timings(wish) if acts_at_all(draft, schedule) else ()
    own = [timing for action, timing in lines if action == Action.STOP]
    if any(moment.at <= now + SOON for timing in own for moment in first(timing, after=now, count=1)):
        return True
    stops = Rule.objects.filter(workspace=workspace, action=Action.STOP)
    return stops.filter(next_run_at__lte=now + SOON).exists()


def insist(soon: Sequence[Stop], *, stops: int, doing: str = "Saving") -> None:
    """ConfirmationRequired for more than one server, unless the asker says that number."""
    if len(soon) > 1 and stops != len(soon):
        names = [str(each["server"]["name"]) for each in soon]
        rest = f" and {len(soon) - 5} more" if len(soon) > 5 else ""
        message = (
            f"{doing} this stops {len(soon)} servers within 5 minutes: {', '.join(names[:5])}{rest}. "
            f"Send confirm_stops: {len(soon)} if that is meant."
        )
        raise ConfirmationRequired(message, stops=len(soon), names=names)
