"""A database with one account, a world of servers instead of AWS, and one clock that both obey."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from scheduler import connect as way
from scheduler import hands, look, pulse, send
from scheduler.ec2 import errors, gateway
from shared.fleet.models import Account, Region, Server
from shared.people.models import User, Workspace
from shared.schedules import ahead
from shared.schedules.models import Rule, Schedule, Target
from simulator.calls import Caller
from simulator.errors import AwsError
from simulator.instances import Instance, View
from simulator.settings import PROFILES
from simulator.world import World

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-central-1"


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
        unknown = frozenset(each for each in ids if self.world.instance(each) is None)
        if unknown:
            raise gateway.BadIds("do not exist", ids=unknown, code="InvalidInstanceID.NotFound")
        return [self.status(each) for each in self.world.everything() if each.instance_id in ids]

    def all_statuses(self, *, turned: Callable[[], None] = gateway.nothing) -> list[gateway.SeenStatus]:
        self.listen()
        self.asked.append("all_statuses")
        turned()
        return [self.status(each) for each in self.world.everything()]

    def servers(
        self, ids: Sequence[str] = (), *, turned: Callable[[], None] = gateway.nothing
    ) -> list[gateway.SeenServer]:
        self.listen()
        self.asked.append("servers")
        turned()
        found = [each for each in self.world.everything() if not ids or each.instance_id in ids]
        return [self.server(each) for each in found]

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

    def status(self, instance: Instance) -> gateway.SeenStatus:
        view = self.view(instance)
        checks = view.checks if view.state == "running" else "not-applicable"
        return gateway.SeenStatus(instance.instance_id, view.state, checks)

    def server(self, instance: Instance) -> gateway.SeenServer:
        view = self.view(instance)
        reason = view.reason.message if view.reason else ""
        return gateway.SeenServer(instance.instance_id, view.state, name=instance.name, state_reason=reason)

    def view(self, instance: Instance) -> View:
        return instance.view(self.world.clock())


def said(error: AwsError, ids: Sequence[str]) -> gateway.CloudError:
    """The world's refusal as the gateway would tell it."""
    if error.code not in errors.CODES:
        return gateway.Unanswered(error.message, code=error.code)
    named = errors.named(error.message, ids)
    return errors.CODES[error.code](error.message, ids=named, code=error.code)


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
