"""Pruning drops what is old and ended, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from scheduler import prune
from scheduler.tests.conftest import NOON, Time
from shared.fleet.models import Observation, Server
from shared.operations.models import Operation, Step


def operation(server: Server, time: Time, *, age: timedelta, state: str) -> Operation:
    then = time.moment - age
    return Operation.objects.create(
        workspace=server.workspace,
        server=server,
        action="stop",
        origin="rule",
        state=state,
        due_at=then,
        grace_until=then,
        not_before=then,
        requested_at=then,
    )


def test_only_old_ended_operations_go(time: Time, new_server: Callable[..., Server]) -> None:
    server, other = new_server("a"), new_server("b")
    long_ago = prune.KEEP + timedelta(days=1)
    gone = operation(server, time, age=long_ago, state="succeeded")
    kept = [
        operation(server, time, age=long_ago, state="accepted"),
        operation(other, time, age=long_ago, state="requested"),
        operation(server, time, age=prune.KEEP - timedelta(days=1), state="failed"),
    ]
    prune.prune()
    assert set(Operation.objects.all()) == set(kept)
    assert gone not in kept


def test_old_observations_go(time: Time, server: Server) -> None:
    for age in (prune.KEEP + timedelta(days=1), timedelta(days=1)):
        Observation.objects.create(
            workspace=server.workspace, server=server, before="a", after="b", asked_at=time.moment - age
        )
    prune.prune()
    assert Observation.objects.count() == 1


def test_the_steps_of_an_operation_go_with_it(time: Time, new_server: Callable[..., Server]) -> None:
    server = new_server("a")
    for age in (prune.KEEP + timedelta(days=1), timedelta(days=1)):
        row = operation(server, time, age=age, state="succeeded")
        Step.objects.create(workspace=server.workspace, operation=row, at=row.due_at, what="put_off")
    prune.prune()
    assert [step.operation for step in Step.objects.all()] == [row]


@pytest.mark.parametrize(
    ("fields", "settled", "stays"),
    [
        ({"reaction": "alerted"}, False, True),
        ({"reaction": "given_up"}, False, True),
        ({"reaction": "alerted"}, True, False),
        ({"reaction": "respected"}, False, False),
        ({"reaction": "alerted", "acknowledged_at": NOON}, False, False),
    ],
)
def test_a_change_that_waits_for_a_person_stays(
    time: Time, server: Server, fields: dict[str, Any], settled: bool, stays: bool
) -> None:
    then = time.moment - prune.KEEP - timedelta(days=1)
    Observation.objects.create(
        workspace=server.workspace, server=server, before="stopped", after="running", asked_at=then, **fields
    )
    if settled:
        row = operation(server, time, age=timedelta(days=1), state="requested")
        Operation.objects.filter(id=row.id).update(state="succeeded", finished_at=time.moment)
    prune.prune()
    assert Observation.objects.exists() == stays
