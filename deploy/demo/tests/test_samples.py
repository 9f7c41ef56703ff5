"""The samples are made once, whatever ends the run that makes them, and never where somebody has begun."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from deploy.demo import samples
from deploy.demo.client import Client, Json

OWN = [
    (samples.FAILING, "start"),
    (samples.RESTED, "start"),
    (samples.RESTED, "stop"),
]


class Killed(BaseException):
    """As by kill -9: nothing of that run happens any more, not even what it has to do at last."""


@dataclass
class Fuse:
    """After so many changes the run is dead; `after`: the last one still took effect."""

    left: int
    after: bool = False
    burnt: bool = False

    def spend(self) -> bool:
        """True when this change still happens."""
        if self.burnt or (self.left == 0 and not self.after):
            self.burnt = True
            raise Killed
        self.left -= 1
        return self.left < 0


@dataclass
class Books:
    """What the API remembers."""

    accounts: list[Json] = field(default_factory=list)
    schedules: list[Json] = field(default_factory=list)
    operations: list[Json] = field(default_factory=list)
    profile: str = "demo"
    faults: list[Json] = field(default_factory=list)

    def add(self, rows: list[Json], row: Mapping[str, object]) -> Json:
        rows.append({"id": len(rows) + 1, **row})
        return rows[-1]


@dataclass(frozen=True)
class Api(Client):
    """The part of the public API that the samples use; operations end as soon as they are asked for."""

    books: Books = field(default_factory=Books)
    fuse: Fuse = field(default_factory=lambda: Fuse(10**6))

    def call(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        if self.fuse.burnt:
            raise Killed
        url = urlsplit(path)
        words = [word for word in url.path.split("/") if word]
        if method == "GET":
            return self.read(words, dict(parse_qsl(url.query)))
        last = self.fuse.spend()
        answer = self.change(words, dict(body or {}), headers or {})
        if last:
            self.fuse.burnt = True
            raise Killed
        return answer

    def read(self, words: list[str], query: Mapping[str, str]) -> Json:
        if words[0] == "servers":
            return {"results": self.servers()}
        rows: list[Json] = getattr(self.books, words[0])
        if len(words) > 1:
            return next(row for row in rows if row["id"] == int(words[1]))
        wanted = {"server": "server", "action": "action", "origin": "origin"}
        found = [
            row
            for row in rows
            if all(str(row.get(wanted[key])) == query[key] for key in wanted if key in query)
        ]
        if "schedule" in query:
            found = [
                row for row in found if row["schedule"] and str(row["schedule"]["id"]) == query["schedule"]
            ]
        return {"results": found}

    def servers(self) -> list[Json]:
        """Discovered as far as there are accounts to discover them by."""
        found = [
            one
            for _, account in zip(self.books.accounts, samples.fleet(), strict=False)
            for one in account["instances"]
        ]
        return [
            {"id": place, "name": one["name"], "instance_id": one["id"], "status": one["state"]}
            for place, one in enumerate(found, 1)
        ]

    def change(self, words: list[str], body: Json, headers: Mapping[str, str]) -> Json:
        match words:
            case ["accounts"]:
                assert body["name"] not in {row["name"] for row in self.books.accounts}
                return self.books.add(self.books.accounts, body)
            case ["schedules", "impact"]:
                return {"confirm": self.stopped_soon(body)}
            case ["schedules", *rest]:
                return self.schedule(rest, body, headers)
            case ["operations"]:
                return {"operations": [self.run(server, body["action"]) for server in body["servers"]]}
            case ["_sim", "settings"]:
                self.books.profile = body["profile"]
            case ["_sim", "faults"]:
                self.books.faults = [*self.books.faults, body] if body else []
        return {}

    def stopped_soon(self, body: Json) -> int | None:
        """Of the samples only those with single moments stop anything at once."""
        soon = any("at" in rule for rule in body.get("rules", []))
        return len(body["servers"]) if soon and len(body["servers"]) > 1 else None

    def schedule(self, rest: list[str], body: Json, headers: Mapping[str, str]) -> Json:
        """Make one, whose single moments come at once; pause one; change one."""
        if not rest:
            assert body["confirm_stops"] == (self.stopped_soon(body) or 0)
            made = self.books.add(self.books.schedules, {**body, "revision": 1, "paused": None})
            itself = {"id": made["id"], "name": made["name"]}
            for rule in body.get("rules", []):
                for server in body["servers"] if "at" in rule else []:
                    self.run(server, rule["action"], schedule=itself)
            return made
        row = self.read(["schedules", rest[0]], {})
        if "pause" in rest:
            row["paused"] = body
            return row
        assert headers["If-Match"] == f'"{row["revision"]}"'
        row.update(body, revision=row["revision"] + 1)
        return row

    def run(self, server: int, action: str, *, schedule: Json | None = None) -> Json:
        row = {
            "server": server,
            "action": action,
            "state": "succeeded",
            "schedule": schedule,
            "origin": "rule" if schedule else "person",
        }
        return self.books.add(self.books.operations, row)


def made(books: Books, fuse: Fuse | None = None) -> str:
    """One run of the samples; "" when it was killed."""
    api = Api("", books=books, fuse=fuse or Fuse(10**6))
    try:
        return samples.make(api, api)
    except Killed:
        return ""


def check(books: Books) -> None:
    """Everything is there, and once."""
    names = {row["id"]: row["name"] for row in Api("", books=books).servers()}
    assert [row["name"] for row in books.accounts] == list(samples.ACCOUNTS)
    assert sorted(row["name"] for row in books.schedules) == sorted(
        [*(name for name, *_ in samples.SCHEDULES), samples.NIGHTLY[0]]
    )
    assert [row["name"] for row in books.schedules if row["paused"]] == [samples.PAUSED]
    nightly = next(row for row in books.schedules if row["name"] == samples.NIGHTLY[0])
    assert (nightly["timezone"], nightly["rules"]) == (samples.NIGHTLY[1], samples.NIGHTLY_RULES)
    own = [(names[row["server"]], row["action"]) for row in books.operations if row["origin"] == "person"]
    assert own == OWN
    assert books.profile == "demo"
    assert len(books.faults) == 1


def test_a_run_that_is_left_alone_makes_everything_and_the_next_one_nothing() -> None:
    books = Books()
    assert made(books).startswith("The samples are there: 2 accounts, 8 servers, 5 schedules")
    check(books)
    before = json.dumps(vars(books))
    assert made(books).startswith("The samples were made before")
    assert json.dumps(vars(books)) == before


def changes() -> int:
    fuse = Fuse(10**6)
    made(Books(), fuse)
    return 10**6 - fuse.left


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(changes()))
def test_a_run_killed_at_any_change_is_completed_by_the_next(number: int, after: bool) -> None:
    books = Books()
    assert made(books, Fuse(number, after=after)) == ""
    made(books)
    check(books)


def test_where_somebody_has_begun_nothing_is_added() -> None:
    books = Books(accounts=[{"id": 1, "name": "Production"}])
    assert made(books) == "There are accounts already (Production): no samples are added."
    assert not books.schedules


def test_what_a_person_removed_does_not_come_back() -> None:
    books = Books()
    made(books)
    books.schedules.clear()
    assert made(books).startswith("The samples were made before")
    assert not books.schedules


class Unreachable(Api):
    """Discovers only once asked again."""

    def servers(self) -> list[Json]:
        return super().servers() if self.books.faults else []

    def change(self, words: list[str], body: Json, headers: Mapping[str, str]) -> Json:
        if words[-1] == "discover":
            self.books.faults = [{"asked": words[1]}]
        return super().change(words, body, headers)


def test_a_discovery_that_came_too_early_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "FIRST_LOOK", 0.01)
    api = Unreachable("", books=Books())
    samples.accounts(api)
    assert len(samples.discovered(api)) == 8


@pytest.mark.parametrize(
    "arguments",
    [[], ["--api", "http://api"], ["--ready-file", "ready.json", "--api", "http://api"]],
)
def test_half_an_address_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        samples.main(arguments)
    assert ended.value.code == 2
    assert "--ready-file alone" in capsys.readouterr().err


def test_a_part_that_is_away_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "ready.json"
    told.write_text(
        json.dumps({"url": "http://127.0.0.1:1", "api_token": "t", "simulator_url": "http://127.0.0.1:1"})
    )
    assert samples.main(["--ready-file", str(told)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The samples are not complete: ")
    assert "goes on from there" in said
