"""A database with one account, a world of servers instead of AWS, and one clock that both obey."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection

from scheduler import connect as way
from scheduler import discover, hands, look, pulse, send
from scheduler.ec2 import errors, gateway
from scheduler.ec2.answers import seen_server, seen_status
from shared.fleet.models import Account, Region, Server
from shared.people.models import User, Workspace
from shared.schedules import ahead
from shared.schedules.models import Rule, Schedule, Target
from simulator import describe
from simulator.calls import Caller
from simulator.describe import Question
from simulator.errors import AwsError
from simulator.instances import Instance, View, check_status
from simulator.pages import Page
from simulator.settings import PROFILES
from simulator.world import World

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-central-1"
PAGE = 1000
Seen = TypeVar("Seen", gateway.SeenStatus, gateway.SeenServer)


class Time:
    """The clock of a test: database, scheduler and world all read it; it moves only when told."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.write()

    def __call__(self) -> float:
        return self.moment.timestamp()

    def forward(self, seconds: float) -> datetime:
        self.moment += timedelta(seconds=seconds)
        self.write()
        return self.moment

    def write(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('cloudevy.now', %s, false)", [self.moment.isoformat()])


class WorldEc2:
    """The gateway on top of the world itself: EC2's rules without a network, deaf or dumb when told so."""

    def __init__(self, world: World) -> None:
        self.world, self.caller = world, Caller(ACCOUNT, REGION)
        self.refuse: gateway.CloudError | None = None
        self.silent_after = False
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.options: list[dict[str, object]] = []
        self.asked: list[str] = []

    def statuses(self, ids: Sequence[str]) -> list[gateway.SeenStatus]:
        self.listen()
        self.asked.append("statuses")
        return self.read(describe.statuses, seen_status, Question(ids=ids, all_states=True))

    def all_statuses(self, *, turned: Callable[[], None] = gateway.nothing) -> list[gateway.SeenStatus]:
        self.listen()
        self.asked.append("all_statuses")
        question = Question(max_results=PAGE, all_states=True)
        return self.read(describe.statuses, seen_status, question, turned=turned)

    def servers(
        self, ids: Sequence[str] = (), *, turned: Callable[[], None] = gateway.nothing
    ) -> list[gateway.SeenServer]:
        self.listen()
        self.asked.append("servers")
        filters = [("instance-id", list(ids))] if ids else []
        question = Question(filters=filters, max_results=PAGE)
        return self.read(describe.instances, seen_server, question, turned=turned)

    def read(
        self,
        ask: Callable[[World, Caller, Question], Page],
        seen: Callable[[Mapping[str, Any]], Seen],
        question: Question,
        *,
        turned: Callable[[], None] = gateway.nothing,
    ) -> list[Seen]:
        """Every page of a describe, told as the product tells EC2's own answer."""
        try:
            page = ask(self.world, self.caller, question)
        except AwsError as error:
            raise said(error, question.ids) from error
        turned()
        found = [seen(row(instance, view)) for instance, view in page.rows]
        if page.token is None:
            return found
        return found + self.read(ask, seen, replace(question, token=page.token), turned=turned)

    def act(
        self,
        action: str,
        ids: Sequence[str],
        *,
        call: int,
        options: dict[str, object],
        guard: Callable[[], None],
    ) -> gateway.Answer:
        guard()
        self.listen()
        self.calls.append((action, tuple(ids)))
        self.options.append(options)
        try:
            changes = getattr(self.world, action)(self.caller, ids, **options)
        except AwsError as error:
            raise said(error, ids) from error
        if self.silent_after:
            raise gateway.Unanswered("Read timeout")
        states = {} if action == "reboot" else {each.instance_id: each.after for each in changes}
        return gateway.Answer(f"req-{call}", states)

    def listen(self) -> None:
        if self.refuse:
            raise self.refuse


def row(instance: Instance, view: View) -> dict[str, Any]:
    """An instance as botocore parses it out of either describe."""
    reason = {"Code": view.reason.code, "Message": view.reason.message} if view.reason else {}
    return {
        "InstanceId": instance.instance_id,
        "InstanceState": {"Name": view.state},
        "State": {"Name": view.state},
        "InstanceStatus": {"Status": check_status(view)},
        "Events": [event(each) for each in instance.events],
        "Tags": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
        "InstanceType": instance.kind,
        "Placement": {"AvailabilityZone": instance.zone},
        "StateReason": reason,
        "RootDeviceType": instance.root_device,
        "InstanceLifecycle": instance.lifecycle,
        "Operator": {"Managed": instance.operator is not None},
        "HibernationOptions": {"Configured": instance.hibernation},
    }


def event(planned: Mapping[str, str]) -> dict[str, Any]:
    moment = datetime.fromisoformat(planned["not_before"])
    return {"Code": planned["code"], "Description": planned["description"], "NotBefore": moment}


def said(error: AwsError, ids: Sequence[str]) -> gateway.CloudError:
    """The world's refusal as the gateway tells it."""
    return errors.told(error.code, error.message, status=error.status, ids=ids)


@pytest.fixture
def time(db: None) -> Iterator[Time]:
    """Noon, 23 November 2026. The real clock comes back with the rollback."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION cloudevy_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
            "$$ SELECT current_setting('cloudevy.now')::timestamptz $$"
        )
    yield Time(NOON)
    with connection.cursor() as cursor:
        cursor.execute("RESET cloudevy.now")


@pytest.fixture
def world(time: Time) -> World:
    """A world in which starting takes 8 s, stopping 10 s and a reboot's dip lasts from 2 to 10 s after it."""
    return World(settings=PROFILES["demo"], seed=1, clock=time)


@pytest.fixture
def ec2(world: World, monkeypatch: pytest.MonkeyPatch) -> WorldEc2:
    """What the scheduler reaches when it connects, instead of AWS."""
    fake = WorldEc2(world)
    for module in (way, send, look):
        monkeypatch.setattr(module, "connect", lambda _region: fake)
    return fake


@pytest.fixture(autouse=True)
def unread_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has compared the database's clock with the machine's yet."""
    monkeypatch.setattr(pulse, "_reading", None)


@pytest.fixture(autouse=True)
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What was asked to be done soon or later; nothing of it runs by itself."""
    heard: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(hands, "soon", lambda name, **ids: heard.append((name, ids)))
    monkeypatch.setattr(hands, "later", lambda _seconds, name, **ids: heard.append((name, ids)))
    return heard


@pytest.fixture
def workspace(db: None) -> Workspace:
    return Workspace.objects.create(name="default")


@pytest.fixture
def alice(workspace: Workspace) -> User:
    return User.objects.create_user("alice@example.com", name="Alice")


@pytest.fixture
def region(workspace: Workspace, time: Time) -> Region:
    account = Account.objects.create(
        workspace=workspace, name="dev", kind=Account.Kind.KEYS, aws_account_id=ACCOUNT
    )
    return Region.objects.create(
        workspace=workspace, account=account, name=REGION, discovered_at=time.moment, next_look_at=time.moment
    )


@pytest.fixture
def new_server(region: Region, world: World, time: Time) -> Callable[..., Server]:
    """A server in the database and its instance in the world, both in the same state, seen just now."""

    def make(name: str, state: str = "running") -> Server:
        number = Server.objects.count() + 1
        instance = Instance(f"i-{number:017x}", ACCOUNT, REGION, f"{REGION}a", tags={"Name": name})
        instance.timeline = [(0.0, View(state, 0.0, checks="ok"))]
        world.add(instance)
        return Server.objects.create(
            workspace=region.workspace,
            region=region,
            instance_id=instance.instance_id,
            name=name,
            observed_state=state,
            observed_at=time.moment,
            state_since=time.moment,
            checks="ok" if state == "running" else "",
        )

    return make


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    return new_server("test1")


@pytest.fixture
def new_schedule(workspace: Workspace, time: Time) -> Callable[..., Schedule]:
    """A schedule of one rule on these servers; `at` is local time in UTC."""

    def make(action: str, *servers: Server, at: str = "", cron: str = "", **fields: object) -> Schedule:
        name = str(fields.pop("name", f"{action} {Schedule.objects.count()}"))
        schedule = Schedule.objects.create(workspace=workspace, name=name, timezone="UTC", **fields)
        rule = Rule(workspace=workspace, schedule=schedule, action=action, at=at, cron=cron)
        ahead.plan(rule, after=time.moment)
        rule.save()
        Target.objects.bulk_create(
            [Target(workspace=workspace, schedule=schedule, server=each) for each in servers]
        )
        return schedule

    return make


@pytest.fixture
def old(region: Region, time: Time, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch) -> Region:
    """A region whose list is older than five minutes."""
    monkeypatch.setattr(discover, "connect", lambda _region: ec2)
    time.forward(301)
    return region
