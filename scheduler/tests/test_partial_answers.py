"""An answer to a call that does not speak of every server, or speaks of others."""

from collections.abc import Callable, Sequence

import pytest

from scheduler import send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.operations.models import Operation


@pytest.fixture
def answer_about(ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """EC2 does what it is asked, and its answer speaks of these instances only."""

    def about(states: dict[str, str]) -> None:
        act = ec2.act

        def partly(action: str, ids: Sequence[str], **more: object) -> gateway.Answer:
            act(action, ids, **more)  # type: ignore[arg-type]
            return gateway.Answer("req-1", states)

        monkeypatch.setattr(ec2, "act", partly)

    return about


def test_a_server_the_answer_leaves_out_is_not_called_accepted(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    answer_about: Callable[[dict[str, str]], None],
) -> None:
    one, other = new_server("one"), new_server("other")
    operations = [ask(server, "stop", time) for server in (one, other)]
    answer_about({one.instance_id: "stopping"})
    send.drain(region.id, "stop")
    assert [state(each) for each in operations] == [("accepted", ""), ("sending", "")]
    for _ in range(5):
        time.forward(6)
        look_now(region)
    assert [state(each) for each in operations] == [("succeeded", "end_seen")] * 2


def test_a_server_nobody_asked_for_is_not_seen_in_the_answer(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    answer_about: Callable[[dict[str, str]], None],
) -> None:
    one, bystander = new_server("one"), new_server("bystander")
    operation: Operation = ask(one, "stop", time)
    answer_about({bystander.instance_id: "stopping"})
    send.drain(region.id, "stop")
    bystander.refresh_from_db()
    assert bystander.observed_state == "running"
    assert state(operation) == ("sending", "")
