"""The case of a server from the tables: its schedules, holds and operations, for any instant.

A few queries, the same number however many schedules there are. `explaining` decides.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from django.db.models import Q

from api.servers import explaining
from api.servers.cases import (
    STATES,
    WANTED,
    Bar,
    Case,
    Cause,
    Held,
    Moment,
    Own,
    Party,
    Pause,
    Person,
    Present,
    Step,
    Word,
)
from api.servers.explaining import Answer
from api.servers.planning import FURTHEST, INSTANT, Plans, Span
from api.servers.timeline import Named, Plan, judged
from shared.fleet.models import Observation, Server
from shared.operations.firing import is_gone, unfit
from shared.operations.models import Operation
from shared.operations.reasons import GOALS, sentence
from shared.operations.states import OPEN, State
from shared.operations.verdicts import RUN, Verdict
from shared.operations.wishes import status
from shared.schedules import walls
from shared.schedules.models import Schedule
from shared.schedules.wanting import WANTS, Said, is_paused, speaks

# An instant that is so near is the present one.
PRESENT = timedelta(minutes=1)
LOOK_BACK = timedelta(days=1)
# More than are shown, so that the sentence can look beyond a row of reboots.
MOST_STEPS = 40


def explain(server: Server, *, at: datetime, now: datetime, home: str) -> Answer:
    """Why it is wanted on or off at that instant, by the schedules as they are now, and what comes next.

    `home` is the time zone of whoever asks.
    """
    plans = Plans([server], now=now, since=at)
    schedules = plans.wants.all.get(server.id, [])
    parties = {each.id: party(each, server, plans, at=at) for each in schedules}
    said = plans.wants.want(server.id, at=at).winner
    winner = parties[said.schedule.id] if said else None
    is_now = abs(at - now) <= PRESENT
    case = Case(
        at=at,
        now=now,
        home=home,
        parties=list(parties.values()),
        winner=winner,
        held=held(server, plans, at=at),
        bar=bar(server, now=now),
        steps=list(islice(steps(server, plans, at=at, is_now=is_now), MOST_STEPS)),
        present=present(server, said, now=now) if is_now else None,
    )
    return explaining.explain(case)


def party(schedule: Schedule, server: Server, plans: Plans, *, at: datetime) -> Party:
    """What this schedule says of the server at that instant, and what keeps it from saying more."""
    said = plans.wants.says(schedule, server.id, at=at) if schedule.enabled else None
    day = walls.local(at, walls.shown_in(schedule.timezone)).date()
    return Party(
        schedule=Named(schedule.id, schedule.name),
        timezone=schedule.timezone,
        word=word(said) if said else None,
        is_off=not schedule.enabled,
        is_lost=walls.is_gone(schedule.timezone),
        observes=not speaks(schedule),
        pause=Pause(schedule.paused_until, schedule.pause_reason) if is_paused(schedule, at=at) else None,
        begins=later(schedule.valid_from, day),
        ended=schedule.valid_to if schedule.valid_to and schedule.valid_to < day else None,
        left_out=left_out(schedule, server, plans, said, at=at),
        only_reboots=all(rule.action not in WANTS for rule in schedule.rules.all()),
    )


def later(first: date | None, day: date) -> date | None:
    return first if first and first > day else None


def word(said: Said) -> Word:
    return Word(said.want, said.moment.at, said.rule.id, said.keeps_on, said.moment.until)


def left_out(
    schedule: Schedule, server: Server, plans: Plans, said: Said | None, *, at: datetime
) -> Moment | None:
    """The schedule's newest start or stop, where it is set to be skipped on this server."""
    if walls.is_gone(schedule.timezone):
        return None
    wants, newest = plans.wants, said.moment.at if said else None
    found: Moment | None = None
    for rule in schedule.rules.all():
        if rule.action not in WANTS or (rule.id, server.id) not in wants.skipping:
            continue
        moment = next(wants.back(rule, at=at), None)
        if moment and wants.is_skipped(rule, server.id, moment) and (newest is None or moment.at > newest):
            found, newest = Moment(rule.action, moment.at), moment.at
    return found


def held(server: Server, plans: Plans, *, at: datetime) -> Held | None:
    """The hold in force at that instant."""
    row = plans.hold(server, at=at)
    if row is None:
        return None
    author = Person(row.author.email, row.author.name) if row.author else None
    return Held(row.id, row.want, row.created_at, row.until, author, row.reason)


