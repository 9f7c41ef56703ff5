"""How soon the database says what EC2 does, and what the looking costs.

    ./run --data DIR --port N --ready-file FILE                  in one terminal
    .venv/bin/python -m bench.convergence FILE --servers 1000    in another

One schedule stops a fleet in one region at one moment, with the real profile's transition times (median 30 s,
a long tail). For each server: from EC2's own end to the operation's end in the database; and the describe
pages that were asked for meanwhile. Then somebody else starts a few servers of the idle fleet: from that to
the observation in the database. Moments of EC2 come from the simulator's ledger; nothing is asserted
here: tests.chaos does that, with the same measure.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.lag import CALLS, ENDS, add_servers, everything, row
from deploy.demo.client import Client, patiently
from deploy.embedded import ready

Json = dict[str, Any]
LEAD = timedelta(seconds=20)
LONGEST = 1200.0
SPARE = ("eu-north-1", "eu-west-3", "us-west-2", "sa-east-1", "ca-central-1", "ap-northeast-1")
OUTSIDE = 12


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.convergence")
    parser.add_argument("ready_file", type=Path)
    parser.add_argument("--servers", type=int, default=1000)
    wanted = parser.parse_args(arguments)
    where = ready.read(wanted.ready_file)
    api, simulator = Client(f"{where.url}/api/v1", where.api_token), Client(str(where.simulator_url))
    simulator.post("/_sim/settings", {"profile": "real"})
    servers = add_servers(api, simulator, count=wanted.servers, region=fresh_region(api))
    print(f"{len(servers)} servers in {servers[0]['region']['name']}, one schedule stops them all")
    return max(stop_all(api, simulator, servers), change_from_outside(api, simulator, servers))


def fresh_region(api: Client) -> str:
    """A region without servers, so that a look at a thousand is one page; added to the first account."""
    account = next(row for row in api.all("/accounts") if row["kind"] == "keys")
    known = [region["name"] for region in account["regions"]]
    region = next(name for name in SPARE if name not in known)
    api.call("PATCH", f"/accounts/{account['id']}", body={"regions": [*known, region]})
    return region


def stop_all(api: Client, simulator: Client, servers: list[Json]) -> int:
    """The whole fleet stops at one moment; 0 when each end was seen."""
    region = servers[0]["region"]["name"]
    due = (datetime.now(UTC) + LEAD).replace(microsecond=0)
    rule = {"action": "stop", "at": f"{due:%Y-%m-%dT%H:%M:%S}"}
    ids = [server["id"] for server in servers]
    name = f"stop {servers[0]['name']}"
    body = {"name": name, "timezone": "UTC", "rules": [rule], "servers": ids, "confirm_stops": len(ids)}
    schedule = api.post("/schedules", body)
    turn = measure(api, simulator, Wave(schedule["id"], region, "stop", due, len(servers)))
    print(f"succeeded: {len(turn.lags)} of {len(servers)}")
    print(row("EC2 at its end to database there", turn.lags))
    print(f"describe pages: {turn.pages}, that is {turn.per_thousand:.0f} for 1,000 servers")
    return 0 if len(turn.lags) == len(servers) else 1


@dataclass(frozen=True)
class Wave:
    """So many servers of one region that one schedule stops or starts at one moment."""

    schedule: int
    region: str
    action: str
    due: datetime
    servers: int


@dataclass(frozen=True)
class Turn:
    """What a wave brought: per success the seconds from EC2's end to ours, and the describe pages it cost."""

    wave: Wave
    lags: list[float]
    pages: int

    @property
    def per_thousand(self) -> float:
        return self.pages * 1000 / self.wave.servers


def measure(api: Client, simulator: Client, wave: Wave) -> Turn:
    """Wait for the moment and until every operation has ended, and join ours with the ledger."""
    time.sleep(max(0.0, (wave.due - datetime.now(UTC)).total_seconds()))
    before = describes(simulator, wave.region)
    ended = wait_for_all(api, wave.schedule, wave.servers)
    pages = describes(simulator, wave.region) - before
    ends = {
        move["instance_id"]: move["ends_at"]
        for move in simulator.get("/_sim/times")["transitions"]
        if move["action"] == CALLS[wave.action]
    }
    good = [each for each in ended if each["state"] == "succeeded"]
    lags = [moment(each["finished_at"]) - ends[each["server"]["instance_id"]] for each in good]
    return Turn(wave, lags, pages)


def wait_for_all(api: Client, schedule: int, count: int) -> list[Json]:
    """The schedule's operations when all have ended. Asked seldom: the bench must not be the load."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if numbered(api, schedule, ENDS) >= count:
            break
        time.sleep(2)
    rows = everything(api, f"/operations?schedule={schedule}&page_size=200")
    return [each for each in rows if each["finished_at"]]


def numbered(api: Client, schedule: int, states: tuple[str, ...]) -> int:
    """How many operations of the schedule are in one of these states."""
    asked = (f"/operations?schedule={schedule}&state={state}&page_size=1" for state in states)
    return sum(int(api.get(path)["count"]) for path in asked)


def change_from_outside(api: Client, simulator: Client, servers: list[Json]) -> int:
    """Somebody else starts some of the stopped, idle servers, one after another; 0 when each was seen."""
    chosen = random.Random(1).sample(servers, min(OUTSIDE, len(servers)))
    lags: list[float] = []
    for server in chosen:
        time.sleep(random.Random(server["id"]).uniform(0, 10))
        answer = simulator.post("/_sim/outside", {"instance": server["instance_id"], "action": "start"})
        lags.append(seen(api, server["id"]) - answer["now"])
    print(row("somebody else's change to database", lags))
    return 0


def seen(api: Client, server: int) -> float:
    """When the first observation of the change is readable. The list of changes asks EC2 nothing."""

    def asked() -> Json | None:
        rows = api.get(f"/observations?server={server}&page_size=1")["results"]
        return rows[0] if rows and rows[0]["before"] == "stopped" else None

    patiently(asked, what=f"the change of server {server} to be seen", seconds=120)
    return time.time()


def describes(simulator: Client, region: str) -> int:
    """Describe calls of any account in this region so far."""
    rows = simulator.get("/_sim/stats")["calls"]
    return sum(
        each["calls"] for each in rows if each["region"] == region and each["action"].startswith("Describe")
    )


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
