"""EC2 at its most contrary: what each trouble the simulator can play comes to, with a bystander beside it.

The ends are those that docs/concepts/when-it-goes-wrong.md promises.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from scheduler import send, sweep
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Account, Observation, Region, Server
from shared.operations.models import Operation
from simulator.instances import Instance
from simulator.settings import changed
from simulator.world import World

OTHER = "444455556666"
LONG = 45


@dataclass(frozen=True)
class Stage:
    """Where it is played. `instance` is the one in trouble."""

    world: World
    ec2: WorldEc2
    instance: Instance
    time: Time

    def fault(self, kind: str, **more: object) -> None:
        self.world.faults.add({"kind": kind, **more}, now=self.time())

    def turn(self, **settings: object) -> None:
        self.world.settle(changed(self.world.settings, settings))

    def set(self, **properties: object) -> None:
        for name, value in properties.items():
            setattr(self.instance, name, value)


def nothing(_: Stage) -> None:
    """As it is."""


@dataclass(frozen=True)
class Trouble:
    """`before` prepares it, `meanwhile` happens once EC2 has accepted; `ends` and `says` are of the server in
    trouble. The bystander always gets what was asked for it."""

    name: str
    action: str
    ends: tuple[str, str]
    says: str = ""
    before: Callable[[Stage], None] = nothing
    meanwhile: Callable[[Stage], None] = nothing
    options: dict[str, Any] = field(default_factory=dict)
    alone: bool = False


def elsewhere(stage: Stage) -> None:
    stage.world.remove(stage.instance)
    stage.world.add(replace(stage.instance, account=OTHER, rendered={}))


def elsewhere_and_said_so(stage: Stage) -> None:
    stage.turn(foreign_ids="not_found")
    elsewhere(stage)


def gone_and_named_alone(stage: Stage) -> None:
    stage.turn(not_found_names="first")
    stage.world.remove(stage.instance)


def protected(stage: Stage) -> None:
    stage.turn(batch_partial="before")
    stage.set(stop_protected=True)


def interrupted(stage: Stage) -> None:
    stage.world.outside(stage.instance, "interrupt")


def tags_wanted(stage: Stage) -> None:
    stage.ec2.caller = replace(stage.ec2.caller, only_tagged=(("Name", "bystander"),))


FOREIGN = ("failed", "instance_not_found")
TROUBLES = [
    Trouble(
        "kms_denied",
        "start",
        ("failed", "failed_start"),
        "kms:CreateGrant",
        before=lambda stage: stage.set(kms_denied=True),
    ),
    Trouble(
        "hibernation_fails",
        "stop",
        ("succeeded", "stopped_without_hibernating"),
        "Client.UserInitiatedShutdown",
        before=lambda stage: stage.set(hibernation=True, hibernation_fails=True),
        options={"hibernate": True},
    ),
    Trouble(
        "stuck_start",
        "start",
        ("failed", "confirm_timeout"),
        "still starting after 10 minutes",
        before=lambda stage: stage.fault("stuck_start", instance=stage.instance.instance_id),
    ),
    Trouble(
        "interrupt",
        "start",
        ("failed", "stopped_by_aws"),
        "Server.SpotInstanceShutdown",
        before=lambda stage: stage.set(lifecycle="spot", spot_persistent=True),
        meanwhile=interrupted,
    ),
    Trouble(
        "zone_down",
        "stop",
        ("succeeded", "end_seen"),
        before=lambda stage: stage.fault("zone_down", zone=stage.instance.zone, duration=120),
    ),
    Trouble(
        "skewed",
        "stop",
        ("failed", "denied"),
        "RequestExpired",
        before=lambda stage: stage.fault("skewed"),
        alone=True,
    ),
    Trouble(
        "batch_partial",
        "stop",
        ("failed", "stop_protected"),
        "disableApiStop",
        before=protected,
    ),
    Trouble("foreign_ids absent", "stop", FOREIGN, before=elsewhere),
    Trouble(
        "foreign_ids not_found",
        "stop",
        FOREIGN,
        before=elsewhere_and_said_so,
    ),
    Trouble(
        "not_found_names first",
        "stop",
        FOREIGN,
        before=gone_and_named_alone,
    ),
    Trouble("only_tagged", "stop", ("failed", "denied"), "not authorized", before=tags_wanted),
    Trouble(
        "order_varies", "stop", ("succeeded", "end_seen"), before=lambda stage: stage.turn(order_varies=True)
    ),
]


def play(stage: Stage, region: Region, trouble: Trouble, asked: list[Operation]) -> None:
    """Half a minute at a time, until all have ended; with its grace no operation lives longer than that."""
    for turn in range(LONG):
        for _ in range(4):
            send.drain(region.id, trouble.action)
        if turn == 0:
            stage.time.forward(3)
            trouble.meanwhile(stage)
        stage.time.forward(30)
        look_now(region)
        sweep.sweep()
        if all(state(each)[0] not in ("requested", "sending", "accepted") for each in asked):
            return


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_every_trouble_ends_as_promised_and_leaves_the_bystander_alone(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    world: World,
    trouble: Trouble,
) -> None:
    begin = "stopped" if trouble.action == "start" else "running"
    bystander, server = new_server("bystander", begin), new_server("in trouble", begin)
    time.forward(20)
    instance = world.instance(server.instance_id)
    assert instance is not None
    stage = Stage(world, ec2, instance, time)
    trouble.before(stage)
    others = [] if trouble.alone else [ask(bystander, trouble.action, time)]
    mine = ask(server, trouble.action, time, options=trouble.options)
    play(stage, region, trouble, [mine, *others])
    assert state(mine) == trouble.ends
    assert trouble.says in mine.detail
    assert [state(each)[0] for each in others] == ["succeeded" for _ in others]


def test_a_clock_that_is_wrong_is_told_as_that(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "skewed"}, now=time())
    look_now(region)
    region.refresh_from_db()
    assert region.look_error_code == "denied"
    assert region.look_error.startswith("AWS finds our requests expired. Set the clock")
    assert Account.objects.get().trouble == "denied"


def test_what_aws_planned_is_shown_and_told_as_its_doing(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.plan(instance, "instance-stop", after=120)
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    assert [each["code"] for each in server.planned] == ["instance-stop"]
    for _ in range(3):
        time.forward(61)
        look_now(region)
    server.refresh_from_db()
    assert (server.observed_state, server.planned) == ("stopped", [])
    assert {each.actor for each in Observation.objects.all()} == {"aws"}
