"""The reading calls: which servers a describe shows, filtered and cut into pages.

Rules and limits: the EC2 API reference of these actions. Must not know XML.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator import errors, filters, pages
from simulator.calls import Call, Caller
from simulator.errors import AwsError
from simulator.filters import Fields, Filter
from simulator.instances import Instance
from simulator.pages import Page, Place
from simulator.world import World

MOST_STATUS_IDS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What a describe asks for. Empty `ids` means all."""

    ids: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    max_results: int | None = None
    token: str | None = None
    dry_run: bool = False
    all_states: bool = False


def instances(world: World, caller: Caller, question: Question) -> Page:
    """DescribeInstances; pages count servers, not reservations."""
    _no_ids_in_pages(question)
    return _read(world, caller, question, action="DescribeInstances", fields=filters.INSTANCE_FIELDS)


def statuses(world: World, caller: Caller, question: Question) -> Page:
    """DescribeInstanceStatus; only running servers unless `all_states`."""
    _no_ids_in_pages(question)
    if len(question.ids) > MOST_STATUS_IDS:
        text = f"The number of instance IDs ({len(question.ids)}) exceeds the maximum of {MOST_STATUS_IDS}."
        raise AwsError("InvalidParameterValue", text)
    if not question.all_states:
        question = replace(question, filters=[*question.filters, ("instance-state-name", ["running"])])
    return _read(world, caller, question, action="DescribeInstanceStatus", fields=filters.STATUS_FIELDS)


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
    found = world.find(call, foreign_is_absent=True) if question.ids else world.visible(call)
    tests = filters.tests(question.filters, fields)
    where = pages.place(question.token, question.max_results)
    if question.dry_run:
        raise errors.dry_run()
    rows = ((it, it.view(world.seen_at(it, call))) for it in found if it.index > where.after)
    page = pages.cut([row for row in rows if all(test(*row) for test in tests)], where)
    if world.faults.exist:
        page = _bent(world, page, where, call)
    if world.settings.order_varies:
        world.order.shuffle(page.rows)
    return page


def _bent(world: World, page: Page, where: Place, call: Call) -> Page:
    """The page as scripted faults let the caller have it."""
    if not where.again and world.meets("duplicate_pages", call):
        page = pages.twice(page, where)
    elif not where.again and world.meets("empty_pages", call):
        page = pages.empty(page, where)
    told = ((world.told_as(it, call), it, view) for it, view in page.rows)
    rows = [(other, view if other is it else other.view(call.at)) for other, it, view in told if other]
    return Page(rows, page.token)
