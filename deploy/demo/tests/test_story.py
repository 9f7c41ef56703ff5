"""The story on stand-ins: what it is about, what breaks when, and that it can be told again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.demo import samples, story, timeline
from deploy.demo.client import Client, Json, Refused
from deploy.demo.story import Story

SERVER = {"id": 8, "name": "api-dev-1", "instance_id": "i-8"}


@dataclass
class World:
    """One server, both as the API tells it and as the simulator does."""

    status: str = "running"
    schedules: list[Json] = field(default_factory=list)
    operations: list[Json] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    moves: list[Json] = field(default_factory=list)
    lost_answers: int = 0
    away: int = 0


@dataclass(frozen=True)
class Side(Client):
    """Schedules of the API come true when somebody asks for what they did."""

    world: World = field(default_factory=World)

    def call(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        noun = urlsplit(path).path.strip("/").split("/")
        if method == "POST":
            return self.save(body)
        if noun[0] == "_sim":
            return self.truth(noun[1])
        if noun[0] == "operations":
            return {"results": self.operations(int(path.rpartition("=")[2]))}
        if noun[0] == "schedules":
            return {"results": self.world.schedules}
        return {**SERVER, "status": self.world.status}

    def save(self, body: Json) -> Json:
        number = len(self.world.schedules) + 1
        self.world.schedules.append({**body, "id": number, "sentence": body["name"]})
        if self.world.lost_answers:
            self.world.lost_answers -= 1
            raise ConnectionResetError
        return self.world.schedules[-1]

    def operations(self, schedule: int) -> list[Json]:
        """Accepted at the first question, ended at the second."""
        world = self.world
        if world.away:
            world.away -= 1
            raise Refused("away", status=503)
        rule = world.schedules[schedule - 1]["rules"][0]
        due = story.moment(world.schedules[schedule - 1])
        known = [row for row in world.operations if row["schedule"] == schedule]
        if not known:
            world.status = timeline.WAY[rule["action"]]
            at = due + timedelta(milliseconds=10)
            action = timeline.CALL[rule["action"]]
            goal = story.GOAL[rule["action"]]
            world.calls.append({"action": action, "accepted": True, "at": at.timestamp()})
            ends = {"begins_at": at.timestamp(), "ends_at": at.timestamp() + 1, "ends_as": goal}
            world.moves.append({"action": action, **ends})
            made = {
                "schedule": schedule,
                "state": "accepted",
                "origin": "rule",
                "accepted_at": at.isoformat(),
            }
            world.operations.append(made)
            return [made]
        world.status = story.GOAL[rule["action"]]
        known[0].update(state="succeeded", finished_at=(due + timedelta(seconds=2)).isoformat())
        return known

    def truth(self, what: str) -> Json:
        answers: Json = {
            "ledger": {"entries": self.world.calls},
            "times": {"transitions": self.world.moves},
            "states": {"states": [{"state": self.world.status}]},
        }
        return dict(answers[what])


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """One known server, and nothing to wait for."""
    monkeypatch.setattr(samples, "accounts", lambda _: None)
    monkeypatch.setattr(samples, "discovered", lambda _: {"api-dev-1": 8, "qa-db": 9})
    monkeypatch.setattr(story, "AHEAD", timedelta(seconds=1))
    monkeypatch.setattr("time.sleep", lambda _: None)


def tell(world: World, **options: Any) -> tuple[Story, list[str]]:
    side = Side("", world=world)
    told = Story(side, side, **options)
    return told, told.tell()


def test_both_acts_come_true_and_each_breaks_its_own_part() -> None:
    broken: list[str] = []
    breaks = {"stop": lambda: broken.append("clock"), "start": lambda: broken.append("hands")}
    told, wrong = tell(World(), breaks=breaks)
    assert wrong == []
    assert [act.action for act in told.acts] == ["stop", "start"]
    assert broken == ["clock", "hands"]


def test_one_thing_may_break_in_both_acts() -> None:
    broken: list[str] = []
    tell(World(), break_now=lambda: broken.append("api"))
    assert broken == ["api", "api"]


def test_a_server_that_is_stopped_is_started_first() -> None:
    told, wrong = tell(World(status="stopped"), server="qa-db")
    assert wrong == []
    assert [act.action for act in told.acts] == ["start", "stop"]


def test_it_can_be_told_again_on_the_same_server() -> None:
    world = World()
    for _ in range(2):
        assert tell(world)[1] == []
        for done in world.calls:
            done["at"] -= 60
        for done in world.moves:
            done["begins_at"] -= 60
    assert len({schedule["name"] for schedule in world.schedules}) == 4


def test_a_schedule_whose_saving_was_not_answered_is_not_saved_twice() -> None:
    world = World(lost_answers=1)
    assert tell(world)[1] == []
    assert len(world.schedules) == 2


def test_what_nobody_could_see_is_no_mismatch_while_the_api_was_away() -> None:
    world = World()
    told, _ = tell(world)
    act = told.acts[0]
    act.shown = [("running", act.due), ("stopped", act.due)]
    assert timeline.mismatches(act) == ["the status never showed stopping"]
    act.unheard = True
    assert timeline.mismatches(act) == []


def test_an_api_that_is_away_is_asked_again_and_remembered() -> None:
    told, wrong = tell(World(away=2))
    assert wrong == []
    assert [act.unheard for act in told.acts] == [True, False]
