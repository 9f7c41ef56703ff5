"""What was asked, what was sent, and how it ended: requests, operations, calls and ticks.

An operation is one action on one server. A call is one request to EC2 and carries many operations. Rows
only: which move is legal is said in `states`, how to make it in `services`.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from shared.fleet.models import Region, Server
from shared.operations.states import Origin, State
from shared.people.models import Token, Workspace
from shared.schedules.models import Action, Rule, Schedule


def choices(kind: type[State] | type[Origin]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in kind]


class Request(models.Model):
    """One POST of a person or a token: makes many operations, and is answered the same when repeated."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    token = models.ForeignKey(Token, on_delete=models.SET_NULL, null=True)
    idempotency_key = models.CharField(max_length=200, null=True)
    body_hash = models.CharField(max_length=64)
    refused = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "idempotency_key"], name="request_once"),
        ]


class Call(models.Model):
    """One request to EC2. Committed before the socket is written, so that a dead process leaves a trace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="calls")
    action = models.CharField(max_length=8, choices=Action)
    options = models.JSONField(default=dict)
    owner = models.CharField(max_length=120)
    lease_until = models.DateTimeField()
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index("lease_until", name="call_unanswered", condition=Q(outcome=""))]


class Operation(models.Model):
    """One action on one server, asked by a rule or a person, until its end was seen.

    `waiting` is why a requested operation has been put off until `not_before`. A trigger in the database
    keeps an operation that has ended in its end.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="operations")
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="operations")
    action = models.CharField(max_length=8, choices=Action)
    options = models.JSONField(default=dict)
    origin = models.CharField(max_length=8, choices=choices(Origin))
    request = models.ForeignKey(Request, on_delete=models.SET_NULL, null=True, related_name="operations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    token = models.ForeignKey(Token, on_delete=models.SET_NULL, null=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.SET_NULL, null=True, related_name="operations")
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, related_name="operations")
    revision = models.PositiveIntegerField(null=True)
    nominal = models.CharField(max_length=19, blank=True)
    fold = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    grace_until = models.DateTimeField()
    not_before = models.DateTimeField()
    alone = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=choices(State), default=State.REQUESTED.value)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    waiting = models.CharField(max_length=40, blank=True, db_default="")
    waiting_detail = models.TextField(blank=True, db_default="")
    attempt = models.PositiveIntegerField(default=0)
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="retries")
    call = models.ForeignKey(Call, on_delete=models.SET_NULL, null=True, related_name="operations")
    snapshot = models.JSONField(default=dict)
    requested_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    dipped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "revision", "nominal", "fold", "server"],
                condition=Q(rule__isnull=False),
                name="occurrence_once",
            ),
            models.UniqueConstraint(
                fields=["server"],
                condition=Q(state__in=["sending", "accepted"]),
                name="one_active_per_server",
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("not_before"), name="operation_to_send", condition=Q(state="requested")),
            models.Index(
                F("server"),
                name="operation_open",
                condition=Q(state__in=["requested", "sending", "accepted"]),
            ),
            models.Index(fields=["server", "-due_at"], name="operation_of_server"),
            models.Index(fields=["schedule", "-due_at"], name="operation_of_schedule"),
            models.Index(fields=["workspace", "-due_at"], name="operation_by_due"),
        ]


class Step(models.Model):
    """Something on an operation's way that its own columns do not keep: refused, put off, unanswered, ..."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="steps")
    call = models.ForeignKey(Call, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    detail = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["operation", "at"], name="step_of_operation")]


class Tick(models.Model):
    """When a tick last did its work; the fallback clock reads it."""

    name = models.CharField(max_length=32, primary_key=True)
    ran_at = models.DateTimeField()
