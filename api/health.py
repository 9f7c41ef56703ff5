"""Is the program alive, and can it do its work? For compose, orchestrators and people with curl.

Not ready (503) only without Postgres or with migrations to run: then no request can succeed. Redis, beat and
workers may all be away and people still read and ask; that is `degraded`, with 200.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import Error
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from django_celery_beat.models import PeriodicTask

from shared import broker, outage, tables
from shared.clock import now
from shared.operations.models import Tick

# Beat writes down its own runs every 30 ticks, some 10 s.
REDIS_SECONDS = 1.0
BEAT_AGE = timedelta(minutes=1)


@dataclass
class Checks:
    """One word for each part, "ok" or what is wrong, and the age of each tick in seconds."""

    postgres: str = "ok"
    migrations: str = "ok"
    redis: str = "ok"
    beat: str = "ok"
    worker: str = "ok"
    ticks: dict[str, float] = field(default_factory=dict)

    @property
    def status(self) -> str:
        if self.postgres != "ok" or self.migrations != "ok":
            return "down"
        return "ok" if self.redis == self.beat == self.worker == "ok" else "degraded"


@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """The process can do its work."""
    checks = examine()
    body = {"status": checks.status, "checks": vars(checks)}
    return JsonResponse(body, status=503 if checks.status == "down" else 200)


def examine() -> Checks:
    checks = Checks(redis=redis_word())
    try:
        checks.migrations = migrations_word()
        if checks.migrations == "ok":
            examine_clock(checks)
        outage.database.over()
    except Error as error:
        outage.database.note(error)
        checks.postgres = checks.migrations = checks.beat = checks.worker = "unreachable"
    return checks


def examine_clock(checks: Checks) -> None:
    """Beat and worker, by the traces they leave in the database."""
    moment = now()
    rows = Tick.objects.exclude(name=broker.BEAT)
    # What is dated in the future, because the clock was set back, is no fresher than what is old.
    ages = {tick.name: abs((moment - tick.ran_at).total_seconds()) for tick in rows}
    checks.ticks = {name: round(age, 1) for name, age in sorted(ages.items())}
    quick = [age for name, age in ages.items() if name in broker.QUICK_TICKS]
    checks.worker = "ok" if quick and max(quick) < broker.TICK_AGE else "silent"
    last = PeriodicTask.objects.filter(enabled=True).aggregate(last=Max("last_run_at"))["last"]
    checks.beat = "ok" if last and moment - last < BEAT_AGE else "silent"


def migrations_word() -> str:
    try:
        all_migrated()
    except MigrationsPending:
        return "pending"
    return "ok"


class MigrationsPending(Exception):
    """The tables are older than this program."""


@cache
def all_migrated() -> None:
    """Asked of the database until it is so, and then remembered: a cache keeps no exception."""
    if tables.pending():
        raise MigrationsPending


def redis_word() -> str:
    return "ok" if broker.is_there(settings.BROKER_URL, seconds=REDIS_SECONDS) else "unreachable"
