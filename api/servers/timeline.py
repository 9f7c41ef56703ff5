"""What a server's schedules plan, what was done, and what was seen, on one line of time. Pure.

Facts in, entries out, oldest first. It knows no table, no clock and no engine of recurrence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from shared.fleet.status import SHOWN
from shared.operations.reasons import called, sentence
from shared.operations.verdicts import RUN, Occurrence, Verdict, verdicts
from shared.schedules import walls
from shared.schedules.words import VERBS

MOST = 500
# At one moment: what was planned, what was done about it, what was seen of it.
RANK = {"planned": 0, "operation": 1, "observation": 2}
ENDS = {
    "requested": "it waits to be sent",
    "sending": "it is being sent",
    "accepted": "EC2 accepted it, and the end is waited for",
    "succeeded": "done",
    "failed": "it failed",
    "unknown": "nobody saw the end",
    "skipped": "it did not run",
    "cancelled": "it was cancelled",
}
CHANGES = {
    ("outside", "inside"): "Somebody shut it down from inside its operating system.",
    ("outside", "aws"): "AWS did it.",
    ("outside", "spot"): "EC2 took the Spot capacity back.",
    ("outside", "api"): "Somebody did it through the EC2 console or API.",
    ("outside", "unknown"): "Somebody or something else did it.",
}
REACTIONS = {
    "respected": "It is left so until the schedule's next action.",
    "put_back": "The server is put back as its schedule wants it.",
    "alerted": "It is left so, and somebody should look at it.",
    "held": "A hold wants it so.",
    "spared": "It is left so: the server is protected, or cannot be put back this way.",
    "given_up": "It happened too often, so it is no longer put back.",
}


class Named(NamedTuple):
    """A schedule; `id` None when it was deleted."""

    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What an observation adds to its entry."""

    before: str
    after: str
    cause: str
    actor: str
    reaction: str
    reason: str
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the line. `state` is the operation's; `skipped` for a planned one that will not run.

    Of a planned one `note` is what a clock change does to it, and `skip` the id of what skips it.
    """

    at: datetime
    kind: str
    text: str
    action: str | None = None
    state: str | None = None
    schedule: Named | None = None
    operation: int | None = None
    observation: Seen | None = None
    rule: int | None = None
    note: str | None = None
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One coming moment of a rule of this schedule; it stands for `nominal` on the wall clock of its zone.

    `skip` is the id of what skips it on this server.
    """

    occurrence: Occurrence
    schedule: Named
    timezone: str
    nominal: str
    skip: int | None = None

    @property
    def moment(self) -> tuple[int, datetime]:
        """What makes it the same moment as that of an operation."""
        return self.occurrence.rule, self.occurrence.due_at

    @property
    def note(self) -> str | None:
        """What a clock change does to it, in words."""
        if walls.is_gone(self.timezone):
            return None
        return walls.note(self.occurrence.due_at, self.nominal, walls.zone_named(self.timezone))


@dataclass(frozen=True, slots=True)
class Done:
    """One operation, from whichever side."""

    id: int
    at: datetime
    action: str
    origin: str
    state: str
    author: str
    schedule: Named | None
    detail: str
    options: Mapping[str, bool] = field(default_factory=dict)


def planned(plans: Iterable[Plan], *, now: datetime) -> list[Entry]:
    """The coming moments, judged as the clock will judge them if nothing changes until then."""
    return [coming(plan, verdict, now=now) for plan, verdict in judged(plans, now=now)]


def judged(plans: Iterable[Plan], *, now: datetime) -> Iterator[tuple[Plan, Verdict]]:
    """Each of the plans, which come in order of time, and its verdict. Of one instant at most one runs."""
    for at, together in groupby(plans, key=lambda plan: plan.occurrence.due_at):
        rivals = list(together)
        told = verdicts((plan.occurrence for plan in rivals), now=max(at, now))
        yield from ((plan, verdict) for plan, (_, verdict) in zip(rivals, told, strict=True))


def coming(plan: Plan, verdict: Verdict, *, now: datetime) -> Entry:
    each = plan.occurrence
    who, runs = f"{VERBS[each.action]} by {plan.schedule.name}", verdict is RUN
    if runs:
        text = f"{who} is due now." if each.due_at <= now else f"{who} is planned."
    else:
        text = f"{who} will not run. {sentence(verdict.reason, **verdict.words)}"
    return Entry(
        each.due_at,
        "planned",
        text,
        action=each.action,
        state=None if runs else "skipped",
        schedule=plan.schedule,
        rule=each.rule,
        note=plan.note,
        skip=plan.skip,
    )


def done(operation: Done) -> Entry:
    what = called(operation.action, operation.options).capitalize()
    text = f"{what} {asked_by(operation)}: {ENDS[operation.state]}. {operation.detail}"
    return Entry(
        operation.at,
        "operation",
        text.strip(),
        action=operation.action,
        state=operation.state,
        schedule=operation.schedule,
        operation=operation.id,
    )


def asked_by(operation: Done) -> str:
    schedule = operation.schedule.name if operation.schedule else "a deleted schedule"
    author = operation.author or "somebody who has left"
    return {
        "rule": f"by {schedule}",
        "enforce": f"to put the server back as {schedule} wants it",
        "hold": f"at the end of the hold of {author}, as {schedule} says",
        "token": f"asked for with a token of {author}",
    }.get(operation.origin, f"asked for by {author}")


def observed(seen: Seen, *, at: datetime, operation: int | None, schedule: Named | None) -> Entry:
    why = CHANGES.get((seen.cause, seen.actor), "")
    told = [f"Seen {shown(seen.after)}, after {shown(seen.before)}.", why, REACTIONS.get(seen.reaction, "")]
    text = " ".join(part for part in told if part)
    return Entry(at, "observation", text, schedule=schedule, operation=operation, observation=seen)


def shown(state: str) -> str:
    """EC2's word as the page says it."""
    return SHOWN.get(state, state)


def merged(entries: Iterable[Entry], *, now: datetime, most: int = MOST) -> tuple[list[Entry], bool]:
    """At most so many entries in order of time, and whether there are more. Of the past and of what comes
    those nearest to now are kept; neither crowds the other out of its half."""
    ordered = sorted(entries, key=lambda entry: (entry.at, RANK[entry.kind], entry.operation or 0))
    past = [entry for entry in ordered if entry.at <= now]
    ahead = ordered[len(past) :]
    coming = ahead[: max(most // 2, most - len(past))]
    kept = past[max(0, len(past) - (most - len(coming))) :]
    return [*kept, *coming], len(ordered) > most
