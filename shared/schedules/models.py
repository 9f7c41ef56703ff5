"""When something should happen: schedules, their rules and targets, and what bends them.

`Rule.next_run_at` is the next moment and the only thing the clock reads; `following` are the moments after
it, computed ahead by `recurrence`. It knows servers and nothing of operations.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shared.fleet.models import Server
from shared.people.models import Workspace


class Action(models.TextChoices):
    START = "start"
    STOP = "stop"
    REBOOT = "reboot"


class Schedule(models.Model):
    """A timetable with targets, in one time zone. `revision` goes up with every change that moves moments.

    `mode` is the answer to a change that somebody else made: leave it until the next action, leave it and
    tell, or put the server back; `observe` never acts at all. With `hibernate`, its stops hibernate the
    servers that can.
    """

    class Mode(models.TextChoices):
        RESPECT = "respect"
        ALERT = "alert"
        ENFORCE = "enforce"
        OBSERVE = "observe"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.RESPECT)
    hibernate = models.BooleanField(default=False, db_default=False)
    grace_seconds = models.PositiveIntegerField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    tag_query = models.TextField(blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    servers = models.ManyToManyField(Server, through="Target", related_name="schedules")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="schedule_name_once")
        ]
        indexes: ClassVar = [
            models.Index("paused_until", name="schedule_pause_ends", condition=Q(paused_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Window(models.Model):
    """Hours a server should be on: these weekdays (Monday is 0), from a wall-clock time to another."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="windows")
    days = models.JSONField()
    start = models.TimeField()
    end = models.TimeField()


class Rule(models.Model):
    """One action, at recurring (`cron`) or single (`at`, local) moments or at one end of windows (`edge`).

    Exactly one of the three.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="rules")
    action = models.CharField(max_length=8, choices=Action)
    cron = models.CharField(max_length=200, blank=True)
    at = models.CharField(max_length=19, blank=True)
    edge = models.BooleanField(default=False, db_default=False)
    next_run_at = models.DateTimeField(null=True)
    next_nominal = models.CharField(max_length=19, blank=True)
    next_fold = models.PositiveSmallIntegerField(default=0)
    next_until = models.DateTimeField(null=True)
    following = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(edge=False) & (Q(cron="") ^ Q(at="")) | Q(edge=True, cron="", at=""),
                name="cron_or_at_or_edge",
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("next_run_at"), name="rule_due", condition=Q(next_run_at__isnull=False))
        ]


class Target(models.Model):
    """A server a schedule acts on."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="targets")
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="targets")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "server"], name="target_once")]


class SkipDate(models.Model):
    """A local date on which the schedule's moments do not happen."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="skip_dates")
    day = models.DateField()
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "day"], name="skip_date_once")]


class Hold(models.Model):
    """Keep a server on or off until a moment, whatever the schedules say."""

    class Want(models.TextChoices):
        ON = "on"
        OFF = "off"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="holds")
    want = models.CharField(max_length=3, choices=Want)
    until = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["server"], condition=Q(ended_at__isnull=True), name="one_hold_each"
            ),
        ]
        indexes: ClassVar = [models.Index("until", name="hold_open", condition=Q(ended_at__isnull=True))]


class Skip(models.Model):
    """One coming occurrence on one server that will not run."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="skips")
    server = models.ForeignKey(Server, on_delete=models.CASCADE)
    nominal = models.CharField(max_length=19)
    fold = models.PositiveSmallIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "server", "nominal", "fold"], name="skip_once"),
        ]


class ZoneRules(models.Model):
    """The release of the IANA time zone database that all stored moments were computed with; one row."""

    version = models.CharField(max_length=16)
    planned_at = models.DateTimeField()
