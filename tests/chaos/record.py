"""The two independent records of an experiment: the database, read with psycopg, and the simulator's ledger.

Plain values only; what they mean is the checker's business. Times are seconds of UTC epoch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.fleet.status import Known, seen_at, shown

if TYPE_CHECKING:
    from tests.chaos.fleet import Expected, Fleet
    from tests.chaos.house import House


@dataclass(frozen=True)
class Op:
    """An operation's row at the end."""

    id: int
    server: int
    rule: int | None
    action: str
    origin: str
    state: str
    reason: str
    due: float
    grace_until: float
    finished: float | None


@dataclass(frozen=True)
class Move:
    """One change of an operation, as the witness in the database saw it. `at` is real time."""

    at: float
    operation: int
    server: int
    before: str | None
    after: str | None
    call: int | None


@dataclass(frozen=True)
class Call:
    """A request to EC2 as the product wrote it down before it was sent."""

    id: int
    owner: str
    sent: float
    outcome: str

    @property
    def pid(self) -> int:
        """The process that sent it; `owner` is host:pid."""
        return int(self.owner.rsplit(":", 1)[1])


@dataclass(frozen=True)
class Sight:
    """One change of what a server was seen to be. `seen_*`: when the question was asked."""

    server: int
    before: str
    after: str
    seen_before: float | None
    seen_after: float | None

    @property
    def went_back(self) -> float:
        """Seconds by which it was asked for earlier than what it replaced; 0 when it was not."""
        if self.seen_before is None or self.seen_after is None:
            return 0.0
        return max(0.0, self.seen_before - self.seen_after)


@dataclass(frozen=True)
class Entry:
    """A mutating request as the simulator had it; `effects` per instance."""

    number: int
    at: float
    action: str
    account: str
    region: str
    ids: tuple[str, ...]
    call: int | None
    accepted: bool
    error: str | None
    answer: str
    effects: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Transition:
    """A server's true way from one state to another; `ends` None: never."""

    instance: str
    before: str
    begins: float
    ends: float | None
    ends_as: str | None
    action: str = ""


@dataclass(frozen=True)
class Record:
    """Everything the checker reads. `doubled_samples`: how often two operations of a server were active."""

    expected: Sequence["Expected"]
    servers: Mapping[int, str]
    ops: Sequence[Op]
    moves: Sequence[Move]
    calls: Mapping[int, Call]
    sights: Sequence[Sight]
    entries: Sequence[Entry]
    transitions: Sequence[Transition]
    shown_wrongly: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    samples: int = 0
    doubled_samples: int = 0


OPS = """SELECT id, server_id, rule_id, action, origin, state, reason, extract(epoch FROM due_at),
 extract(epoch FROM grace_until), extract(epoch FROM finished_at) FROM operations_operation ORDER BY id"""
MOVES = "SELECT extract(epoch FROM at), operation, server, before, after, call FROM chaos_move ORDER BY id"
CALLS = "SELECT id, owner, extract(epoch FROM sent_at), outcome FROM operations_call ORDER BY id"
SIGHTS = """SELECT server, before, after, extract(epoch FROM seen_before), extract(epoch FROM seen_after)
 FROM chaos_sight ORDER BY id"""
SHOWN = """SELECT s.instance_id, s.observed_state, s.transition, s.observed_at, r.looked_at,
 s.missing_since, cloudevy_now()
 FROM fleet_server s JOIN fleet_region r ON r.id = s.region_id"""
TRUE_STATES = {
    "pending": "starting",
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
    "shutting-down": "terminated",
    "terminated": "terminated",
}


def gather(house: "House", fleet: "Fleet", **more: Any) -> Record:
    """Both records as they are now."""
    calls = [Call(each[0], each[1], float(each[2]), each[3]) for each in house.sql(CALLS)]
    return Record(
        expected=fleet.expected,
        servers=fleet.servers,
        ops=[Op(*map(plain, row)) for row in house.sql(OPS)],
        moves=[Move(*map(plain, row)) for row in house.sql(MOVES)],
        calls={call.id: call for call in calls},
        sights=[Sight(*map(plain, row)) for row in house.sql(SIGHTS)],
        entries=[entry(each) for each in house.sim("/ledger")["entries"]],
        transitions=[transition(each) for each in house.sim("/times")["transitions"]],
        **more,
    )


def keep(both: Record, path: Path) -> None:
    """For whoever has to find out why."""
    path.write_text(json.dumps(asdict(both), default=str))


def plain(value: Any) -> Any:
    """Postgres' decimals as floats; the rest as it is."""
    return float(value) if type(value).__name__ == "Decimal" else value


def entry(row: Mapping[str, Any]) -> Entry:
    mark = row["call"]
    return Entry(
        number=row["number"],
        at=row["at"],
        action=row["action"].removesuffix("Instances").lower(),
        account=row["account"],
        region=row["region"],
        ids=tuple(row["ids"]),
        call=int(mark) if mark and mark.isdigit() else None,
        accepted=row["accepted"],
        error=row["error"],
        answer=row["answer"],
        effects=row["effects"],
    )


def transition(row: Mapping[str, Any]) -> Transition:
    return Transition(
        row["instance_id"], row["before"], row["begins_at"], row["ends_at"], row["ends_as"], row["action"]
    )


def wrongly_shown(house: "House", *, but: frozenset[str] = frozenset()) -> dict[str, tuple[str, str]]:
    """Servers whose shown status is not what the simulator says now: instance to (shown, true)."""
    truth = {row["instance_id"]: TRUE_STATES[row["state"]] for row in house.sim("/states")["states"]}
    said = {}
    for instance, state, doing, observed, looked, missing, now in house.sql(SHOWN):
        seen = seen_at(observed_at=observed, looked_at=looked, missing=bool(missing))
        said[instance] = shown(Known(state, doing, seen, missing), now=now)
    return {
        instance: (word, truth.get(instance, "gone"))
        for instance, word in said.items()
        if word != truth.get(instance, "gone") and instance not in but
    }
