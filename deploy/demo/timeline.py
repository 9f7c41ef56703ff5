"""One act of the story: its moments, its table, and whether the API and the simulator tell the same tale."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from deploy.demo.client import Client, Json

WAY = {"stop": "stopping", "start": "starting"}
CALL = {"stop": "StopInstances", "start": "StartInstances"}


@dataclass
class Act:
    """A scheduled action on one server. `shown`: each status the API showed, and when we first saw it.

    `began`: epoch seconds; what EC2 did before belongs to another story. `unheard`: the API was away for a
    while, so that a status may have been shown unseen.
    """

    action: str
    server: int
    instance: str
    goal: str
    due: datetime
    began: float = 0.0
    unheard: bool = False
    operation: Json = field(default_factory=dict)
    status: Json = field(default_factory=dict)
    shown: list[tuple[str, datetime]] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    moves: list[Json] = field(default_factory=list)
    truth: str = ""

    def note(self, status: Json) -> None:
        if not self.shown or self.shown[-1][0] != status["status"]:
            self.shown.append((status["status"], datetime.now(UTC)))

    def hear(self, simulator: Client) -> None:
        """What the simulator wrote down about this server and this action, and how the server is now."""
        calls = simulator.get(f"/_sim/ledger?instance={self.instance}")["entries"]
        moves = simulator.get(f"/_sim/times?instance={self.instance}")["transitions"]
        mine = CALL[self.action]
        calls = [call for call in calls if call["action"] == mine and call["at"] >= self.began]
        moves = [move for move in moves if move["action"] == mine and move["begins_at"] >= self.began]
        self.calls = [call for call in calls if call["accepted"]]
        self.moves = [move for move in moves if move["ends_as"] == self.goal]
        self.truth = simulator.get(f"/_sim/states?instance={self.instance}")["states"][0]["state"]

    @property
    def received(self) -> datetime | None:
        """When EC2 got the call it accepted."""
        return epoch(self.calls[0]["at"]) if self.calls else None

    @property
    def ended(self) -> datetime | None:
        """When the server really was at its goal."""
        return epoch(self.moves[0]["ends_at"]) if self.moves else None

    def moments(self) -> list[tuple[str, datetime | None]]:
        """What happened when, in order; None for what did not."""
        return [
            ("due", self.due),
            ("sent", moment(self.operation.get("sending_at"))),
            ("call received by EC2", self.received),
            ("accepted", moment(self.operation.get("accepted_at"))),
            (f"page shows {WAY[self.action]}", self.first_shown(WAY[self.action])),
            (f"EC2 {self.goal}", self.ended),
            (f"database {self.goal}", moment(self.operation.get("finished_at"))),
            (f"page shows {self.goal}", self.first_shown(self.goal)),
        ]

    def first_shown(self, status: str) -> datetime | None:
        return next((at for shown, at in self.shown if shown == status and at >= self.due), None)


def mismatches(act: Act) -> list[str]:
    """What the API said against what the simulator wrote down."""
    state = act.operation.get("state")
    wrong = [
        (state != "succeeded", f"the {act.action} ended as {state}"),
        (act.operation.get("origin") != "rule", f"the {act.action} came from {act.operation.get('origin')}"),
        (len(act.moves) != 1, f"EC2 saw {len(act.moves)} transitions to {act.goal}, not 1"),
        (not act.calls, f"EC2 accepted no {CALL[act.action]}"),
        (
            act.status.get("status") != act.truth,
            f"the status says {act.status.get('status')}, EC2 {act.truth}",
        ),
        (
            not act.unheard and WAY[act.action] not in dict(act.shown),
            f"the status never showed {WAY[act.action]}",
        ),
        (out_of_order(act), f"the moments of the {act.action} are out of order"),
    ]
    return [sentence for is_wrong, sentence in wrong if is_wrong]


def out_of_order(act: Act) -> bool:
    """Due, received, end in EC2, end in the database: a later one must not come first."""
    names = ("due", "call received by EC2", f"EC2 {act.goal}", f"database {act.goal}")
    known = dict(act.moments())
    found = [known[name] for name in names]
    return None in found or found != sorted(at for at in found if at)


def table(acts: list[Act]) -> str:
    """Every moment, its time of day and its distance from due in ms; then the two lags that count."""
    lines: list[str] = []
    for act in acts:
        lines.append(f"\n{act.action} {act.instance}, due {act.due:%H:%M:%S} UTC")
        for name, at in act.moments():
            lines.append(row(name, at, act.due))
        finished = moment(act.operation.get("finished_at"))
        lines.append(lag("due -> call received", act.due, act.received))
        lines.append(lag(f"EC2 {act.goal} -> database", act.ended, finished))
    return "\n".join(lines)


def row(name: str, at: datetime | None, due: datetime) -> str:
    if at is None:
        return f"   {name:<28} never"
    return f"   {name:<28} {at:%H:%M:%S}.{at.microsecond // 1000:03d}   +{milliseconds(due, at):>6} ms"


def lag(name: str, begin: datetime | None, end: datetime | None) -> str:
    return f"   lag {name:<24} {milliseconds(begin, end) if begin and end else '?':>13} ms"


def milliseconds(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds() * 1000)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def epoch(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
