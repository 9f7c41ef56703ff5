"""A request for many that EC2 refuses because of some: who goes again, how often, and what is written."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from scheduler import send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, by_rule, state
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Account, Bucket, Region, Server
from shared.operations.models import Operation, Step
from shared.schedules.models import Schedule
from simulator.settings import changed
from simulator.world import World

Tell = Callable[[Sequence[str]], gateway.CloudError | None]


class Picky(WorldEc2):
    """EC2 that refuses a request for what `objection` says of its members, and counts the requests."""

    objection: Tell
    requests: list[tuple[str, ...]]

    def act(self, action: str, ids: Sequence[str], **more: object) -> gateway.Answer:
        self.requests.append(tuple(ids))
        error = self.objection(ids)
        if error:
            raise error
        return super().act(action, ids, **more)  # type: ignore[arg-type]


@pytest.fixture
def picky(ec2: WorldEc2) -> Picky:
    ec2.__class__ = Picky
    assert isinstance(ec2, Picky)
    ec2.requests, ec2.objection = [], lambda _ids: None
    return ec2


def drain(region: Region, action: str) -> None:
    """As the knocks do: again and again, until nothing may go any more."""
    for _ in range(100):
        before = Operation.objects.filter(state="requested").count(), Step.objects.count()
        send.drain(region.id, action)
        if before == (Operation.objects.filter(state="requested").count(), Step.objects.count()):
            return
    raise AssertionError("it never ends")


def naming(bad: set[str], kind: type[gateway.Refused], code: str, text: str) -> Tell:
    """EC2 names every offender of the request."""

    def objection(ids: Sequence[str]) -> gateway.CloudError | None:
        found = frozenset(bad & set(ids))
        return kind(text, ids=found, code=code) if found else None

    return objection


def silent_on_whom(bad: set[str], kind: type[gateway.Refused], code: str) -> Tell:
    return lambda ids: kind("no", code=code) if bad & set(ids) else None


@pytest.fixture
def twenty(new_server: Callable[..., Server], time: Time) -> list[Operation]:
    return [ask(new_server(f"s{number}"), "stop", time) for number in range(20)]


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("OperationNotPermitted", "Modify its 'disableApiStop' attribute", "stop_protected"),
        ("UnsupportedOperation", "associated with a one-time Spot Instance request", "one_time_spot"),
        ("UnsupportedOperation", "does not have an 'ebs' root device type", "instance_store"),
    ],
)
def test_the_named_one_ends_for_its_own_reason_and_the_rest_goes_again_in_one_request(
    time: Time, region: Region, picky: Picky, twenty: list[Operation], code: str, text: str, reason: str
) -> None:
    bad = twenty[7]
    picky.objection = naming({bad.server.instance_id}, gateway.Impossible, code, text)
    drain(region, "stop")
    assert [len(ids) for ids in picky.requests] == [20, 19]
    assert state(bad) == ("failed", reason)
    assert {state(each) for each in twenty if each is not bad} == {("accepted", "")}
    steps = list(Step.objects.filter(operation=bad).values_list("what", "call__outcome"))
    assert steps == [("dropped", "impossible")]
    assert set(Step.objects.exclude(operation=bad).values_list("what", flat=True)) == {"sent_again"}


def test_the_named_one_that_is_not_ready_waits_and_the_rest_goes(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    bad = twenty[7]
    picky.objection = naming(
        {bad.server.instance_id}, gateway.NotNow, "IncorrectInstanceState", "not in a state"
    )
    drain(region, "stop")
    assert state(bad) == ("requested", "")
    assert bad.waiting == "refused"
    assert bad.waiting_detail == "EC2 refused for now: IncorrectInstanceState: not in a state."
    assert bad.not_before > time.moment
    assert [len(ids) for ids in picky.requests] == [20, 19]
    picky.objection = lambda _ids: None
    time.forward(15)
    drain(region, "stop")
    assert state(bad) == ("accepted", "")
    assert (bad.waiting, bad.waiting_detail) == ("", "")


def test_when_nobody_is_named_the_request_is_halved_until_the_offender_stands_alone(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    bad = twenty[7]
    picky.objection = silent_on_whom({bad.server.instance_id}, gateway.Refused, "NobodyKnowsThisOne")
    drain(region, "stop")
    assert state(bad) == ("failed", "refused")
    assert {state(each) for each in twenty if each is not bad} == {("accepted", "")}
    assert len(picky.requests) <= 2 * 5 + 1
    assert Step.objects.filter(operation=bad, what="halved").count() >= 4
    carried = [each for ids in picky.requests for each in ids if picky.objection(ids) is None]
    assert len(carried) == len(set(carried)) == 19


def test_a_person_goes_before_the_halves_of_a_refused_request(
    time: Time,
    region: Region,
    picky: Picky,
    twenty: list[Operation],
    new_server: Callable[..., Server],
    new_schedule: Callable[..., Schedule],
) -> None:
    by_rule(new_schedule("stop", cron="0 18 * * *"))
    picky.objection = silent_on_whom({twenty[7].server.instance_id}, gateway.Refused, "NobodyKnowsThisOne")
    send.drain(region.id, "stop")
    mine = ask(new_server("mine"), "stop", time)
    send.drain(region.id, "stop")
    assert picky.requests[1] == (mine.server.instance_id,)
    assert state(mine) == ("accepted", "")


def test_an_account_that_may_do_nothing_is_asked_once_and_remembered(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    text = "User: arn:aws:iam::1:user/u is not authorized to perform: ec2:StopInstances because no policy"
    picky.objection = lambda _ids: gateway.Denied(text, code="UnauthorizedOperation")
    drain(region, "stop")
    assert len(picky.requests) == 1
    assert {state(each) for each in twenty} == {("failed", "denied")}
    denied = Account.objects.get().denied["stop"]
    assert (denied["code"], denied["message"]) == ("UnauthorizedOperation", text)
    assert denied["region"] == region.name
    assert denied["since"] == denied["last"]


def test_an_account_that_may_do_nothing_costs_at_most_two_requests_a_server_when_ec2_names_one_at_a_time(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    def objection(ids: Sequence[str]) -> gateway.CloudError:
        arn = f"on resource: arn:aws:ec2:x:1:instance/{ids[0]} because no policy allows it"
        return gateway.Denied(arn, ids=frozenset(ids[:1]), code="UnauthorizedOperation")

    picky.objection = objection
    drain(region, "stop")
    assert {state(each) for each in twenty} == {("failed", "denied")}
    assert len(picky.requests) == 20
    assert sum(len(ids) for ids in picky.requests) < 20 * 6
    assert Account.objects.get().denied["stop"]["code"] == "UnauthorizedOperation"


def test_many_barred_servers_do_not_keep_the_others_from_going(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    barred = {each.server.instance_id for each in twenty[::4]}

    def objection(ids: Sequence[str]) -> gateway.CloudError | None:
        first = [each for each in ids if each in barred][:1]
        return gateway.Denied("no", ids=frozenset(first), code="UnauthorizedOperation") if first else None

    picky.objection = objection
    drain(region, "stop")
    ends = [state(each) for each in twenty]
    assert ends == [("failed", "denied") if number % 4 == 0 else ("accepted", "") for number in range(20)]
    assert len(picky.requests) - 1 <= 2 * len(barred)


def test_what_was_denied_is_forgotten_once_ec2_accepts_it_again(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    ec2.refuse = gateway.Denied("no", code="UnauthorizedOperation")
    for _ in range(2):
        ask(server, "stop", time)
        send.drain(region.id, "stop")
        time.forward(60)
    denied = Account.objects.get().denied["stop"]
    assert denied["since"] < denied["last"]
    ec2.refuse = None
    ask(server, "reboot", time)
    send.drain(region.id, "reboot")
    assert list(Account.objects.get().denied) == ["stop"]
    time.forward(600)
    Operation.objects.filter(state="accepted").update(state="unknown")
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    assert Account.objects.get().denied == {}


def test_one_denied_server_does_not_mark_its_account(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    bad = twenty[7]
    picky.objection = naming({bad.server.instance_id}, gateway.Denied, "UnauthorizedOperation", "on resource")
    drain(region, "stop")
    assert state(bad) == ("failed", "denied")
    assert [len(ids) for ids in picky.requests] == [20, 19]
    assert Account.objects.get().denied == {}


def test_without_tokens_the_halves_stay_apart(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    bad = twenty[0]
    picky.objection = silent_on_whom({bad.server.instance_id}, gateway.Refused, "NobodyKnowsThisOne")
    send.drain(region.id, "stop")
    Bucket.objects.update(requests=0, refilled_at=time.moment)
    for _ in range(2):
        send.drain(region.id, "stop")
    assert len(picky.requests) == 1
    assert "tokens" in set(Operation.objects.values_list("waiting", flat=True))
    for _ in range(20):
        time.forward(1)
        drain(region, "stop")
    assert state(bad) == ("failed", "refused")
    assert max(len(ids) for ids in picky.requests[1:]) == 10


class Counting(WorldEc2):
    """The world's own EC2, whose requests are counted."""

    requests: list[tuple[str, ...]]

    def act(self, action: str, ids: Sequence[str], **more: object) -> gateway.Answer:
        self.requests.append(tuple(ids))
        return super().act(action, ids, **more)  # type: ignore[arg-type]


