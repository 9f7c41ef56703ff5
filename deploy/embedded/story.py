"""`./run --story`: one schedule stops a server, another starts it, watched through the public API alone.

What the API says is then held against the simulator's own ledger. `--break PART` kills that part just before
the stop is due, and again when EC2 has accepted the start; the launcher brings it back.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.demo import samples
from deploy.demo.client import Client, Json, NotInTime, Refused, patiently
from deploy.embedded import ready
from deploy.embedded.options import BREAKABLE
from deploy.embedded.timeline import Act, mismatches, table

ZONE = "Asia/Kolkata"
AHEAD = timedelta(seconds=4)
LONGEST = 120.0
GOAL = {"stop": "stopped", "start": "running"}


@dataclass
class Story:
    """Whom to ask, and what breaks on the way."""

    api: Client
    simulator: Client
    break_now: Callable[[], None]
    acts: list[Act] = field(default_factory=list)

    def tell(self) -> list[str]:
        """Play both acts; what did not agree, in sentences."""
        samples.accounts(self.api)
        servers = samples.discovered(self.api)
        name = samples.NIGHTLY_SERVERS[0]
        print(f"Two accounts, {len(servers)} servers discovered; the story is about {name}.")
        server = self.api.get(f"/servers/{servers[name]}")
        self.acts.append(self.act("stop", server, break_when="due"))
        self.acts.append(self.act("start", server, break_when="accepted"))
        return [line for act in self.acts for line in mismatches(act)]

    def act(self, action: str, server: Json, *, break_when: str) -> Act:
        """A one-off schedule a few seconds ahead, followed until its operation ends and the server agrees."""
        due = (datetime.now(UTC) + AHEAD).replace(microsecond=0)
        saving = partial(self.plan, action, server, due)
        schedule = patiently(saving, what="the schedule to be saved", seconds=LONGEST)
        print(f"Schedule {schedule['id']}: {schedule['sentence']}")
        act = Act(action, server["id"], server["instance_id"], GOAL[action], due)
        if break_when == "due":
            time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - 0.3))
            self.break_now()
        pending = [self.break_now] if break_when == "accepted" else []
        following = partial(self.follow, act, schedule, pending)
        act.operation = patiently(following, what=f"the {action} to end", seconds=LONGEST)
        act.status = patiently(partial(self.agreed, act), what=f"the status {act.goal}", seconds=LONGEST)
        act.hear(self.simulator)
        return act

    def plan(self, action: str, server: Json, due: datetime) -> Json:
        at = due.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M:%S")
        rules = [{"action": action, "at": at}]
        body = {"name": f"Story: {action}", "timezone": ZONE, "rules": rules, "servers": [server["id"]]}
        return self.api.post("/schedules", body)

    def follow(self, act: Act, schedule: Json, pending: list[Callable[[], None]]) -> Json | None:
        """One turn: note the status shown now, and the operation once it has ended."""
        act.note(self.api.get(f"/servers/{act.server}/status"))
        rows = self.api.all(f"/operations?schedule={schedule['id']}")
        if rows and rows[0]["accepted_at"] and pending:
            pending.pop()()
        return rows[0] if rows and rows[0]["state"] in samples.ENDS else None

    def agreed(self, act: Act) -> Json | None:
        status = self.api.get(f"/servers/{act.server}/status")
        act.note(status)
        return status if status["status"] == act.goal else None


def breaker(part: str | None, folder: Path) -> Callable[[], None]:
    """What ends the part, told by the launcher's pid file; nothing when nothing is to break."""

    def kill() -> None:
        if part:
            pid = int((folder / f"{part}.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            print(f"💥 {part} killed (process {pid})")

    return kill


def main(arguments: list[str]) -> int:
    """0 when every step happened and everybody agreed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("told", type=Path)
    parser.add_argument("--break", dest="part", choices=BREAKABLE)
    wanted = parser.parse_args(arguments)
    where = ready.read(wanted.told)
    story = Story(
        Client(f"{where.url}/api/v1", where.api_token),
        Client(str(where.simulator_url)),
        breaker(wanted.part, wanted.told.parent),
    )
    began = time.monotonic()
    try:
        wrong = story.tell()
    except (Refused, NotInTime, OSError) as error:
        wrong = [str(error)]
    print(table(story.acts))
    for line in wrong:
        print(f"❌ {line}")
    ending = "❌ The story did not come true" if wrong else "✅ The story came true"
    print(f"{ending} in {time.monotonic() - began:.1f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