def bar(server: Server, *, now: datetime) -> Bar | None:
    """Why nothing scheduled touches it, as the clock will say of each action."""
    never = unfit("stop", server)
    objections = (
        (is_gone(server, now=now), Verdict("server_gone")),
        (server.protected, Verdict("protected")),
        (not server.region.enabled, Verdict("account_disabled")),
        (never is not RUN and unfit("start", server) is not RUN, never),
    )
    found = next((verdict for objects, verdict in objections if objects), None)
    return Bar(found.reason, sentence(found.reason, **found.words)) if found else None


def steps(server: Server, plans: Plans, *, at: datetime, is_now: bool) -> Iterator[Step]:
    """What comes after that instant in order, judged as the clock will judge it. Of the present one also what
    is due and has not fired."""
    now = plans.now
    if at < now and not is_now:
        coming = judged(plans.after(server, at), now=at)
    else:
        start = now - LOOK_BACK if is_now else at + INSTANT
        coming = judged(plans.coming(server, Span(start, at + FURTHEST, now)), now=now)
    end = at_end(server, plans, at=at)
    for plan, verdict in coming:
        if end is not None and plan.occurrence.due_at > end.at:
            yield end
            end = None
        yield step(plan, verdict)
    if end is not None:
        yield end


def step(plan: Plan, verdict: Verdict) -> Step:
    runs = verdict is RUN
    return Step(
        at=plan.occurrence.due_at,
        timezone=plan.timezone,
        action=plan.occurrence.action,
        schedule=plan.schedule,
        rule=plan.occurrence.rule,
        reason=None if runs else verdict.reason,
        detail=None if runs else sentence(verdict.reason, **verdict.words),
        note=plan.note,
        skip=plan.skip,
    )


def at_end(server: Server, plans: Plans, *, at: datetime) -> Step | None:
    """What is applied at the end of the open hold: what schedules want then, unless that is due by itself at
    that very moment."""
    hold = plans.hold(server, at=plans.now)
    said = plans.wants.want(server.id, at=hold.until).winner if hold and hold.until > at else None
    if hold is None or said is None or said.moment.at == hold.until:
        return None
    stop = bar(server, now=plans.now)
    detail = f"The hold of {hold.author or 'somebody'} ends, and {said.schedule.name} wants it {said.want}."
    return Step(
        at=hold.until,
        timezone=said.schedule.timezone,
        action=said.rule.action,
        schedule=Named(said.schedule.id, said.schedule.name),
        kind="hold",
        reason=stop.code if stop else None,
        detail=stop.detail if stop else detail,
    )


def present(server: Server, said: Said | None, *, now: datetime) -> Present:
    """What it does, and how it came to that."""
    shown = status(server, now=now)
    is_ = STATES.get(shown)
    causes = [cause for cause in (asked(server, now=now), outside(server, now=now)) if cause]
    there = [cause for cause in causes if WANTED[cause.action] == is_]
    newest = max(causes, key=lambda each: each.at, default=None)
    return Present(
        status=shown,
        since=server.transition_since if server.transition else server.state_since,
        cause=newest if newest in there else None,
        own=own(server, said) if said else None,
    )


def asked(server: Server, *, now: datetime) -> Cause | None:
    """The newest start or stop that brought it where it was wanted, or is under way."""
    there = Q(state=State.SKIPPED, reason="already_in_state")
    open_ones = Q(state__in=[state.value for state in OPEN])
    rows = Operation.objects.filter(
        Q(state=State.SUCCEEDED) | there | open_ones, server=server, action__in=WANTED, due_at__lte=now
    )
    row = rows.select_related("schedule", "author").order_by("-due_at", "-id").first()
    if row is None:
        return None
    by_schedule = row.origin in ("rule", "hold", "enforce")
    name = str(row.snapshot.get("schedule") or "") if row.schedule is None else row.schedule.name
    who = name or "A deleted schedule" if by_schedule else str(row.author or "Somebody who has left")
    return Cause(row.origin, row.action, row.due_at, who)


def outside(server: Server, *, now: datetime) -> Cause | None:
    """The newest change that was not ours and has come to rest."""
    rows = Observation.objects.filter(
        server=server, cause=Observation.Cause.OUTSIDE, after__in=GOALS.values(), asked_at__lte=now
    )
    row = rows.order_by("-asked_at", "-id").first()
    if row is None:
        return None
    action = "start" if row.after == "running" else "stop"
    return Cause("outside", action, row.asked_at, actor=row.actor, reaction=row.reaction)


def own(server: Server, said: Said) -> Own | None:
    """What became of the moment by which the schedules want what they want."""
    rows = Operation.objects.filter(server=server, rule=said.rule, due_at=said.moment.at)
    row = rows.order_by("-id").first()
    return Own(row.action, row.state, row.detail or row.waiting_detail) if row else None
