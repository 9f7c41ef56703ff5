"""The log an operator follows: the exact words of each execution, and nothing that is not true."""

import logging
from collections.abc import Callable, Iterator

import pytest

from scheduler import fire, look, send, story
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server
from shared.logs import LIMIT, HumanFormatter, Spared
from shared.operations.models import Operation, Step
from shared.people.models import User
from shared.schedules.models import Schedule
from simulator.world import World

New = Callable[..., Schedule]


class Reader(logging.Handler):
    """What people would read, one entry a write."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(HumanFormatter())
        self.addFilter(Spared())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Reader]:
    reader, logger = Reader(), logging.getLogger("cloudevy")
    logger.addHandler(reader)
    yield reader
    logger.removeHandler(reader)


@pytest.fixture
def committed(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> Callable[[Callable[[], object]], None]:
    """Run something and what it left for after the commit."""

    def run(work: Callable[[], object]) -> None:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            work()

    return run


def looked(region: Region) -> None:
    Region.objects.filter(id=region.id).update(next_look_at=None, look_lease_until=None)
    look.look_at(region.id)


def test_a_scheduled_stop_reads_as_documented(
    time: Time, region: Region, server: Server, ec2: WorldEc2, new_schedule: New, log: Reader
) -> None:
    schedule = new_schedule("stop", server, at="2026-11-23T12:00:05", name="Nightly Shutdown")
    time.forward(5)
    fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    time.forward(31.234)
    looked(region)
    operation = Operation.objects.get()
    assert log.lines == [
        f"▶️  Executing schedule: Nightly Shutdown (ID: {schedule.id})\n"
        f'🎯 Executing: stop on server "test1" (ID: {server.id})\n'
        f"   🔑 Decrypting credentials for cloud account ID: {region.account_id}\n"
        f"   ✅ Credentials validated, region: eu-central-1\n"
        f"   Current state: running\n"
        f"   ⏹️  Stop command sent for instance {server.instance_id}\n"
        f"   📊 Database status updated to: stopping ✅",
        f'✅ Success: stop completed in 31234ms (server "test1", ID: {server.id}, operation {operation.id})',
    ]


@pytest.mark.parametrize(
    ("options", "word"),
    [({}, "stop"), ({"force": True}, "force stop"), ({"hibernate": True}, "hibernate")],
)
def test_what_was_asked_of_a_server_is_told_in_peoples_words(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    world: World,
    log: Reader,
    alice: User,
    options: dict[str, bool],
    word: str,
) -> None:
    for instance in world.everything():
        instance.hibernation = True
    Server.objects.update(stuck_since=time.moment if "force" in options else None)
    ask(server, "stop", time, options=options, author=alice)
    send.drain(region.id, "stop")
    time.forward(60)
    looked(region)
    assert f'🎯 Executing: {word} on server "test1"' in log.lines[0]
    assert f"⏹️  {word.capitalize()} command sent for instance" in log.lines[0]
    assert log.lines[1].startswith(f"✅ Success: {word} completed in ")


def test_a_hibernation_that_became_a_stop_is_not_told_as_one(
    time: Time, region: Region, server: Server, ec2: WorldEc2, log: Reader, alice: User
) -> None:
    operation = ask(server, "stop", time, options={"hibernate": True}, author=alice)
    Step.objects.create(
        workspace=server.workspace, operation=operation, at=time.moment, what="hibernate_refused"
    )
    send.drain(region.id, "stop")
    time.forward(60)
    looked(region)
    assert "🎯 Executing: hibernate on server" in log.lines[0]
    assert "⏹️  Stop command sent for instance" in log.lines[0]
    assert log.lines[1].startswith("✅ Success: stop completed in ")


@pytest.mark.parametrize(("origin", "who"), [("person", ""), ("token", "a token of ")])
def test_a_token_is_not_the_person_it_belongs_to(
    time: Time, region: Region, server: Server, ec2: WorldEc2, log: Reader, alice: User, origin: str, who: str
) -> None:
    operation = ask(server, "stop", time, author=alice)
    Operation.objects.update(origin=origin)
    send.drain(region.id, "stop")
    asked = f"▶️  Executing request of {who}{alice} (ID: {operation.request_id})"
    assert log.lines[0].splitlines()[0] == asked


def test_a_refused_stop_never_says_it_was_sent(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    new_schedule: New,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    ec2.refuse = gateway.Denied(
        "You are not authorized to perform this operation", code="UnauthorizedOperation"
    )
    time.forward(5)
    fire.claim_all(time.moment)
    committed(lambda: send.drain(region.id, "stop"))
    assert len(log.lines) == 2
    assert log.lines[0].startswith(
        '❌ Failed: stop on server "test1": AWS refused: UnauthorizedOperation: You are not'
    )
    assert log.lines[1].startswith('🔒 AWS denies stop to cloud account "dev"')


def test_what_is_skipped_says_why(
    time: Time, new_server: Callable[..., Server], ec2: WorldEc2, new_schedule: New, log: Reader
) -> None:
    server = new_server("precious")
    Server.objects.update(protected=True)
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(5)
    fire.claim_all(time.moment)
    assert len(log.lines) == 1
    assert log.lines[0].startswith('⏭️  Skipped: stop on server "precious": The server is protected')


def test_a_crowd_is_told_once_with_its_count_and_then_a_line_each(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    new_schedule: New,
    log: Reader,
) -> None:
    crowd = [new_server(f"batch-{number}") for number in range(story.MANY + 1)]
    new_schedule("stop", *crowd, at="2026-11-23T12:00:05", name="Night")
    time.forward(5)
    fire.claim_all(time.moment)
    send.drain(region.id, "stop")
    assert "🎯 Executing: stop on 21 servers" in log.lines[0]
    assert len(log.lines) == 1 + len(crowd)
    assert max(len(line.encode()) for line in log.lines) <= LIMIT


def test_an_unreadable_region_is_told_once_and_its_return_once(
    time: Time, region: Region, server: Server, ec2: WorldEc2, log: Reader
) -> None:
    ec2.refuse = gateway.Denied("You are not authorized", code="UnauthorizedOperation")
    for _ in range(3):
        looked(region)
    ec2.refuse = None
    looked(region)
    looked(region)
    assert [line.split(" ")[0] for line in log.lines] == ["⚠️", "✅"]