@pytest.fixture
def counting(ec2: WorldEc2) -> Counting:
    ec2.__class__ = Counting
    assert isinstance(ec2, Counting)
    ec2.requests = []
    return ec2


@pytest.mark.parametrize("names", ["all", "first"])
def test_unknown_ids_cost_two_requests_each_however_many_ec2_names(
    time: Time, region: Region, counting: Counting, world: World, twenty: list[Operation], names: str
) -> None:
    world.settle(changed(world.settings, {"not_found_names": names}))
    bad = twenty[::5]
    for each in bad:
        instance = world.instance(each.server.instance_id)
        assert instance is not None
        world.remove(instance)
    for _ in range(12):
        drain(region, "stop")
        time.forward(1)
    assert {state(each) for each in bad} == {("failed", "instance_not_found")}
    assert {state(each)[0] for each in twenty if each not in bad} == {"accepted"}
    assert len(counting.requests) - 1 <= 2 * len(bad)
    good = Counter(each for ids in counting.requests for each in ids)
    assert max(good.values()) <= 1 + len(bad)


def test_who_was_sent_again_for_another_is_asked_once_more_all_the_same_when_ec2_forgets_it(
    time: Time, region: Region, picky: Picky, twenty: list[Operation]
) -> None:
    protected, forgotten = twenty[0], twenty[1]
    name = forgotten.server.instance_id
    answers: list[Tell] = [
        naming({protected.server.instance_id}, gateway.Impossible, "OperationNotPermitted", "disableApiStop"),
        naming({name}, gateway.BadIds, "InvalidInstanceID.NotFound", "does not exist"),
    ]
    picky.objection = lambda ids: answers.pop(0)(ids) if answers else None
    drain(region, "stop")
    assert state(protected) == ("failed", "stop_protected")
    assert (state(forgotten), forgotten.waiting) == (("requested", ""), "refused")
    time.forward(10)
    drain(region, "stop")
    assert state(forgotten) == ("accepted", "")
