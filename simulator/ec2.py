"""EC2's actions: form fields in, the body of the answer out.

Must not know connections, credentials or what the world does with a call.
"""

from collections.abc import Callable, Iterable

from simulator import describe, errors, query, xml
from simulator.calls import Caller
from simulator.describe import Question
from simulator.errors import AwsError
from simulator.identity import REGIONS
from simulator.instances import Instance
from simulator.ledger import Change
from simulator.query import Params
from simulator.world import World

Handler = Callable[[World, Caller, Params], str]


def answer(world: World, caller: Caller, params: Params) -> str:
    """The XML inside the action's response element."""
    handler = ACTIONS.get(params.get("Action", ""))
    if handler is None:
        raise unknown_action(params.get("Action"))
    return handler(world, caller, params)


def unknown_action(name: str | None) -> AwsError:
    if not name:
        return AwsError("MissingAction", "The request is missing an action or a required parameter.")
    return AwsError("InvalidAction", f"The action {name} is not valid for this web service.")


def _question(params: Params, *, all_states: bool = False) -> Question:
    return Question(
        ids=query.members(params, "InstanceId"),
        filters=query.filters(params),
        max_results=query.number(params, "MaxResults"),
        token=params.get("NextToken"),
        dry_run=query.flag(params, "DryRun"),
        all_states=all_states,
    )


def _describe_instances(world: World, caller: Caller, params: Params) -> str:
    page = describe.instances(world, caller, _question(params))
    high = int(world.settings.state_code_high)
    rows = (xml.reservation(*row, high=high) for row in page.rows)
    return xml.items("reservationSet", rows) + xml.leaf("nextToken", page.token)


def _describe_instance_status(world: World, caller: Caller, params: Params) -> str:
    question = _question(params, all_states=query.flag(params, "IncludeAllInstances"))
    page = describe.statuses(world, caller, question)
    high = int(world.settings.state_code_high)
    rows = (xml.status(*row, high=high) for row in page.rows)
    return xml.items("instanceStatusSet", rows) + xml.leaf("nextToken", page.token)


def _start_instances(world: World, caller: Caller, params: Params) -> str:
    ids = query.members(params, "InstanceId")
    return _changes(world, world.start(caller, ids, dry_run=query.flag(params, "DryRun")))


def _stop_instances(world: World, caller: Caller, params: Params) -> str:
    changes = world.stop(
        caller,
        query.members(params, "InstanceId"),
        dry_run=query.flag(params, "DryRun"),
        force=query.flag(params, "Force"),
        hibernate=query.flag(params, "Hibernate"),
    )
    return _changes(world, changes)


def _reboot_instances(world: World, caller: Caller, params: Params) -> str:
    world.reboot(caller, query.members(params, "InstanceId"), dry_run=query.flag(params, "DryRun"))
    return "<return>true</return>"


def _changes(world: World, changes: Iterable[Change]) -> str:
    high = int(world.settings.state_code_high)
    return xml.items(
        "instancesSet",
        (
            xml.leaf("instanceId", change.instance_id)
            + xml.state("currentState", change.after, high=high)
            + xml.state("previousState", change.before, high=high)
            for change in changes
        ),
    )


_ATTRIBUTES: dict[str, Callable[[Instance], object]] = {
    "disableApiStop": lambda i: i.stop_protected,
    "disableApiTermination": lambda i: i.termination_protected,
    "instanceInitiatedShutdownBehavior": lambda i: i.shutdown_behavior,
    "instanceType": lambda i: i.kind,
    "rootDeviceName": lambda i: i.root_device_name,
    "ebsOptimized": lambda _: False,
    "enaSupport": lambda _: True,
    "sourceDestCheck": lambda _: True,
}


def _describe_instance_attribute(world: World, caller: Caller, params: Params) -> str:
    name = query.required(params, "Attribute")
    if name not in _ATTRIBUTES:
        raise errors.invalid_value(name, parameter="attribute", hint=f"Known: {', '.join(_ATTRIBUTES)}.")
    instance_id = query.required(params, "InstanceId")
    found = describe.attribute(world, caller, instance_id, dry_run=query.flag(params, "DryRun"))
    value = xml.leaf("value", _ATTRIBUTES[name](found))
    return f"{xml.leaf('instanceId', instance_id)}<{name}>{value}</{name}>"


def _describe_regions(world: World, caller: Caller, params: Params) -> str:
    world.admit(caller.asks("DescribeRegions", world.clock()), caller)
    wanted = query.members(params, "RegionName")
    for name in wanted:
        if name not in REGIONS:
            raise AwsError("InvalidParameterValue", f"Invalid region provided: {name}")
    if query.flag(params, "DryRun"):
        raise errors.dry_run()
    return xml.items(
        "regionInfo",
        (
            xml.leaf("regionName", name)
            + xml.leaf("regionEndpoint", f"ec2.{name}.amazonaws.com")
            + xml.leaf("optInStatus", "opt-in-not-required")
            for name in wanted or REGIONS
        ),
    )


ACTIONS: dict[str, Handler] = {
    "DescribeInstances": _describe_instances,
    "DescribeInstanceStatus": _describe_instance_status,
    "DescribeInstanceAttribute": _describe_instance_attribute,
    "DescribeRegions": _describe_regions,
    "StartInstances": _start_instances,
    "StopInstances": _stop_instances,
    "RebootInstances": _reboot_instances,
}
