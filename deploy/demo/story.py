"""The story that must always work: a schedule stops a server, another starts it, seen through the API alone.

What the API says is then held against the simulator's own ledger. Whoever tells the story may break things on
the way. It can be told again and again on one installation, and beside its samples.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from deploy.demo import samples
from deploy.demo.client import Client, Json, Refused, patiently
from deploy.demo.timeline import Act, mismatches

ZONE = "Asia/Kolkata"
AHEAD = timedelta(seconds=4)
JUST_BEFORE = 0.3
LONGEST = 120.0
GOAL = {"stop": "stopped", "start": "running"}
# A clock is wanted when a stop is due; hands and eyes while a start is under way.
MOMENTS = {"stop": "due", "start": "accepted"}
Break = Callable[[], None]


def nothing() -> None:
    """Nothing breaks."""


@dataclass
class Story:
    """Whom to ask, what breaks on the way, and which of the sample servers it is about.

    `break_now` breaks something in each act: just before the stop is due, and when EC2 has accepted the
    start. `breaks` by action ("stop", "start") takes its place in that act.
    """

    api: Client
    simulator: Client
    break_now: Break = nothing
    breaks: Mapping[str, Break] = field(default_factory=dict)
    server: str = samples.NIGHTLY_SERVERS[0]
    acts: list[Act] = field(default_factory=list)

    def tell(self) -> list[str]:
        """Play both acts; what did not agree, in sentences. A server that is stopped is started first."""
        samples.accounts(self.api)
        servers = samples.discovered(self.api)
        print(f"Two accounts, {len(servers)} servers discovered; the story is about {self.server}.")
        server = patiently(partial(self.at_rest, servers[self.server]), what="it to rest", seconds=LONGEST)
        order = sorted(GOAL, key=lambda action: GOAL[action] == server["status"])
        for action in order:
            self.acts.append(self.act(action, server))
        return [line for act in self.acts for line in mismatches(act)]

    def at_rest(self, server: int) -> Json | None:
        found = self.api.get(f"/servers/{server}")
        return found if found["status"] in GOAL.values() else None

    def act(self, action: str, server: Json) -> Act:
        """A one-off schedule a few seconds ahead, followed until its operation ends and the server agrees."""
        began = datetime.now(UTC)
        saving = partial(self.plan, f"Story: {action} {self.server} at {began:%H:%M:%S.%f}", action, server)
        schedule = patiently(saving, what="the schedule to be saved", seconds=LONGEST)
        print(f"Schedule {schedule['id']}: {schedule['sentence']}")
        due = moment(schedule)
        act = Act(action, server["id"], server["instance_id"], GOAL[action], due, began.timestamp())
        pending = [self.breaks.get(action, self.break_now)]
        if MOMENTS[action] == "due":
            time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - JUST_BEFORE))
            pending.pop()()
        following = partial(self.follow, act, schedule, pending)
        act.operation = patiently(following, what=f"the {action} to end", seconds=LONGEST)
        act.status = patiently(partial(self.agreed, act), what=f"the status {act.goal}", seconds=LONGEST)
        act.hear(self.simulator)
        return act

    def plan(self, name: str, action: str, server: Json) -> Json:
        """Each try has a moment of its own: a part may be away for long. What is saved is not repeated."""
        if saved := samples.named(self.api, name):
            return saved
        due = (datetime.now(ZoneInfo(ZONE)) + AHEAD).replace(microsecond=0, tzinfo=None)
        rules = [{"action": action, "at": due.isoformat()}]
        body = {"name": name, "timezone": ZONE, "rules": rules, "servers": [server["id"]]}
        return self.api.post("/schedules", body)

    def follow(self, act: Act, schedule: Json, pending: list[Break]) -> Json | None:
        """One turn: note the status shown now, and the operation once it has ended."""
        try:
            act.note(self.api.get(f"/servers/{act.server}/status"))
            rows = self.api.all(f"/operations?schedule={schedule['id']}")
        except (Refused, OSError):
            act.unheard = True
            raise
        if rows and rows[0]["accepted_at"] and pending:
            pending.pop()()
        return rows[0] if rows and rows[0]["state"] in samples.ENDS else None

    def agreed(self, act: Act) -> Json | None:
        status = self.api.get(f"/servers/{act.server}/status")
        act.note(status)
        return status if status["status"] == act.goal else None


def moment(schedule: Json) -> datetime:
    """When its one action is due."""
    return datetime.fromisoformat(schedule["rules"][0]["at"]).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
