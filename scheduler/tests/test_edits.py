"""Edits around a due moment: nothing vanishes, nothing is made up for, and nobody waits for ever."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from api.schedules import saving
from scheduler import fire, pauses
from scheduler.tests.conftest import Time
from shared import clock
from shared.fleet.models import Account, Region, Server
from shared.operations.models import Operation
from shared.people.models import Workspace
from shared.schedules import ahead, services
from shared.schedules.checks import RuleText
from shared.schedules.models import Rule, Schedule, Target
from shared.schedules.services import Draft

New = Callable[..., Schedule]
NewServer = Callable[..., Server]
OFTEN = "*/5 * * * *"
FIVE = timedelta(minutes=5)


def rows() -> list[tuple[str, str, str]]:
    """Every operation as (server, state, reason), oldest first."""
    found = Operation.objects.order_by("due_at", "id")
    return list(found.values_list("server__name", "state", "reason"))


def change(schedule: Schedule, time: Time, **wanted: object) -> None:
    saving.change(schedule, Draft(**wanted), revision=None, now=time.moment)  # type: ignore[arg-type]


def end(schedule: Schedule, time: Time) -> None:
    saving.delete(schedule, revision=None, now=time.moment)


def pause(schedule: Schedule, time: Time) -> None:
    saving.pause(schedule, reason="", until=None, now=time.moment)


def disable(schedule: Schedule, time: Time) -> None:
    change(schedule, time, enabled=False)


def other_rules(schedule: Schedule, time: Time) -> None:
    change(schedule, time, rules=[RuleText("start", cron="0 6 * * *")])


@pytest.mark.parametrize("edit", [end, pause, disable, other_rules])
def test_what_was_due_but_not_fired_is_on_record_after_an_edit(
    time: Time, server: Server, new_schedule: New, edit: Callable[[Schedule, Time], None]
) -> None:
    schedule = new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(8)
    edit(schedule, time)
    assert rows() == [("test1", "cancelled", "schedule_changed")]
    fire.claim_all(time.moment)
    assert len(rows()) == 1


def test_what_an_edit_finds_past_its_grace_is_too_late_and_not_cancelled(
    time: Time, server: Server, new_schedule: New
) -> None:
    schedule = new_schedule("stop", server, at="2026-11-23T12:00:05")
    time.forward(3600)
    disable(schedule, time)
    assert rows() == [("test1", "skipped", "too_late")]


def test_a_server_added_after_the_moment_is_not_acted_on_by_a_late_firing(
    time: Time, server: Server, new_server: NewServer, new_schedule: New
) -> None:
    late = new_server("late")
    schedule = new_schedule("stop", server, cron="30 * * * *")
    time.forward(1803)
    change(schedule, time, servers=[server.id, late.id])
    fire.claim_all(time.moment)
    assert rows() == [("test1", "cancelled", "schedule_changed")]
    time.forward(3600)
    fire.claim_all(time.moment)
    assert rows()[1:] == [("test1", "requested", ""), ("late", "requested", "")]


def test_a_mere_new_name_lets_the_late_firing_happen(time: Time, server: Server, new_schedule: New) -> None:
    schedule = new_schedule("stop", server, cron="30 * * * *")
    time.forward(1803)
    change(schedule, time, name="Other")
    fire.claim_all(time.moment)
    assert rows() == [("test1", "requested", "")]


def test_an_edit_after_a_pause_has_ended_is_not_retroactive(
    time: Time, server: Server, new_server: NewServer, new_schedule: New
) -> None:
    late = new_server("late")
    schedule = new_schedule("stop", server, cron="30 * * * *")
    until = time.moment + timedelta(minutes=20)
    saving.pause(schedule, reason="", until=until, now=time.moment)
    time.forward(1803)
    change(schedule, time, servers=[late.id])
    fire.act(time.moment)
    assert rows() == [("test1", "cancelled", "schedule_changed")]
    assert Schedule.objects.get().paused_at is None


def test_resuming_by_hand_after_a_pause_has_ended_loses_nothing(
    time: Time, server: Server, new_schedule: New
) -> None:
    schedule = new_schedule("stop", server, cron="30 * * * *")
    saving.pause(schedule, reason="", until=time.moment + timedelta(minutes=20), now=time.moment)
    time.forward(1803)
    saving.resume(schedule, now=time.moment)
    assert rows() == [("test1", "requested", "")]


def following(moment: datetime) -> datetime:
    """The next full five minutes."""
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0) + FIVE


@dataclass
class Expected:
    """What a timetable of every five minutes must leave behind, told moment by moment."""

    servers: list[Server]
    targets: list[Server] = field(default_factory=list)
    is_on: bool = True
    every: int = 5
    occurrences: list[tuple[datetime, int]] = field(default_factory=list)

    def pass_time(self, before: datetime, after: datetime) -> None:
        moment = following(before)
        while moment <= after:
            if self.is_on and moment.minute % self.every == 0:
                self.occurrences += [(moment, server.id) for server in self.targets]
            moment += FIVE

    def edit(self, schedule: Schedule, chance: random.Random, time: Time) -> None:
        """One edit, of the schedule and of what is expected."""
        kind = chance.choice(["servers", "rules", "enabled", "name", "timezone"])
        if kind == "servers":
            self.targets = chance.sample(self.servers, chance.randint(1, 3))
            change(schedule, time, servers=[each.id for each in self.targets])
        elif kind == "rules":
            self.every = chance.choice([5, 10])
            change(schedule, time, rules=[RuleText("stop", cron=f"*/{self.every} * * * *")])
        elif kind == "enabled":
            self.is_on = not self.is_on
            change(schedule, time, enabled=self.is_on)
        elif kind == "name":
            change(schedule, time, name=f"Night {chance.random()}")
        else:
            change(schedule, time, timezone=chance.choice(["UTC", "Europe/Berlin", "Asia/Tokyo"]))


def test_after_200_edits_around_due_moments_every_occurrence_has_one_row_and_no_old_revision_runs(
    time: Time, new_server: NewServer, new_schedule: New
) -> None:
    chance = random.Random(1)
    expected = Expected([new_server(name) for name in "abc"])
    expected.targets = expected.servers[:2]
    schedule = new_schedule("stop", *expected.targets, cron=OFTEN)
    for _ in range(200):
        before = time.moment
        time.forward((following(before) - before).total_seconds() + chance.uniform(-2, 2))
        expected.pass_time(before, time.moment)
        if chance.random() < 0.5:
            fire.claim_all(time.moment)
        expected.edit(schedule, chance, time)
        schedule.refresh_from_db()
        old = Operation.objects.filter(state="requested", revision__lt=schedule.revision)
        assert not old.exists()
    fire.claim_all(time.moment)
    found = list(Operation.objects.values_list("due_at", "server_id"))
    assert sorted(found) == sorted(expected.occurrences)


@pytest.fixture
def nightly(transactional_db: None) -> Schedule:
    """A schedule with 20 servers that fires every five minutes, on the real clock, and is due already."""
    workspace = Workspace.objects.create(name="default")
    account = Account.objects.create(workspace=workspace, name="dev")
    region = Region.objects.create(workspace=workspace, account=account, name="eu-central-1")
    schedule = Schedule.objects.create(workspace=workspace, name="Nightly", timezone="UTC")
    for number in range(20):
        server = Server.objects.create(workspace=workspace, region=region, instance_id=f"i-{number:017x}")
        Target.objects.create(workspace=workspace, schedule=schedule, server=server)
    for action in ("stop", "start"):
        rule = Rule(workspace=workspace, schedule=schedule, action=action, cron=OFTEN)
        ahead.plan(rule, after=clock.now() - timedelta(minutes=12))
        rule.save()
    return schedule


def in_threads(*works: Callable[[], object]) -> list[BaseException]:
    """Do these at once; what went wrong."""
    faults: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
        except BaseException as fault:  # noqa: BLE001  handed to the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def rewind() -> None:
    """The rules are due again, at moments that have no row yet."""
    Operation.objects.all().delete()
    for rule in Rule.objects.select_related("schedule"):
        ahead.plan(rule, after=clock.now() - timedelta(minutes=12))
        rule.save()


def test_clocks_and_edits_at_once_neither_block_each_other_for_ever_nor_make_anything_twice(
    nightly: Schedule,
) -> None:
    def edit(number: int) -> None:
        rules = [RuleText("stop", cron=OFTEN), RuleText("start", cron=f"*/{number} * * * *")]
        saving.change(nightly, Draft(rules=rules), revision=None, now=clock.now())

    for number in (6, 10, 12, 15, 20, 30):
        clocks = [lambda: fire.claim_all(clock.now())] * 3
        assert in_threads(*clocks, partial(edit, number), partial(pauses.end_due, clock.now())) == []
        found = list(Operation.objects.filter(action="stop").values_list("due_at", "server_id"))
        assert len(found) == len(set(found)) >= 40
        nightly.refresh_from_db()
        assert not Operation.objects.filter(state="requested", revision__lt=nightly.revision).exists()
        rewind()


def test_a_clock_leaves_rules_alone_that_somebody_edits(nightly: Schedule) -> None:
    with transaction.atomic():
        services.locked(nightly)
        assert in_threads(lambda: fire.claim_all(clock.now())) == []
        assert not Operation.objects.exists()
    fire.claim_all(clock.now())
    assert Operation.objects.exists()


def test_a_clock_that_finds_another_busy_leaves_it_to_the_next_tick(nightly: Schedule) -> None:
    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        fire.claim_all(clock.now())

    with transaction.atomic():
        fire.one_at_a_time()
        assert in_threads(impatient) == []
    assert not Operation.objects.exists()


def test_an_edit_gives_up_waiting_for_a_lock(nightly: Schedule) -> None:
    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        saving.pause(nightly, reason="", until=None, now=clock.now())

    with transaction.atomic():
        services.locked(nightly)
        (fault,) = in_threads(impatient)
    assert isinstance(fault, OperationalError)
