"""A schedule as a draft would make it: rows with their coming moments, none of which is ever saved.

What reads a stored schedule reads one with it that somebody is still writing. It locks nothing, and knows
nothing of what is said about the schedule.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime

from django.db.models import Model

from api.schedules.preview import Wish
from shared.schedules import ahead, parts, walls
from shared.schedules.models import Rule, Schedule, SkipDate, Target
from shared.schedules.services import PLAIN, Draft

UNNAMED = "This schedule"
# No row has such an id. It is higher than all others, as that of a new row will be.
UNSAVED = 2**62


def drafted(draft: Draft, base: Schedule, *, wish: Wish, servers: Collection[int], now: datetime) -> Schedule:
    """The schedule with its changes, or a new one when `base` has no id.

    `wish` is the timetable, and `servers` are those that it would have.
    """
    row, have = copy(base), parts.keys(base) if base.id else {}
    row.id, row.name = base.id or UNSAVED, base.name or UNNAMED
    for name in PLAIN:
        if draft.said(name):
            setattr(row, name, getattr(draft, name))
    row.timezone = wish.zone
    if draft.tag_query is not None or draft.servers is not None:
        row.tag_query = draft.tag_query or ""
    hang(
        row,
        windows=numbered([parts.row(row, each) for each in wish.windows]),
        skip_dates=[SkipDate(schedule=row, day=each) for each in wish.skip_dates],
        targets=[Target(schedule=row, server_id=each) for each in servers],
    )
    hang(row, rules=planned(row, rules_of(row, wish, have), now=now))
    return row


def rules_of(row: Schedule, wish: Wish, have: Mapping[parts.Key, Rule]) -> list[Rule]:
    """Its rules. Those that stay are known by their ids, to which single skips belong."""
    single = dict.fromkeys((each.action, each.cron, each.at, False) for each in wish.rules)
    keys: Sequence[parts.Key] = parts.EDGES if wish.windows else list(single)
    rules = [Rule(schedule=row, action=key[0], cron=key[1], at=key[2], edge=key[3]) for key in keys]
    numbered(rules)
    for rule, key in zip(rules, keys, strict=True):
        if key in have:
            rule.id = have[key].id
    return rules


def numbered(rows: Sequence[Model]) -> Sequence[Model]:
    """With ids in their order."""
    for place, row in enumerate(rows):
        row.pk = UNSAVED + place
    return rows


def planned(row: Schedule, rules: Sequence[Rule], *, now: datetime) -> Sequence[Rule]:
    """With the moments that saving would store; none while it is paused."""
    comes = row.paused_at is None and not walls.is_gone(row.timezone)
    for rule in rules if comes else ():
        ahead.plan(rule, after=now)
    return rules


def hang(row: Schedule, **rows: Sequence[Model]) -> None:
    """Let the row have these as if they had been read with it: there is nothing to read."""
    known = getattr(row, "_prefetched_objects_cache", {})
    # The dictionary of a copy is that of its original.
    vars(row)["_prefetched_objects_cache"] = known | rows
