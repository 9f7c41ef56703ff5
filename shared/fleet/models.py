"""What is out there: accounts, regions, servers, and what EC2 last said of them.

Rows only. The rules are in `status` (what to show), the writing in `services`. It knows people and
nothing of schedules or operations: `transition_operation` is a bare id for that reason.
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from shared.errors import CredentialUnusable
from shared.people.models import Workspace


class Account(models.Model):
    """An AWS account and how to reach it. `sealed` can be opened by the scheduler alone.

    `status` is what the last test said; `trouble` is why its regions cannot be read now (empty: they can);
    `denied` holds, for each action AWS last refused for want of a permission, AWS's words and since when.
    """

    class Kind(models.TextChoices):
        ROLE = "role"
        KEYS = "keys"
        HOST = "host"

    class Status(models.TextChoices):
        UNCHECKED = "unchecked"
        OK = "ok"
        DENIED = "denied"
        UNREACHABLE = "unreachable"
        UNUSABLE = "unusable"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="accounts")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    role_arn = models.CharField(max_length=2048, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    access_key_last4 = models.CharField(max_length=4, blank=True)
    sealed = models.TextField(blank=True)
    key_id = models.CharField(max_length=32, blank=True)
    aws_account_id = models.CharField(max_length=12, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.UNCHECKED)
    error_code = models.CharField(max_length=64, blank=True)
    last_error = models.TextField(blank=True)
    trouble = models.CharField(max_length=16, blank=True, db_default="")
    trouble_since = models.DateTimeField(null=True)
    denied = models.JSONField(default=dict, db_default={})
    wanted_test_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="account_name_once"),
            models.UniqueConstraint(
                fields=["role_arn"], condition=~Q(role_arn=""), name="role_of_one_workspace"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def barred(self) -> bool:
        """Whether the last test found that these credentials must not be used although they work.

        Only another test ends it. A credential that cannot be opened is found out anew whenever it is needed.
        """
        return self.status == self.Status.UNUSABLE and self.error_code != CredentialUnusable.code


class Region(models.Model):
    """One account in one AWS region: what we look at, and where EC2's limits apply.

    `looked_at` dates every server of the region that the last full look found unchanged.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="regions")
    name = models.CharField(max_length=32)
    enabled = models.BooleanField(default=True)
    wanted_look_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)
    look_lease_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    look_error = models.TextField(blank=True)
    look_error_code = models.CharField(max_length=16, blank=True, db_default="")
    look_failures = models.PositiveIntegerField(default=0)
    wanted_discover_at = models.DateTimeField(null=True)
    discover_lease_until = models.DateTimeField(null=True)
    discovered_at = models.DateTimeField(null=True)
    measured_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "name"], name="region_once")]
        indexes: ClassVar = [
            models.Index(F("next_look_at"), name="region_look_due", condition=Q(enabled=True))
        ]

    def __str__(self) -> str:
        return self.name


