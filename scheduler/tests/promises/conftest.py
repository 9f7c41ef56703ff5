"""A stage on which promises are kept: timetables as people write them, outages, and what is left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from scheduler import fire, hands, send, sweep
from scheduler.tests.acting import look_now
from scheduler.tests.conftest import ACCOUNT, REGION, Time, WorldEc2
from shared import broker
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.operations.states import OPEN
from shared.people.models import Workspace
from shared.schedules import services
from shared.schedules.checks import RuleText
from shared.schedules.models import Rule, Schedule
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText
from simulator.instances import Instance, View
from simulator.settings import PROFILES
from simulator.world import World

# Seconds between two turns of everything, and how many turns an action may take: a reboot whose dip fell
# between two looks is given up after five minutes.
TURN, TURNS = 4.0, 90


@dataclass
class Stage:
    """The scheduler's hands, moved by the test; a time that passes without them is an outage."""

    workspace: Workspace
    region: Region
    time: Time
    ec2: WorldEc2

    def plan(self, name: str, text: str, *servers: Server, **fields: Any) -> Schedule:
        """A schedule as one might write it down: "mon-fri 08:00-20:00; sat 10:00-14:00" are windows, and
        "stop 0 20 * * *; start 2026-12-24T07:00" single actions."""
        return self.draft(name, *servers, **{"timezone": "UTC"} | timetable(text) | fields)

    def draft(self, name: str, *servers: Server, **fields: Any) -> Schedule:
        draft = Draft(name=name, servers=[each.id for each in servers], **fields)
        return services.create(draft, workspace=self.workspace, author=None, now=self.time.moment)

    def new_world(self, state: str) -> Server:
        """Nothing has been asked of EC2 yet; its only server, in this state."""
        self.ec2.world, self.ec2.calls = World(settings=PROFILES["demo"], seed=1, clock=self.time), []
        instance = Instance("i-00000000000000001", ACCOUNT, REGION, f"{REGION}a", tags={"Name": "test1"})
        instance.timeline = [(0.0, View(state, 0.0, checks="ok"))]
        self.ec2.world.add(instance)
        return Server.objects.create(
            workspace=self.workspace,
            region=self.region,
            instance_id=instance.instance_id,
            name="test1",
            observed_state=state,
            observed_at=self.time.moment,
        )

    def at(self, moment: str) -> None:
        """Nobody does anything until that moment (UTC)."""
        self.time.moment = datetime.fromisoformat(f"{moment}+00:00")
        self.time.write()

    def turn(self) -> None:
        """Everything that is to be done now, once."""
        fire.act(self.time.moment)
        for region, action in send.due_groups(self.time.moment):
            send.drain(region, action)
        look_now(self.region)
        sweep.sweep()

    def settle(self) -> None:
        """Go on until everything has ended."""
        for _ in range(TURNS):
            self.turn()
            if not Operation.objects.filter(state__in=[state.value for state in OPEN]).exists():
                return
            self.time.forward(TURN)
        raise AssertionError(f"still open: {self.rows()}")

    def live(self, until: str) -> None:
        """The scheduler is there all the time, and does what comes due until that moment."""
        end = datetime.fromisoformat(f"{until}+00:00")
        while coming := Rule.objects.filter(next_run_at__lte=end).order_by("next_run_at").first():
            assert coming.next_run_at is not None
            self.at(f"{max(coming.next_run_at, self.time.moment):%Y-%m-%d %H:%M:%S}")
            self.settle()
        if end > self.time.moment:
            self.at(until)

    def rows(self) -> list[str]:
        """Every operation of a rule by its moment (UTC): "Office stop Mon 20:00 done", or why it was not."""
        found = Operation.objects.filter(origin="rule").order_by("due_at", "action", "id")
        return [
            f"{row.snapshot['schedule']} {row.action} {row.due_at:%a %H:%M} {outcome(row)}" for row in found
        ]

    def calls(self, server: Server) -> int:
        """How often EC2 was asked to do something with it."""
        return sum(server.instance_id in ids for _, ids in self.ec2.calls)

    def truth(self, server: Server) -> str:
        """What EC2 knows of it."""
        instance = self.ec2.world.instance(server.instance_id)
        assert instance is not None
        return instance.view(self.time()).state


def outcome(row: Operation) -> str:
    """`done` where the end was seen, `there` where there was nothing to do, else the reason."""
    if row.reason == "already_in_state":
        return "there"
    return "done" if row.state == "succeeded" else row.reason


def timetable(text: str) -> dict[str, Any]:
    parts = [part.strip() for part in text.split(";")]
    if parts[0].split()[0] in ("start", "stop", "reboot"):
        return {"rules": [rule(part) for part in parts]}
    return {"windows": [window(part) for part in parts]}


def rule(text: str) -> RuleText:
    action, when = text.split(maxsplit=1)
    return RuleText(action, at=when) if "T" in when else RuleText(action, cron=when)


def window(text: str) -> WindowText:
    days, span = text.split()
    start, to = span.split("-")
    return WindowText(weekdays(days), start, to)


def weekdays(text: str) -> tuple[str, ...]:
    """mon,wed or mon-fri."""
    if "-" not in text:
        return tuple(text.split(","))
    first, last = (DAYS.index(day) for day in text.split("-"))
    return DAYS[first : last + 1]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let rules be judged in batches of so many, and what may be sent go at once, before the next batch."""

    def heard(name: str, **ids: Any) -> None:
        if name == broker.DRAIN_REGION:
            send.drain(**ids)

    def make(batch: int) -> None:
        monkeypatch.setattr(fire, "BATCH", batch)
        monkeypatch.setattr(hands, "soon", heard)

    return make


@pytest.fixture
def stage(workspace: Workspace, region: Region, time: Time, ec2: WorldEc2) -> Stage:
    return Stage(workspace, region, time, ec2)
