"""When the database's clock is set: say so, and let nothing wait for a moment that is far away again.

A clock set forward needs no help: what is late is judged by its grace, and at most one action of a server
runs. A clock set back leaves leases, pauses and dates in the future, and nobody would look, send or settle
until they come. None can be later than now and its own length, so that is what they become. Rules are planned
anew; what they have on record does not happen again, see `firing.not_yet_recorded`.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Manager, QuerySet

from scheduler import causes, discover, hands, look, pulse, send
from scheduler.ticks import Reading
from shared import broker, clock
from shared.fleet.models import Account, Bucket, Region, Server
from shared.logs import warning
from shared.operations import firing
from shared.operations.models import Call, Operation
from shared.operations.states import ACTIVE, State
from shared.schedules import services
from shared.schedules.models import Schedule

# Clocks that are kept right move by less; a slow answer of the database is no jump.
SLACK_SECONDS = 10.0
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
        self.reading, self.at = reading, at
        if abs(seconds) > SLACK_SECONDS + took:
            tell(seconds)
            if seconds < 0:
                self.mend_until = at + MEND_SECONDS
                hands.take(broker.REPLAN)
        if at < self.mend_until:
            mend(reading.now)

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


def put(rows: QuerySet[Any], column: str, *, later_than: datetime, to: datetime) -> None:
    """Change the column where it lies too far ahead. Rows that somebody holds come with the next turn."""
    far = rows.filter(**{f"{column}__gt": later_than}).select_for_update(skip_locked=True, no_key=True)
    with transaction.atomic():
        ids = list(far.values_list("pk", flat=True))
        if ids:
            rows.filter(pk__in=ids).update(**{column: to})


def replan() -> None:
    """Every timetable's coming moments from now on, one schedule at a time."""
    for schedule in list(Schedule.objects.filter(enabled=True, paused_at=None).order_by("id")):
        with suppress(Schedule.DoesNotExist), transaction.atomic():
            row = services.locked(schedule)
            now = clock.now()
            firing.catch_up(row, now=now)
            services.plan(row, now=now)
