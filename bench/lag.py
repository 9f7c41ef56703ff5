"""How late we are: from a rule's moment to EC2's receipt, and from EC2's `stopped` to the database's.

    ./run --data DIR --port N --ready-file FILE        in one terminal
    .venv/bin/python -m bench.lag FILE --samples 200   in another

One-off schedules, each at a second of its own, on an otherwise idle system and with no browser open. Half of
them stop a server, the other half start it again. Moments of EC2 come from the simulator's ledger, ours from
the public API; both are of one machine. It prints counts first and lags after; nothing is asserted.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo.client import Client, patiently
from deploy.embedded import ready

Json = dict[str, Any]
LEAD = timedelta(seconds=15)
CALLS = {"stop": "StopInstances", "start": "StartInstances"}
ENDS = ("succeeded", "failed", "unknown", "skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Sample:
    """One scheduled action and the seconds between its moments."""

    dispatch: float
    convergence: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lag")
    parser.add_argument("ready_file", type=Path)
    parser.add_argument("--samples", type=int, default=200)
    wanted = parser.parse_args(arguments)
    where = ready.read(wanted.ready_file)
    api, simulator = Client(f"{where.url}/api/v1", where.api_token), Client(str(where.simulator_url))
    servers = add_servers(api, simulator, count=wanted.samples // 2)
    print(f"{len(servers)} servers, {wanted.samples} one-off schedules")
    samples: list[Sample] = []
    for action in ("stop", "start"):
        planned = plan(api, servers, action)
        samples += measure(api, simulator, planned, action)
    return report(samples, wanted.samples)


def add_servers(api: Client, simulator: Client, *, count: int, region: str = "") -> list[Json]:
    """New running servers in the first account, found by discovery; in its first region if none is named."""
    account = next(row for row in api.all("/accounts") if row["kind"] == "keys")
    region = region or account["regions"][0]["name"]
    moment = int(time.time())
    stamp = f"bench-{moment}"
    for number in range(count):
        body = {"id": f"i-{moment:09x}{number:08x}", "name": f"{stamp}-{number}", "state": "running"}
        simulator.post("/_sim/instances", {"account": account["aws_account_id"], "region": region, **body})
    api.post(f"/accounts/{account['id']}/discover", {})

    def found() -> list[Json] | None:
        rows = everything(api, f"/servers?search={stamp}&page_size=200")
        return rows if len(rows) == count else None

    return patiently(found, what=f"{count} servers to be discovered", seconds=60)


def everything(api: Client, path: str) -> list[Json]:
    """All pages of a list."""
    rows: list[Json] = []
    page = 1
    while True:
        answer = api.get(f"{path}&page={page}")
        rows += answer["results"]
        if not answer["next"]:
            return rows
        page += 1


def plan(api: Client, servers: list[Json], action: str) -> dict[int, Json]:
    """One schedule a second, one server each; the schedule's id to its server and moment."""
    first = (datetime.now(UTC) + LEAD + timedelta(seconds=len(servers) / 10)).replace(microsecond=0)
    planned: dict[int, Json] = {}
    for number, server in enumerate(servers):
        due = first + timedelta(seconds=number)
        body = {
            "name": f"{server['name']} {action}",
            "timezone": "UTC",
            "rules": [{"action": action, "at": f"{due:%Y-%m-%dT%H:%M:%S}"}],
            "servers": [server["id"]],
        }
        saved = api.post("/schedules", body)
        planned[saved["id"]] = {"server": server, "due": due}
    return planned


def measure(api: Client, simulator: Client, planned: dict[int, Json], action: str) -> list[Sample]:
    """Wait for every operation to end, then join ours with the ledger."""
    last = max(row["due"] for row in planned.values())
    time.sleep(max(0.0, (last - datetime.now(UTC)).total_seconds()))

    def ended(schedule: int) -> Callable[[], Json | None]:
        def ask() -> Json | None:
            rows = api.all(f"/operations?schedule={schedule}")
            return rows[0] if rows and rows[0]["state"] in ENDS else None

        return ask

    samples = []
    for schedule, row in planned.items():
        operation = patiently(ended(schedule), what=f"schedule {schedule} to end", seconds=120)
        if operation["state"] == "succeeded":
            samples.append(sample(simulator, row, operation, action))
        else:
            print(f"{row['server']['name']}: {operation['state']} {operation['reason']}", file=sys.stderr)
    return samples


def sample(simulator: Client, row: Json, operation: Json, action: str) -> Sample:
    instance = row["server"]["instance_id"]
    entries = simulator.get(f"/_sim/ledger?instance={instance}")["entries"]
    received = next(each["at"] for each in entries if each["action"] == CALLS[action] and each["accepted"])
    moves = simulator.get(f"/_sim/times?instance={instance}")["transitions"]
    ended = next(each["ends_at"] for each in moves if each["action"] == CALLS[action])
    finished = datetime.fromisoformat(operation["finished_at"]).timestamp()
    return Sample(dispatch=received - row["due"].timestamp(), convergence=finished - ended)


def report(samples: list[Sample], wanted: int) -> int:
    print(f"succeeded: {len(samples)} of {wanted}")
    print(row("due to call received by EC2", [each.dispatch for each in samples]))
    print(row("EC2 at its end to database there", [each.convergence for each in samples]))
    return 0 if len(samples) == wanted else 1


def row(name: str, seconds: list[float]) -> str:
    """p50, p99 (from 200 samples on; the maximum before) and maximum, in milliseconds."""
    ordered = sorted(seconds)
    ninety_nine = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    middle = ordered[len(ordered) // 2]
    figures = {"p50": middle, "p99": ninety_nine, "max": ordered[-1]}
    return f"{name:34}" + "".join(f"   {label} {value * 1000:6.0f} ms" for label, value in figures.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
