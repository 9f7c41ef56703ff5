"""Where the simulator and moto rightly differ: a question, AWS's answer with its source, moto's answer.

A row fails when the simulator leaves AWS's side, and when moto comes over to it: then the row is old.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.tests import questions as ask
from simulator.tests.clouds import Cloud, Simulated, moto
from simulator.tests.support import Running


@dataclass(frozen=True)
class Difference:
    name: str
    question: Callable[[Cloud, Any], object]
    aws: object
    moto: object
    source: str


API = "EC2 API reference, "
LIFECYCLE = "EC2 user guide, instance lifecycle"
TABLE = [
    Difference("a describe right after a stop", ask.right_after_a_stop, "stopping", "stopped", LIFECYCLE),
    Difference(
        "start while stopping", ask.start_while_stopping, "IncorrectInstanceState", "accepted", LIFECYCLE
    ),
    Difference(
        "the state a start of a running server answers",
        ask.start_of_a_running_server,
        "running",
        "pending",
        API + "StartInstances: no change",
    ),
    Difference(
        "start of a terminated server",
        ask.start_of_a_terminated_server,
        "IncorrectInstanceState",
        "accepted",
        LIFECYCLE + "; instance-scheduler-on-aws#281",
    ),
    Difference(
        "reboot of a stopped server",
        ask.reboot_of_a_stopped_server,
        "IncorrectInstanceState",
        "accepted",
        "the exact code is not documented; refusal: EC2 user guide, reboot",
    ),
    Difference(
        "status checks right after a start",
        ask.status_checks_after_a_start,
        "initializing",
        "ok",
        API + "DescribeInstanceStatus, SummaryStatus",
    ),
    Difference(
        "the launch time moves on start",
        ask.launch_time_moves_on_start,
        True,
        False,
        API + "Instance.LaunchTime: last launched",
    ),
    Difference(
        "hibernate a server not made for it",
        ask.hibernation_of_any_server,
        "UnsupportedHibernationConfiguration",
        "accepted",
        API + "StopInstances, Hibernate",
    ),
    Difference(
        "hibernate a server launched minutes ago",
        ask.hibernation_soon_after_the_launch,
        "UnsupportedOperation",
        "accepted",
        "EC2 user guide, troubleshoot hibernation: about two minutes, on Windows five",
    ),
    Difference(
        "a malformed id",
        ask.malformed_id,
        "InvalidInstanceID.Malformed",
        "InvalidInstanceID.NotFound",
        API + "error codes",
    ),
    Difference(
        "a describe names every unknown id",
        ask.all_unknown_ids_named_by_a_describe,
        True,
        False,
        "messages quoted in instance-scheduler-on-aws#76",
    ),
    Difference(
        "a page of 5 out of 12 servers",
        ask.page_of_five_out_of_twelve,
        5,
        12,
        API + "DescribeInstances, MaxResults; moto counts reservations",
    ),
    Difference(
        "statuses of 101 explicit ids",
        ask.statuses_by_101_ids,
        "InvalidParameterValue",
        "accepted",
        API + "DescribeInstanceStatus: at most 100 ids; the exact code is not documented",
    ),
    Difference(
        "explicit ids with a page size",
        ask.ids_with_page_size,
        "InvalidParameterCombination",
        "accepted",
        API + "DescribeInstanceStatus, MaxResults",
    ),
    Difference(
        "201 filter values",
        ask.more_than_200_filter_values,
        "FilterLimitExceeded",
        "accepted",
        "EC2 user guide, filtering: 200 values",
    ),
    Difference(
        "a role without its ExternalId",
        ask.role_without_its_external_id,
        "AccessDenied",
        "accepted",
        "IAM user guide, access to accounts owned by third parties",
    ),
    Difference(
        "stop of a one-time Spot server",
        ask.stop_of_a_one_time_spot_server,
        "UnsupportedOperation",
        "accepted",
        "EC2 user guide, stop a Spot Instance; cloud-custodian#8003",
    ),
    Difference(
        "a batch with one protected server: refusal, and what became of the one before it",
        ask.the_rest_of_a_batch_with_a_protected_server,
        ("OperationNotPermitted", "running"),
        ("OperationNotPermitted", "stopped"),
        "not documented for StopInstances; `batch_partial` shows either",
    ),
    Difference(
        "what stop protection says may not be",
        ask.words_for_stop_protection,
        "stopped",
        "terminated",
        "message quoted in cloud-custodian#8007",
    ),
    Difference(
        "DryRun of DescribeInstanceStatus",
        ask.dry_run_of_a_status_call,
        "DryRunOperation",
        "accepted",
        API + "DescribeInstanceStatus, DryRun",
    ),
    Difference(
        "rows for an id given twice",
        ask.one_id_twice_in_a_status_call,
        1,
        2,
        "not documented; an id names one server",
    ),
    Difference(
        "status checks in the dip of a reboot",
        ask.checks_right_after_a_reboot,
        "initializing",
        "ok",
        "community.aws#461: the checks lag and dip for minutes",
    ),
    Difference(
        "stop while pending",
        ask.a_stop_while_pending,
        "IncorrectInstanceState",
        "accepted",
        "cloud-custodian#6014; others saw it accepted: `stop_while_pending`",
    ),
    Difference(
        "a key that nobody has",
        ask.key_that_nobody_has,
        "AuthFailure",
        "accepted",
        API + "error codes, AuthFailure",
    ),
    Difference(
        "a role that does not exist",
        ask.role_that_does_not_exist,
        "AccessDenied",
        "accepted",
        "STS API reference, AssumeRole",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_simulator_answers_as_aws(simulator: Running, row: Difference) -> None:
    cloud = Simulated(simulator)
    assert row.question(cloud, cloud.client("ec2")) == row.aws, row.source


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_moto_still_answers_otherwise(row: Difference) -> None:
    with moto() as cloud:
        assert row.question(cloud, cloud.client("ec2")) == row.moto
