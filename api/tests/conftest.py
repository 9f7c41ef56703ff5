"""The cast: alice owns the workspace, bob may only look, charlie works elsewhere and may see nothing here."""

import itertools
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from api import knocks
from shared.clock import now
from shared.fleet.models import Account, Observation, Region, Server
from shared.operations.models import Operation
from shared.people import tokens
from shared.people.models import Membership, Role, User, Workspace
from shared.schedules.models import Rule, Skip

HOST = "127.0.0.1:8001"
numbers = itertools.count(1)


@dataclass
class Person:
    """A user with a token, and a way to call the API as them."""

    user: User
    workspace: Workspace
    token: str
    client: Client

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer to one request; `path` stands behind /api/v1/."""
        data = body if isinstance(body, bytes | str) else "" if body is None else json.dumps(body)
        headers = {"host": HOST, "authorization": f"Bearer {self.token}"} | headers
        return self.client.generic(
            method.upper(), f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: object, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def person(email: str, workspace: Workspace, role: Role) -> Person:
    user = User.objects.create_user(email)
    Membership.objects.create(workspace=workspace, user=user, role=role)
    _, token = tokens.issue(user=user, workspace=workspace, name="test", scope=Role.OWNER)
    return Person(user, workspace, token, Client(raise_request_exception=False))


@pytest.fixture
def workspace(db: None) -> Workspace:
    return Workspace.objects.create(name="default", time_zone="Europe/Berlin")


@pytest.fixture
def elsewhere(db: None) -> Workspace:
    return Workspace.objects.create(name="elsewhere")


@pytest.fixture
def alice(workspace: Workspace) -> Person:
    return person("alice@example.com", workspace, Role.OWNER)


@pytest.fixture
def bob(workspace: Workspace) -> Person:
    return person("bob@example.com", workspace, Role.VIEWER)


@pytest.fixture
def charlie(elsewhere: Workspace) -> Person:
    return person("charlie@example.com", elsewhere, Role.OWNER)


@pytest.fixture
def stranger(db: None) -> Client:
    """Somebody who is not signed in."""
    return Client(raise_request_exception=False, headers={"host": HOST})


@pytest.fixture
def moment(db: None) -> datetime:
    return now()


@pytest.fixture
def region(workspace: Workspace) -> Region:
    return make_region(workspace)


def make_region(workspace: Workspace) -> Region:
    account = Account.objects.create(
        workspace=workspace, name=f"prod {next(numbers)}", kind="keys", status="ok"
    )
    return Region.objects.create(workspace=workspace, account=account, name="eu-central-1")


def make_server(region: Region, **values: Any) -> Server:
    number = next(numbers)
    fresh = {
        "name": f"test{number}",
        "instance_id": f"i-{number:017x}",
        "observed_state": "running",
        "observed_at": now(),
    }
    return Server.objects.create(workspace=region.workspace, region=region, **fresh | values)


@pytest.fixture
def server(region: Region) -> Server:
    return make_server(region, name="test1")


@pytest.fixture
def far_server(elsewhere: Workspace) -> Server:
    """A server of charlie's."""
    return make_server(make_region(elsewhere), name="far")


def make_operation(server: Server, **values: Any) -> Operation:
    moment = now()
    fresh = {
        "action": "stop",
        "origin": "rule",
        "due_at": moment,
        "not_before": moment,
        "requested_at": moment,
        "grace_until": moment + timedelta(minutes=15),
    }
    return Operation.objects.create(workspace=server.workspace, server=server, **fresh | values)


def make_observation(server: Server, **values: Any) -> Observation:
    fresh = {"before": "running", "after": "stopped", "asked_at": now()}
    return Observation.objects.create(workspace=server.workspace, server=server, **fresh | values)


def make_skip(server: Server, schedule: dict[str, Any]) -> Skip:
    """The occurrence after the next of a schedule's first rule is skipped."""
    rule = Rule.objects.filter(schedule=schedule["id"]).earliest("id")
    coming = rule.following[0]
    where = {"server": server, "nominal": coming["nominal"], "fold": coming["fold"]}
    return Skip.objects.create(workspace=server.workspace, rule=rule, **where)


@pytest.fixture
def knocked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int | str]]]:
    """What the scheduler would have been told after the commit."""
    heard: list[tuple[str, dict[str, int | str]]] = []
    monkeypatch.setattr(knocks, "after_commit", lambda task, **ids: heard.append((task, ids)))
    return heard


@pytest.fixture
def nightly(alice: Person, server: Server) -> dict[str, Any]:
    """A saved schedule that stops the server on weekdays at half past six."""
    return schedule(alice, servers=[server.id])


@pytest.fixture
def often(alice: Person, server: Server) -> dict[str, Any]:
    """A schedule with more moments in a week than a rule keeps stored."""
    return schedule(alice, servers=[server.id], rules=[{"action": "stop", "cron": "0 */6 * * *"}])


def schedule(by: Person, **values: Any) -> dict[str, Any]:
    body = {
        "name": f"Nightly Shutdown {next(numbers)}",
        "timezone": "Europe/Berlin",
        "rules": [{"action": "stop", "cron": "30 18 * * 1-5"}],
        "servers": [],
    }
    given = {name: value for name, value in (body | values).items() if value is not None}
    answer = by.post("schedules", given)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made
