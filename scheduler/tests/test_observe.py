"""The ledger of changes: what changed, since when, whose doing it was, and what EC2 says of it."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from time import sleep

import pytest
from django.db import connection, transaction

from scheduler import discover, look, send
from scheduler.ec2 import gateway
from scheduler.observe import Sight, observe
from scheduler.tests.acting import ask, look_now, state
from scheduler.tests.conftest import Time, WorldEc2
from shared import clock
from shared.fleet.models import Account, Observation, Region, Server
from shared.people.models import Workspace
from simulator.world import World


@pytest.fixture
def elsewhere(world: World) -> Callable[..., None]:
    """Somebody else does this to a server."""

    def act(server: Server, action: str) -> None:
        instance = world.instance(server.instance_id)
        assert instance is not None
        world.outside(instance, action)

    return act


def ledger() -> list[tuple[str, str, str]]:
    rows = Observation.objects.order_by("asked_at", "id")
    return [(row.before, row.after, row.cause) for row in rows]


def test_our_own_stop_is_ours_from_its_first_step_to_its_last(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(30)
    look_now(region)
    assert ledger() == [("running", "stopping", "ours"), ("stopping", "stopped", "ours")]
    assert set(Observation.objects.values_list("operation", flat=True)) == {operation.id}


def test_a_stop_that_ends_after_we_stopped_waiting_is_still_ours(
    time: Time, region: Region, server: Server, ec2: WorldEc2, world: World
) -> None:
    world.faults.add({"kind": "stuck"}, now=time())
    operation = ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(1300)
    look_now(region)
    assert state(operation) == ("failed", "confirm_timeout")
    time.forward(60)
    observe(region, [Sight(server.instance_id, "stopped", "", time.moment)], asked_at=time.moment)
    assert ledger()[-1] == ("stopping", "stopped", "ours")


def test_an_outside_stop_is_dated_and_says_who_did_it(
    time: Time, region: Region, server: Server, ec2: WorldEc2, elsewhere: Callable[..., None]
) -> None:
    elsewhere(server, "shutdown")
    time.forward(60)
    look_now(region)
    server.refresh_from_db()
    seen = Observation.objects.latest("id")
    assert (seen.cause, seen.actor, seen.operation) == ("outside", "inside", None)
    assert seen.reason.startswith("Client.InstanceInitiatedShutdown")
    assert (server.state_reason, server.state_since) == (seen.reason, time.moment)


def test_ec2_is_asked_once_for_a_change_that_has_two_steps(
    time: Time, region: Region, server: Server, ec2: WorldEc2, elsewhere: Callable[..., None]
) -> None:
    elsewhere(server, "stop")
    time.forward(1)
    look_now(region)
    time.forward(60)
    look_now(region)
    assert [row.actor for row in Observation.objects.all()] == ["api", "api"]
    assert ec2.asked.count("servers") == 1


def test_many_changes_of_one_look_are_explained_with_one_question(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    elsewhere: Callable[..., None],
) -> None:
    for number in range(5):
        elsewhere(new_server(f"s{number}"), "stop")
    time.forward(60)
    look_now(region)
    assert ec2.asked.count("servers") == 1
    assert set(Observation.objects.values_list("actor", flat=True)) == {"api"}


def test_an_explanation_that_fails_costs_nothing_and_the_next_list_brings_it(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    elsewhere: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> list[gateway.SeenServer]:
        raise gateway.Throttled("Request limit exceeded.")

    elsewhere(server, "stop")
    time.forward(60)
    with monkeypatch.context() as deaf:
        deaf.setattr(ec2, "servers", refuse)
        look_now(region)
    seen = Observation.objects.get()
    assert (seen.after, seen.actor, seen.reason) == ("stopped", "unknown", "")
    monkeypatch.setattr(discover, "connect", lambda _region: ec2)
    time.forward(300)
    discover.discover_region(region.id)
    seen.refresh_from_db()
    assert (seen.actor, seen.reason[:7]) == ("api", "Client.")


def test_a_start_that_fell_back_was_ours_and_ec2s_reason_says_so(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2, world: World
) -> None:
    server = new_server("off", "stopped")
    time.forward(60)
    ask(server, "start", time)
    world.faults.add({"kind": "failed_start"}, now=time())
    send.drain(region.id, "start")
    time.forward(30)
    look_now(region)
    seen = Observation.objects.latest("id")
    assert (seen.before, seen.after, seen.cause, seen.actor) == ("pending", "stopped", "ours", "aws")


@pytest.fixture
def just_stopped(time: Time, region: Region, server: Server, ec2: WorldEc2) -> Server:
    """By us, and seen so."""
    ask(server, "stop", time)
    send.drain(region.id, "stop")
    time.forward(30)
    look_now(region)
    return server


def sees(region: Region, server: Server, state: str, time: Time, *, after: float) -> list[Observation]:
    moment = time.forward(after)
    return observe(region, [Sight(server.instance_id, state, "", moment)], asked_at=moment)


def test_what_another_did_right_after_our_stop_is_his_when_it_lasts(
    time: Time, region: Region, just_stopped: Server
) -> None:
    assert [row.cause for row in sees(region, just_stopped, "running", time, after=3)] == ["ours"]
    assert sees(region, just_stopped, "running", time, after=11.9) == []
    late = sees(region, just_stopped, "running", time, after=0.2)
    assert [(row.before, row.after, row.cause, row.operation) for row in late] == [
        ("stopped", "running", "outside", None)
    ]
    assert ledger()[-1] == ("stopped", "running", "outside")
    assert sees(region, just_stopped, "running", time, after=1) == []
    assert sees(region, just_stopped, "stopped", time, after=1)[0].cause == "outside"


def test_an_old_answer_that_is_corrected_is_nobody_elses_change(
    time: Time, region: Region, just_stopped: Server
) -> None:
    sees(region, just_stopped, "running", time, after=3)
    sees(region, just_stopped, "stopped", time, after=3)
    assert sees(region, just_stopped, "stopped", time, after=60) == []
    assert {cause for _, _, cause in ledger()} == {"ours"}


def test_a_doubted_state_is_asked_for_again_within_a_second(
    time: Time, region: Region, just_stopped: Server, world: World, elsewhere: Callable[..., None]
) -> None:
    elsewhere(just_stopped, "start")
    time.forward(13)
    look_now(region)
    region.refresh_from_db()
    assert region.next_look_at is not None
    assert (region.next_look_at - time.moment).total_seconds() <= 1
    assert look.moving(region, now=time.moment) == [just_stopped.instance_id]
    time.forward(3)
    look_now(region)
    assert ledger()[-1] == ("stopped", "running", "outside")
    assert look.moving(region, now=time.moment) == []


def test_an_instance_that_comes_twice_in_an_answer_does_no_harm(
    time: Time, region: Region, server: Server, ec2: WorldEc2
) -> None:
    twice = [Sight(server.instance_id, "stopped", "", time.moment)] * 2
    assert len(observe(region, twice, asked_at=time.moment)) == 1


def test_an_answer_about_instances_nobody_asked_for_changes_only_our_servers_there(
    time: Time, region: Region, server: Server, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Region.objects.create(workspace=region.workspace, account=region.account, name="us-east-1")
    same = {"workspace": region.workspace, "instance_id": "i-elsewhere"}
    stranger = Server.objects.create(region=other, observed_state="running", **same)
    Server.objects.filter(id=server.id).update(observed_state="stopping", state_since=time.moment)
    Region.objects.filter(id=region.id).update(looked_at=time.moment)
    answer = [gateway.SeenStatus(name, "stopped") for name in ("i-elsewhere", "i-nobody")]
    monkeypatch.setattr(ec2, "statuses", lambda _ids: answer)
    time.forward(1)
    look_now(region)
    stranger.refresh_from_db()
    assert (stranger.observed_state, Server.objects.count()) == ("running", 2)


def test_a_server_left_out_of_an_answer_by_id_is_not_gone(
    time: Time, region: Region, server: Server, ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch
) -> None:
    Server.objects.filter(id=server.id).update(observed_state="stopping", state_since=time.moment)
    Region.objects.filter(id=region.id).update(looked_at=time.moment)
    monkeypatch.setattr(ec2, "statuses", lambda _ids: [])
    time.forward(1)
    look_now(region)
    server.refresh_from_db()
    assert (server.observed_state, server.missing_since) == ("stopping", None)


def test_what_another_started_gets_its_new_address_soon(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    elsewhere: Callable[..., None],
) -> None:
    elsewhere(new_server("off", "stopped"), "start")
    time.forward(60)
    look.look_at(region.id)
    region.refresh_from_db()
    assert region.wanted_discover_at == time.moment


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_waited_for_a_newer_one_is_compared_with_it() -> None:
    """On real locks: the newer look found the server unchanged, so only its region says when that was."""
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    asked_at = clock.now()
    known = {"observed_state": "stopped", "observed_at": asked_at - timedelta(seconds=9)}
    server = Server.objects.create(workspace=workspace, region=region, instance_id="i-1", **known)

    def older_answer() -> None:
        with transaction.atomic():
            observe(region, [Sight("i-1", "pending", "", asked_at)], asked_at=asked_at)
        connection.close()

    late = Thread(target=older_answer)
    with transaction.atomic():
        list(Server.objects.select_for_update(no_key=True).filter(id=server.id))
        late.start()
        wait_for_a_lock()
        Region.objects.filter(id=region.id).update(looked_at=asked_at + timedelta(milliseconds=20))
    late.join()
    server.refresh_from_db()
    assert server.observed_state == "stopped"


def wait_for_a_lock() -> None:
    """Until another connection waits for one that this one holds."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            sleep(0.02)
    raise AssertionError("nobody waits")
