"""Discovery: the list of servers follows EC2, and doubt never deletes anything."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from scheduler import discover
from scheduler.discover import discover_region, due_regions
from scheduler.ec2 import gateway
from scheduler.tests.conftest import ACCOUNT, REGION, Time, WorldEc2
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Observation, Region, Server
from shared.schedules.models import Target
from simulator.instances import Instance, View
from simulator.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def put(world: World) -> Callable[..., Instance]:
    """A new instance in the world."""

    def make(instance_id: str, name: str = "", state: str = "running") -> Instance:
        instance = Instance(instance_id, ACCOUNT, REGION, f"{REGION}a", tags={"Name": name})
        instance.timeline = [(0.0, View(state, 0.0, checks="ok"))]
        world.add(instance)
        return instance

    return make


def again(region: Region, time: Time) -> None:
    time.forward(301)
    discover_region(region.id)


def test_a_new_server_gets_a_row_and_nothing_else(
    old: Region, put: Callable[..., Instance], time: Time
) -> None:
    put("i-1", "web")
    discover_region(old.id)
    server = Server.objects.get()
    assert (server.name, server.observed_state, server.observed_at) == ("web", "running", time.moment)
    assert server.workspace == old.workspace
    assert not server.transition
    assert not Target.objects.exists()
    old.refresh_from_db()
    assert (old.discovered_at, old.discover_lease_until) == (time.moment, None)


def test_an_account_that_waits_for_its_role_is_not_asked_about(region: Region, time: Time) -> None:
    Account.objects.update(kind=Account.Kind.ROLE, external_id="made-by-us", role_arn="")
    Region.objects.update(discovered_at=None, wanted_discover_at=time.moment)
    assert due_regions(time.moment) == []
    Account.objects.update(role_arn="arn:aws:iam::111122223333:role/Cloudevy")
    assert due_regions(time.moment) == [region.id]


def test_discovering_twice_changes_nothing(old: Region, put: Callable[..., Instance], time: Time) -> None:
    put("i-1", "web")
    discover_region(old.id)
    before = Server.objects.values().get()
    again(old, time)
    assert Server.objects.values().get() == before
    assert not Observation.objects.exists()


def test_a_changed_name_and_state_are_written_down(
    old: Region, server: Server, world: World, put: Callable[..., Instance], time: Time
) -> None:
    put(server.instance_id, "renamed", "stopped")
    discover_region(old.id)
    server.refresh_from_db()
    assert (server.name, server.observed_state) == ("renamed", "stopped")
    seen = Observation.objects.get()
    assert (seen.before, seen.after, seen.asked_at) == ("running", "stopped", time.moment)


def test_a_terminated_server_is_marked_and_kept(
    old: Region, server: Server, world: World, time: Time
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    instance.timeline = [(time(), View("terminated", 0.0))]
    discover_region(old.id)
    server.refresh_from_db()
    assert server.observed_state == "terminated"


def test_an_absent_server_is_dated_once_and_cleared_when_seen_again(
    old: Region, server: Server, world: World, time: Time
) -> None:
    instance = world.instance(server.instance_id)
    assert instance is not None
    world.remove(instance)
    discover_region(old.id)
    first = time.moment
    again(old, time)
    server.refresh_from_db()
    assert server.missing_since == first
    assert server.observed_state == "running"
    world.add(instance)
    again(old, time)
    server.refresh_from_db()
    assert server.missing_since is None


def test_an_answer_that_arrives_late_replaces_nothing_newer(
    old: Region, server: Server, world: World, ec2: WorldEc2, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = ec2.servers()

    def answer(**_: object) -> list[gateway.SeenServer]:
        time.forward(20)
        Server.objects.filter(id=server.id).update(observed_state="stopped", observed_at=time.moment)
        return late

    monkeypatch.setattr(ec2, "servers", answer)
    discover_region(old.id)
    server.refresh_from_db()
    assert server.observed_state == "stopped"


def test_a_server_seen_after_the_question_is_not_missing(
    old: Region, server: Server, ec2: WorldEc2, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(**_: object) -> list[gateway.SeenServer]:
        time.forward(20)
        Server.objects.filter(id=server.id).update(observed_at=time.moment)
        return []

    monkeypatch.setattr(ec2, "servers", answer)
    discover_region(old.id)
    server.refresh_from_db()
    assert server.missing_since is None


def test_one_that_lost_its_lease_writes_nothing(
    old: Region, put: Callable[..., Instance], ec2: WorldEc2, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("i-1")
    seen = ec2.servers()

    def answer(**_: object) -> list[gateway.SeenServer]:
        other = time.forward(121) + timedelta(seconds=120)
        Region.objects.filter(id=old.id).update(discover_lease_until=other)
        return seen

    monkeypatch.setattr(ec2, "servers", answer)
    discover_region(old.id)
    assert not Server.objects.exists()
    assert Region.objects.get().discovered_at == old.discovered_at


@pytest.mark.parametrize(
    ("error", "told"), [(gateway.Denied("You may not."), 1), (gateway.Unanswered("No answer."), 0)]
)
def test_a_region_that_cannot_be_read_changes_nothing_but_its_error(
    old: Region, server: Server, ec2: WorldEc2, time: Time, error: gateway.CloudError, told: int,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    before = Server.objects.values().get()
    ec2.refuse = error
    discover_region(old.id)
    assert Server.objects.values().get() == before
    old.refresh_from_db()
    assert str(error) in old.look_error
    assert due_regions(time.moment) == []
    assert due_regions(time.forward(61)) == [old.id]
    discover_region(old.id)
    assert caplog.text.count("cannot be read") == told
    ec2.refuse = None
    again(old, time)
    old.refresh_from_db()
    assert old.look_error == ""


def test_a_credential_that_cannot_be_opened_is_trouble_too(
    old: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(_: Region) -> gateway.Ec2:
        raise CredentialUnusable

    monkeypatch.setattr(discover, "connect", unusable)
    discover_region(old.id)
    old.refresh_from_db()
    assert "Enter it again" in old.look_error


def test_only_one_worker_discovers_a_region(
    old: Region, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def answer(**_: object) -> list[gateway.SeenServer]:
        asked.append(1)
        discover_region(old.id)
        return []

    monkeypatch.setattr(ec2, "servers", answer)
    discover_region(old.id)
    discover_region(old.id)
    assert asked == [1]


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({"discovered_at": -6}, True),
        ({"discovered_at": -4}, False),
        ({"discovered_at": None}, True),
        ({"discovered_at": -4, "wanted_discover_at": -3}, True),
        ({"discovered_at": -3, "wanted_discover_at": -4}, False),
        ({"discovered_at": -6, "discover_lease_until": 1}, False),
        ({"discovered_at": -6, "discover_lease_until": -1}, True),
    ],
)
def test_due_is_what_is_wanted_or_old_and_free(
    region: Region, time: Time, changes: dict[str, int | None], is_due: bool
) -> None:
    moments = {name: None if at is None else time.moment + at * MINUTE for name, at in changes.items()}
    Region.objects.update(**moments)
    assert due_regions(time.moment) == ([region.id] if is_due else [])
    Region.objects.update(enabled=False)
    assert due_regions(time.moment) == []


def test_accounts_that_share_an_instance_id_keep_their_own_row(
    old: Region, put: Callable[..., Instance], time: Time
) -> None:
    other = Account.objects.create(workspace=old.workspace, name="other", kind=Account.Kind.KEYS)
    twin = Region.objects.create(workspace=old.workspace, account=other, name=REGION)
    put("i-1", "web")
    discover_region(old.id)
    discover_region(twin.id)
    put("i-1", "renamed")
    again(old, time)
    assert set(Server.objects.values_list("region", "name")) == {(old.id, "renamed"), (twin.id, "web")}
