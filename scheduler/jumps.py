"""When the database's clock is set: say so, and let nothing wait for a moment that is far away again.

A clock set forward makes what is under way look old: its ages begin anew, or it would be given up, and a
server called stuck, after seconds. What is late is judged by its grace, and at most one action of a server
runs. A clock set back leaves leases, pauses and dates in the future, and nobody would look, send or settle
until they come. None can be later than now and its own length, so that is what they become. Rules are planned
anew; what they have on record does not happen again, see `firing.not_yet_recorded`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Manager, QuerySet
from psycopg.errors import LockNotAvailable

from scheduler import causes, discover, hands, look, pulse, send
from scheduler.ticks import Reading
from shared import broker, clock
from shared.fleet.models import Account, Bucket, Region, Server
from shared.logs import warning
from shared.operations import firing
from shared.operations.models import Call, Operation
from shared.operations.states import ACTIVE, GRACE, State
from shared.schedules import services
from shared.schedules.models import Hold, Schedule

# A question that was on its way when the clock was set may still write a date of before.
MEND_SECONDS = 60.0
# Between two looks at a region, and until an operation that was put off is tried again.
LONGEST_PAUSE = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
INSTANT = timedelta(seconds=1)
PAST: tuple[tuple[Manager[Any], tuple[str, ...]], ...] = (
    (Account.objects, ("trouble_since", "wanted_test_at")),
    (Region.objects, ("looked_at", "measured_at", "wanted_discover_at")),
    (Server.objects, ("observed_at", "state_since", "transition_since", "missing_since", "stuck_since")),
    (Server.objects, ("left_at", "metrics_wanted_at")),
    (Bucket.objects, ("refilled_at",)),
    (Hold.objects, ("created_at", "ended_at")),
)


@dataclass
class Watch:
    """Compares the database's clock with the machine's, turn by turn."""

    reading: Reading | None = None
    at: float = 0.0
    mend_until: float = 0.0

    def look(self, reading: Reading, *, took: float) -> None:
        """Tell of a jump since the last look; after one backwards mend for a while."""
        at = pulse.elapsed()
        seconds = self.jump(reading, at=at)
        if abs(seconds) > pulse.SLACK_SECONDS + took:
            tell(seconds)
            if seconds < 0:
                self.mend_until = at + MEND_SECONDS
                hands.take(broker.REPLAN)
            else:
                restart(reading.now)
        if at < self.mend_until:
            mend(reading.now)
        # Only now: what failed is done again at the next turn, and nobody concludes from ages until then.
        self.reading, self.at = reading, at
        pulse.set_by(reading.now, at=at)

    def jump(self, reading: Reading, *, at: float) -> float:
        """Seconds by which the clock was set; of the first look, as far as dates in the future tell."""
        if self.reading is None:
            return min(0.0, *reading.since.values(), 0.0)
        return (reading.now - self.reading.now).total_seconds() - (at - self.at)


def tell(seconds: float) -> None:
    pulse.startle()
    where = "forward" if seconds > 0 else "back"
    warning(
        "clock.jumped",
        text=f"🕐 The database's clock was set {where} by {abs(seconds):.0f} s. Is it right now?",
        seconds=round(seconds),
    )


def mend(now: datetime) -> None:
    """Bring back to now, or to now and their usual length, what the old clock has dated later."""
    shorten(now)
    for table, columns in PAST:
        for column in columns:
            put(table.all(), column, later_than=now, to=now)
    # Whoever waits for a test or a discovery wants it after the last one.
    put(Account.objects.all(), "tested_at", later_than=now, to=now - INSTANT)
    put(Region.objects.all(), "discovered_at", later_than=now, to=now - discover.PERIOD)
    for column in ("sending_at", "accepted_at", "dipped_at"):
        active = Operation.objects.filter(state__in=[state.value for state in ACTIVE])
        put(active, column, later_than=now, to=now)


def shorten(now: datetime) -> None:
    """Leases and pauses, each to its usual length."""
    regions, unanswered = Region.objects.all(), Call.objects.filter(outcome="")
    put(regions, "look_lease_until", later_than=now + look.LEASE, to=now + look.LEASE)
    put(regions, "discover_lease_until", later_than=now + discover.LEASE, to=now + discover.LEASE)
    put(regions, "next_look_at", later_than=now + LONGEST_PAUSE, to=now)
    put(Server.objects.all(), "doubted_until", later_than=now + causes.STALE, to=now + causes.STALE)
    put(unanswered, "lease_until", later_than=now + send.LEASE, to=now + send.LEASE)
    put(unanswered, "sent_at", later_than=now, to=now)
    requested = Operation.objects.filter(state=State.REQUESTED)
    put(requested, "not_before", later_than=now + LONGEST_WAIT, to=now)
    for action, grace in GRACE.items():
        ahead = requested.filter(action=action, due_at__gt=now, schedule__grace_seconds=None)
        put(ahead, "grace_until", later_than=now + grace, to=now + grace)


def restart(now: datetime) -> None:
    """After a jump forward: what is under way has been so since now, as far as its time-outs go."""
    active = Operation.objects.filter(state__in=[state.value for state in ACTIVE])
    with transaction.atomic():
        ids = list(active.select_for_update(no_key=True).order_by("server_id").values_list("id", flat=True))
        rows = Operation.objects.filter(id__in=ids)
        rows.filter(accepted_at__isnull=False).update(accepted_at=now)
        rows.update(sending_at=now)
    Call.objects.filter(outcome="").update(lease_until=now + send.LEASE)
    moving = Server.objects.filter(look.CHANGING, stuck_since=None, state_since__isnull=False)
    with transaction.atomic():
        ids = list(moving.select_for_update(no_key=True, skip_locked=True).values_list("id", flat=True))
        Server.objects.filter(id__in=ids).update(state_since=now)


def put(rows: QuerySet[Any], column: str, *, later_than: datetime, to: datetime) -> None:
    """Change the column where it lies too far ahead. Rows that somebody holds come with the next turn."""
    far = rows.filter(**{f"{column}__gt": later_than})
    far = far.select_for_update(skip_locked=True, no_key=True, of=("self",))
    with transaction.atomic():
        ids = list(far.values_list("pk", flat=True))
        if ids:
            rows.filter(pk__in=ids).update(**{column: to})


def replan() -> None:
    """Every timetable's coming moments from now on, one schedule at a time; a held one again and again."""
    waiting = list(Schedule.objects.filter(enabled=True, paused_at=None).order_by("id"))
    until = pulse.elapsed() + MEND_SECONDS
    while waiting := [schedule for schedule in waiting if not replanned(schedule)]:
        if pulse.elapsed() > until or pulse.stopping.wait(INSTANT.total_seconds()):
            warning(
                "clock.not_replanned",
                text=f"🕐 {len(waiting)} schedule(s) could not be planned anew after the clock was set back. "
                "Save each of them once.",
                schedules=[schedule.id for schedule in waiting],
            )
            return


def replanned(schedule: Schedule) -> bool:
    """False when somebody holds it for too long."""
    try:
        with transaction.atomic():
            row = services.locked(schedule)
            now = clock.now()
            firing.catch_up(row, now=now)
            services.plan(row, now=now)
    except Schedule.DoesNotExist:
        return True
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True
