"""What an answer means for the servers we know."""

import pytest

from scheduler.ec2.gateway import SeenServer
from scheduler.inventory import Details, Difference, details, difference

ONE = SeenServer("i-1", "running", name="one", tags={"Name": "one"}, flags={"root_device_type": "ebs"})
KNOWN = {"i-1": details(ONE)}


def test_what_is_as_we_know_it_makes_no_difference() -> None:
    assert difference([ONE], known=KNOWN) == Difference((), (), frozenset())


def test_a_state_is_no_detail() -> None:
    stopped = SeenServer(
        "i-1", "stopped", name="one", tags={"Name": "one"}, flags={"root_device_type": "ebs"}
    )
    assert difference([stopped], known=KNOWN) == Difference((), (), frozenset())


@pytest.mark.parametrize(
    "changes",
    [{"name": "two"}, {"tags": {}}, {"type": "t3.nano"}, {"public_ip": "192.0.2.1"}, {"flags": {"asg": "x"}}],
)
def test_every_other_detail_makes_a_server_changed(changes: dict[str, object]) -> None:
    now = SeenServer("i-1", "running", **{**details(ONE).columns(), **changes})
    assert difference([now], known=KNOWN).changed == (now,)


def test_new_ones_are_added_and_absent_ones_gone() -> None:
    new = SeenServer("i-2", "stopped")
    assert difference([new], known=KNOWN) == Difference((new,), (), frozenset({"i-1"}))


@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_an_instance_that_ended_before_we_saw_it_is_left_out(state: str) -> None:
    assert difference([SeenServer("i-2", state)], known={}) == Difference((), (), frozenset())
    assert difference([SeenServer("i-1", state)], known={"i-1": Details()}).gone == frozenset()
