"""The reading calls: which servers a describe shows, filtered and cut into pages.

Rules and limits: the EC2 API reference of these actions, and "Filtering" in the EC2 user guide.
Must not know XML.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from simulator import errors
from simulator.calls import Caller
from simulator.errors import AwsError
from simulator.instances import STATE_CODES, Instance, View
from simulator.world import World

MOST_STATUS_IDS = 100
_MOST_FILTER_VALUES = 200
_PAGE_SIZES = range(5, 1001)
_TOKEN = re.compile(r"after:(\d+)")
Filter = tuple[str, Sequence[str]]
Row = tuple[Instance, View]
Fields = Mapping[str, Callable[[Instance, View], str]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a describe asks for. Empty `ids` means all."""

    ids: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    max_results: int | None = None
    token: str | None = None
    dry_run: bool = False
    all_states: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    token: str | None


def instances(world: World, caller: Caller, question: Question) -> Page:
    """DescribeInstances; pages count servers, not reservations."""
    if question.ids and question.max_results is not None:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    return _read(world, caller, question, action="DescribeInstances", fields=_INSTANCE_FIELDS)


def statuses(world: World, caller: Caller, question: Question) -> Page:
    """DescribeInstanceStatus; only running servers unless `all_states`."""
    if question.ids and question.max_results is not None:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    if len(question.ids) > MOST_STATUS_IDS:
        text = f"The number of instance IDs ({len(question.ids)}) exceeds the maximum of {MOST_STATUS_IDS}."
        raise AwsError("InvalidParameterValue", text)
    if not question.all_states:
        question = _with_filter(question, ("instance-state-name", ["running"]))
    return _read(world, caller, question, action="DescribeInstanceStatus", fields=_STATUS_FIELDS)


def attribute(world: World, caller: Caller, instance_id: str, *, dry_run: bool = False) -> Instance:
    """The server whose attribute DescribeInstanceAttribute shows."""
    call = caller.asks("DescribeInstanceAttribute", world.clock(), ids=[instance_id])
    world.admit(call, caller)
    found = world.find(call)
    if dry_run:
        raise errors.dry_run()
    return found[0]


def _no_ids_in_pages(question: Question) -> None:
    if question.ids and question.max_results is not None:
        text = "The parameter instancesSet cannot be used with the parameter maxResults"
        raise AwsError("InvalidParameterCombination", text)


def _read(world: World, caller: Caller, question: Question, *, action: str, fields: Fields) -> Page:
    call = caller.asks(action, world.clock(), ids=question.ids)
    narrowed = question.ids or question.filters or question.max_results or question.token
    world.admit(call, caller, bucket=action if narrowed else f"{action} unpaged")
    found = world.find(call) if question.ids else world.visible(call)
    tests = [_test(name, values, fields) for name, values in _checked(question.filters)]
    after, size = _place(question)
    if question.dry_run:
        raise errors.dry_run()
    rows = ((it, it.view(world.seen_at(it, call))) for it in found if it.index > after)
    return _page([row for row in rows if all(test(*row) for test in tests)], size)


def _with_filter(question: Question, extra: Filter) -> Question:
    return replace(question, filters=[*question.filters, extra])


def _page(rows: list[Row], size: int | None) -> Page:
    if size is None or len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1][0].index
    return Page(rows[:size], urlsafe_b64encode(f"after:{last}".encode()).decode())


def _place(question: Question) -> tuple[int, int | None]:
    size = question.max_results
    if size is not None and size not in _PAGE_SIZES:
        raise errors.invalid_value(size, parameter="maxResults", hint="Expecting a value between 5 and 1000.")
    if not question.token:
        return 0, size
    try:
        place = _TOKEN.fullmatch(urlsafe_b64decode(question.token.encode()).decode())
    except ValueError:
        place = None
    if place is None:
        raise AwsError("InvalidNextToken", "The specified NextToken is not valid.")
    return int(place[1]), size


def _checked(filters: Sequence[Filter]) -> Sequence[Filter]:
    if sum(len(values) for _, values in filters) > _MOST_FILTER_VALUES:
        text = f"The maximum number of filter values specified on a single call is {_MOST_FILTER_VALUES}"
        raise AwsError("FilterLimitExceeded", text)
    return filters


def _test(name: str, values: Sequence[str], fields: Fields) -> Callable[[Instance, View], bool]:
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


def check_status(view: View) -> str:
    """The value both status checks show for a view."""
    return view.checks if view.state == "running" else "not-applicable"


_INSTANCE_FIELDS: Fields = {
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
_STATUS_FIELDS: Fields = {
    "availability-zone": lambda i, _: i.zone,
    "instance-state-name": lambda _, v: v.state,
    "instance-state-code": lambda _, v: str(STATE_CODES[v.state]),
    "instance-status.status": lambda _, v: check_status(v),
    "system-status.status": lambda _, v: check_status(v),
}
