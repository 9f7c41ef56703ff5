"""Who changed a server: only what an operation explains is ours."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.causes import Change, Did, actor, cause

NOW = datetime(2026, 11, 23, 19, tzinfo=UTC)


def judged(before: str, after: str, did: Did | None = None) -> str:
    return cause(Change(before, after, NOW), did).cause


def doubted(before: str, after: str, did: Did) -> datetime | None:
    return cause(Change(before, after, NOW), did).doubted_until


def ended(action: str, *, seconds: float, proven: bool = True, brought: bool = False) -> Did:
    return Did(7, action, NOW - timedelta(seconds=seconds), proven, brought)


def test_what_nothing_of_ours_explains_is_from_outside() -> None:
    assert judged("running", "stopping") == "outside"


def test_the_first_state_of_a_server_is_nobodys_doing() -> None:
    assert judged("unknown", "running") == "unknown"


@pytest.mark.parametrize(
    ("action", "before", "after", "whose"),
    [
        ("stop", "running", "stopping", "ours"),
        ("stop", "stopping", "stopped", "ours"),
        ("stop", "stopping", "running", "ours"),  # an answer that is a little old
        ("stop", "stopped", "pending", "outside"),
        ("stop", "stopping", "shutting-down", "outside"),
        ("start", "stopped", "pending", "ours"),
        ("start", "pending", "running", "ours"),
        ("start", "pending", "stopped", "ours"),  # EC2 could not start it
        ("start", "pending", "stopping", "ours"),
        ("start", "running", "stopping", "outside"),
        ("start", "running", "stopped", "outside"),
        ("reboot", "running", "stopping", "outside"),
    ],
)
def test_an_operation_under_way_explains_what_lies_on_its_way(
    action: str, before: str, after: str, whose: str
) -> None:
    found = cause(Change(before, after, NOW), Did(7, action))
    assert (found.cause, found.operation) == (whose, 7 if whose == "ours" else None)


def test_the_rest_of_the_way_is_ours_however_late_it_comes() -> None:
    timed_out = ended("stop", seconds=3600, proven=False, brought=True)
    assert judged("stopping", "stopped", timed_out) == "ours"
    assert judged("stopping", "pending", timed_out) == "outside"


def test_the_end_of_a_change_that_somebody_else_began_is_not_ours() -> None:
    assert judged("stopping", "stopped", ended("stop", seconds=3600)) == "outside"


def test_an_answer_older_than_the_end_we_saw_is_nobody_elses_doing_and_neither_is_its_correction() -> None:
    assert judged("stopped", "running", ended("stop", seconds=5)) == "ours"
    assert judged("running", "stopped", ended("stop", seconds=65, brought=True)) == "ours"


def test_what_may_be_an_old_answer_is_doubted_for_as_long_as_answers_may_be_old() -> None:
    assert doubted("stopped", "running", ended("stop", seconds=5)) == NOW + timedelta(seconds=10)
    assert doubted("stopped", "pending", ended("stop", seconds=5)) is None
    assert doubted("running", "stopped", ended("stop", seconds=5, brought=True)) is None
    assert doubted("stopping", "stopped", ended("stop", seconds=5, brought=True)) is None


def test_a_server_that_is_started_right_after_our_stop_was_started_by_another() -> None:
    assert judged("stopped", "pending", ended("stop", seconds=5)) == "outside"
    assert judged("stopped", "running", ended("stop", seconds=20)) == "outside"


@pytest.mark.parametrize("proven", [True, False])
def test_an_end_dated_later_than_the_question_explains_nothing(proven: bool) -> None:
    ahead = ended("stop", seconds=-86400, proven=proven, brought=True)
    assert judged("stopped", "running", ahead) == judged("running", "stopped", ahead) == "outside"


def test_what_was_sent_and_never_answered_may_show_its_effect_for_a_minute() -> None:
    assert judged("running", "stopping", ended("stop", seconds=50, proven=False)) == "ours"
    assert judged("running", "stopping", ended("stop", seconds=70, proven=False)) == "outside"
    assert judged("stopped", "pending", ended("stop", seconds=5, proven=False)) == "outside"


@pytest.mark.parametrize(
    ("reason", "whom"),
    [
        ("Client.InstanceInitiatedShutdown: Instance initiated shutdown", "inside"),
        ("Client.UserInitiatedShutdown: User initiated shutdown", "api"),
        ("Client.UserInitiatedHibernate: User initiated hibernate", "api"),
        ("Server.SpotInstanceShutdown: Spot instance shutdown", "spot"),
        ("Server.ScheduledStop: Stopped due to a scheduled retirement", "aws"),
        ("Server.InternalError: Internal error on launch", "aws"),
        ("Client.VolumeLimitExceeded: Volume limit exceeded", "aws"),
        ("Client.InternalError: Client error on launch", "aws"),
        ("pending", "unknown"),
        ("", "unknown"),
    ],
)
def test_ec2s_reason_names_who_did_it(reason: str, whom: str) -> None:
    assert actor(reason) == whom