class Bucket(models.Model):
    """EC2's token bucket for one action in one region, as far as we know it; shared by all workers.

    `limits` are an operator's own numbers, `learned` what refusals have taught us since.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="buckets")
    action = models.CharField(max_length=16)
    requests = models.FloatField()
    servers = models.FloatField()
    refilled_at = models.DateTimeField()
    limits = models.JSONField(default=dict)
    learned = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["region", "action"], name="bucket_once")]


class Server(models.Model):
    """An EC2 instance. `observed_*` is what EC2 said, `transition*` what we asked for; never mixed.

    `state_since` is when we first saw the observed state; `left_at` when we took it from the list because EC2
    no longer has it, while its history stays. `planned` is what AWS itself will do to it. `doubted_until`:
    the state contradicts an end that we saw just before; a question asked after it settles whose it is.
    """

    class Observed(models.TextChoices):
        """EC2's own words, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html."""

        UNKNOWN = "unknown"
        PENDING = "pending"
        RUNNING = "running"
        STOPPING = "stopping"
        STOPPED = "stopped"
        SHUTTING_DOWN = "shutting-down"
        TERMINATED = "terminated"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="servers")
    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="servers")
    instance_id = models.CharField(max_length=32)
    name = models.CharField(max_length=256, blank=True)
    tags = models.JSONField(default=dict)
    type = models.CharField(max_length=32, blank=True)
    availability_zone = models.CharField(max_length=32, blank=True)
    private_ip = models.CharField(max_length=64, blank=True)
    public_ip = models.CharField(max_length=64, blank=True)
    launched_at = models.DateTimeField(null=True)
    flags = models.JSONField(default=dict)
    observed_state = models.CharField(max_length=16, choices=Observed, default=Observed.UNKNOWN)
    observed_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField(null=True)
    state_reason = models.TextField(blank=True)
    checks = models.CharField(max_length=20, blank=True)
    transition = models.CharField(max_length=16, blank=True)
    transition_operation = models.BigIntegerField(null=True)
    transition_since = models.DateTimeField(null=True)
    protected = models.BooleanField(default=False)
    missing_since = models.DateTimeField(null=True)
    stuck_since = models.DateTimeField(null=True)
    doubted_until = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    planned = models.JSONField(default=list, db_default=[])
    metrics_wanted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["region", "instance_id"], name="instance_once")
        ]
        indexes: ClassVar = [
            models.Index(
                F("region"),
                name="server_in_transition",
                condition=~Q(transition="")
                | Q(observed_state__in=["pending", "stopping", "shutting-down"])
                | Q(doubted_until__isnull=False),
            ),
            models.Index(
                "metrics_wanted_at",
                name="server_metrics_wanted",
                condition=Q(metrics_wanted_at__isnull=False),
            ),
            models.Index(fields=["workspace", "name"], name="server_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.instance_id


class Observation(models.Model):
    """One change we saw. `asked_at` is the moment before the question was sent to EC2.

    `cause` says whether one of our operations explains it, `actor` what EC2 tells of who did it. For a change
    from outside `reaction` is what a schedule answered. `operation` and `schedule` are bare ids: those tables
    stand above this one.
    """

    class Cause(models.TextChoices):
        UNKNOWN = "unknown"
        OURS = "ours"
        OUTSIDE = "outside"

    class Actor(models.TextChoices):
        """Who did it, as far as EC2's StateReason tells."""

        UNKNOWN = "unknown"
        API = "api"
        INSIDE = "inside"
        AWS = "aws"
        SPOT = "spot"

    class Reaction(models.TextChoices):
        NONE = ""
        RESPECTED = "respected"
        PUT_BACK = "put_back"
        ALERTED = "alerted"
        HELD = "held"
        SPARED = "spared"
        GIVEN_UP = "given_up"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="observations")
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    reason = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.UNKNOWN, db_default="unknown")
    actor = models.CharField(max_length=8, choices=Actor, default=Actor.UNKNOWN, db_default="unknown")
    operation = models.BigIntegerField(null=True)
    schedule = models.BigIntegerField(null=True)
    reaction = models.CharField(max_length=12, choices=Reaction, blank=True, db_default="")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["server", "-asked_at"], name="observation_of_server"),
            models.Index(
                fields=["workspace", "-asked_at"], name="observation_outside", condition=Q(cause="outside")
            ),
            models.Index(
                F("server"),
                name="observation_alert",
                condition=Q(reaction__in=["alerted", "given_up"], acknowledged_at__isnull=True),
            ),
        ]


class MetricSample(models.Model):
    """CloudWatch data points of one server and metric; arrays because they are always read together."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="samples")
    name = models.CharField(max_length=64)
    unit = models.CharField(max_length=32)
    moments = ArrayField(models.DateTimeField(), default=list)
    values = ArrayField(models.FloatField(), default=list)
    asked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["server", "name"], name="series_once")]
