"""The filters of the describes: a name and values into a test of one server.

Rules: "Filtering" in the EC2 user guide; the names: the EC2 API reference of the two describes.
Must not know pages or XML.
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from simulator.errors import AwsError
from simulator.instances import STATE_CODES, Instance, View, check_status

_MOST_VALUES = 200
Filter = tuple[str, Sequence[str]]
Test = Callable[[Instance, View], bool]
Fields = Mapping[str, Callable[[Instance, View], str]]


def tests(filters: Sequence[Filter], fields: Fields) -> list[Test]:
    """One test for each filter, all of which must hold. AwsError for too many values or an unknown name."""
    if sum(len(values) for _, values in filters) > _MOST_VALUES:
        text = f"The maximum number of filter values specified on a single call is {_MOST_VALUES}"
        raise AwsError("FilterLimitExceeded", text)
    return [_test(name, values, fields) for name, values in filters]


def _test(name: str, values: Sequence[str], fields: Fields) -> Test:
    if name == "tag-key":
        return lambda instance, _: any(_like(key, values) for key in instance.tags)
    if name.startswith("tag:"):
        key = name[4:]
        return lambda instance, _: key in instance.tags and _like(instance.tags[key], values)
    if name not in fields:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    field, exact = fields[name], frozenset(values)
    if not any(mark in value for value in values for mark in "*?"):
        return lambda instance, view: field(instance, view) in exact
    return lambda instance, view: _like(field(instance, view), values)


def _like(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


INSTANCE_FIELDS: Fields = {
    "instance-id": lambda i, _: i.instance_id,
    "instance-state-name": lambda _, v: v.state,
    "instance-state-code": lambda _, v: str(STATE_CODES[v.state]),
    "instance-type": lambda i, _: i.kind,
    "availability-zone": lambda i, _: i.zone,
    "instance-lifecycle": lambda i, _: i.lifecycle or "",
    "root-device-type": lambda i, _: i.root_device,
    "private-ip-address": lambda i, _: i.private_ip,
    "ip-address": lambda _, v: v.public_ip or "",
    "owner-id": lambda i, _: i.account,
}
STATUS_FIELDS: Fields = {
    "availability-zone": lambda i, _: i.zone,
    "instance-state-name": lambda _, v: v.state,
    "instance-state-code": lambda _, v: str(STATE_CODES[v.state]),
    "instance-status.status": lambda _, v: check_status(v),
    "system-status.status": lambda _, v: check_status(v),
}
