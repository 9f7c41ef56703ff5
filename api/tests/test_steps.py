"""An operation's way, step by step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.operations.steps import Asked, Moments, Step, way, written
from api.tests.conftest import Person, make_operation
from shared.fleet.models import Server
from shared.operations.models import Call
from shared.operations.models import Step as StepRow

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_columns_and_what_was_written_down_make_one_way() -> None:
    rows = [Step(at(1), "put_off", "Put off."), Step(at(3), "sent_again", "Sent again.", 7, "r-7")]
    moments = Moments(at(0), at(2), at(4), None, at(30))
    asked = Asked("stop", "person", author="alice", state="succeeded", detail="The server was seen stopped.")
    steps = way(moments, asked, rows, call=8, request_id="r-8")
    assert [step.what for step in steps] == [
        "requested",
        "put_off",
        "sending",
        "sent_again",
        "accepted",
        "ended",
    ]
    assert [(step.call, step.request_id) for step in steps[3:5]] == [(7, "r-7"), (8, "r-8")]
    assert steps[0].text == "Stop asked for by alice."
    assert steps[-1].text == "Succeeded. The server was seen stopped."


def test_at_one_moment_the_way_keeps_its_order() -> None:
    rows = [Step(at(0), "unanswered", "")]
    steps = way(
        Moments(at(0), at(0), at(0), at(0), at(0)), Asked("reboot", "rule"), rows, call=None, request_id=""
    )
    assert [step.what for step in steps] == [
        "requested",
        "sending",
        "unanswered",
        "accepted",
        "dipped",
        "ended",
    ]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (Asked("stop", "rule", schedule="Nightly"), "Stop was due by the schedule Nightly."),
        (
            Asked("stop", "enforce", schedule="N"),
            "Stop is to put the server back, as the schedule N wants.",
        ),
        (Asked("stop", "token", author="bob"), "Stop asked for with a token of bob."),
        (Asked("stop", "person"), "Stop asked for by somebody who has left."),
        (Asked("stop", "person", author="bob", options={"force": True}), "Force stop asked for by bob."),
        (Asked("stop", "person", author="bob", options={"hibernate": True}), "Hibernate asked for by bob."),
        (
            Asked("start", "person", author="bob", retry_of=3),
            "Start asked for by bob, again after operation 3.",
        ),
    ],
)
def test_the_first_step_says_who_wanted_what(asked: Asked, text: str) -> None:
    assert way(Moments(NOON, None, None, None, None), asked, [], call=None, request_id="")[0].text == text


@pytest.mark.parametrize(
    ("accepted", "request_id", "text"),
    [
        (None, "", "On its way to EC2."),
        (NOON, "", "Sent to EC2."),
        (None, "r-1", "Sent to EC2."),
    ],
    ids=["nobody knows yet", "EC2 accepted it", "EC2 refused it"],
)
def test_only_what_ec2_has_answered_is_called_sent(
    accepted: datetime | None, request_id: str, text: str
) -> None:
    moments = Moments(NOON, NOON, accepted, None, None)
    steps = way(moments, Asked("stop", "rule"), [], call=1, request_id=request_id)
    assert steps[1].text == text


def test_an_end_nobody_saw_is_not_proven_here_too() -> None:
    asked = Asked("reboot", "rule", state="unknown", detail="No sign.")
    assert way(Moments(NOON, None, None, None, NOON), asked, [], call=None, request_id="")[-1].text == (
        "Not proven. No sign."
    )


def test_a_wait_stands_before_the_sending_it_put_off() -> None:
    rows = [Step(NOON, "waited", written("waited", "No tokens."))]
    steps = way(Moments(at(-9), NOON, None, None, None), Asked("stop", "rule"), rows, call=1, request_id="")
    assert [step.text for step in steps[1:]] == ["It had to wait. No tokens.", "On its way to EC2."]


def test_a_step_nobody_has_words_for_is_told_all_the_same() -> None:
    assert written("taken_over", "by a1") == "Taken over. by a1"


@pytest.mark.django_db
def test_the_detail_tells_the_way_and_the_list_does_not(alice: Person, server: Server, moment: Any) -> None:
    call = Call.objects.create(
        workspace=server.workspace,
        region=server.region,
        action="stop",
        owner="w",
        lease_until=moment,
        sent_at=moment,
        request_id="r-1",
    )
    asked_at = moment - timedelta(seconds=2)
    ended = {"state": "failed", "detail": "EC2 refused.", "finished_at": moment}
    made = make_operation(server, **ended, requested_at=asked_at, call=call)
    row = {"workspace": server.workspace, "operation": made, "at": moment - timedelta(seconds=1)}
    StepRow.objects.create(**row, what="put_off", detail="AWS: Request limit exceeded.", call=call)
    shown = alice.get(f"operations/{made.id}").json()
    assert [step["what"] for step in shown["steps"]] == ["requested", "put_off", "ended"]
    assert (shown["steps"][1]["request_id"], shown["steps"][1]["call"]) == ("r-1", call.id)
    assert "Request limit exceeded." in shown["steps"][1]["text"]
    assert shown["steps"][-1]["text"] == "Failed. EC2 refused."
    assert "steps" not in alice.get("operations").json()["results"][0]
