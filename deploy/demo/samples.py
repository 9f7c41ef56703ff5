"""Sample accounts, schedules and a little history, made once through the public API.

The servers are not made here: they arrive by discovery from the simulated EC2, as real ones would. What a
killed run left half made is completed by the next; what a person has changed since is left alone.
"""

import argparse
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo import client
from deploy.demo.client import CannotSignIn, Client, Json, NotInTime, Refused, patiently
from simulator.fleet import DEMO

ENDS = ("succeeded", "failed", "unknown", "skipped", "cancelled")
LONGEST = 60.0
LONGEST_START = 300.0
FIRST_LOOK, LOOKS = 20.0, 6
ACCOUNTS = ("Platform", "Sales tools")


def by_cron(**lines: str) -> dict[str, Any]:
    """A timetable of single actions, each with its cron line."""
    return {"rules": [{"action": action, "cron": cron} for action, cron in lines.items()]}


OFFICE = {"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "09:00", "to": "20:30"}
SCHEDULES: tuple[tuple[str, str, Mapping[str, Any], Sequence[str]], ...] = (
    ("India office hours", "Asia/Kolkata", {"windows": [OFFICE]}, ["crm-test"]),
    ("Quiet weekends", "America/New_York", by_cron(stop="0 19 * * 5", start="0 7 * * 1"), ["build-runner-1"]),
    ("Weekly restart", "Europe/Berlin", by_cron(reboot="0 4 * * 0"), ["web-stage"]),
    ("QA on demand", "Europe/London", by_cron(stop="0 20 * * *"), ["qa-db", "analytics-sandbox"]),
)
PAUSED = "QA on demand"
NIGHTLY = ("Nightly Shutdown", "Europe/Berlin")
NIGHTLY_RULES = by_cron(stop="30 18 * * 1-5", start="0 7 * * 1-5")["rules"]
NIGHTLY_SERVERS = ("api-dev-1", "web-stage")
FAILING, RESTED = "batch-2", "analytics-sandbox"


def main(arguments: list[str]) -> int:
    """0 when all samples are there, or are not wanted; else 1, and the next run goes on from there."""
    wanted = parse(arguments)
    try:
        print(make(*doors(wanted)))
    except (Refused, NotInTime, CannotSignIn, OSError) as error:
        print(f"The samples are not complete: {error}\nThe next start goes on from there.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped before the samples were complete; the next start goes on from there.", file=sys.stderr)
        return 1
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.samples", description="Make the samples.")
    add = parser.add_argument
    add(
        "--ready-file", type=Path, help="what a launcher told: address, token and simulator; or all of these:"
    )
    add("--api", metavar="URL", help="where the API answers, seen from here")
    add("--public-url", metavar="URL", help="under which address people know it")
    add("--email", help="who signs in")
    add("--password-file", type=Path)
    add("--simulator", metavar="URL", help="where the simulated EC2 answers, seen from here")
    wanted = parser.parse_args(arguments)
    by_hand = (wanted.api, wanted.public_url, wanted.email, wanted.password_file, wanted.simulator)
    if any(by_hand) == bool(wanted.ready_file) or not (wanted.ready_file or all(by_hand)):
        parser.error("give --ready-file alone, or --api, --public-url, --email, --password-file, --simulator")
    return wanted


def doors(wanted: argparse.Namespace) -> tuple[Client, Client]:
    """The API, signed in, and the simulator's control endpoints; both are waited for."""
    if wanted.ready_file:
        told = json.loads(wanted.ready_file.read_text())
        return Client(f"{told['url']}/api/v1", told["api_token"]), client.simulator(told["simulator_url"])
    password = wanted.password_file.read_text().strip()
    api = Client.sign_in(
        wanted.api,
        public_url=wanted.public_url,
        email=wanted.email,
        password=password,
        seconds=LONGEST_START,
    )
    simulator = client.simulator(wanted.simulator)
    patiently(lambda: simulator.get("/_sim/health"), what=f"{wanted.simulator}", seconds=LONGEST_START)
    return api, simulator


def make(api: Client, simulator: Client) -> str:
    """Make or complete all samples; what was done, in a sentence. Does nothing where somebody has begun."""
    found = {account["name"] for account in api.all("/accounts")}
    if found and ACCOUNTS[0] not in found:
        return f"There are accounts already ({', '.join(sorted(found))}): no samples are added."
    if finished(api):
        return "The samples were made before: nothing is added."
    accounts(api)
    servers = discovered(api)
    schedules(api, servers)
    history(api, simulator, servers)
    done = "What an earlier run left half made is complete" if found else "The samples are there"
    return f"{done}: {len(ACCOUNTS)} accounts, {len(servers)} servers, {len(SCHEDULES) + 1} schedules."


def finished(api: Client) -> bool:
    """The last step was to give one schedule its final rules. Its runs are known even if it was deleted."""
    if nightly := named(api, NIGHTLY[0]):
        return bool(nightly["revision"] > 1)
    ran = api.all("/operations?origin=rule&page_size=200")
    return any((operation["schedule"] or {}).get("name") == NIGHTLY[0] for operation in ran)


def named(api: Client, name: str) -> Json | None:
    return next((each for each in api.all("/schedules?page_size=200") if each["name"] == name), None)


def accounts(api: Client) -> None:
    """One account reached by keys, one by a role; only those that are not there."""
    there = {account["name"] for account in api.all("/accounts")}
    first, second = fleet()
    key = next(each for each in first["keys"] if each["user"] == "cloudevy")
    by_keys = {
        "kind": "keys",
        "access_key_id": key["access_key_id"],
        "secret_access_key": key["secret_access_key"],
        "regions": regions(first),
    }
    role = f"arn:aws:iam::{second['id']}:role/{second['roles'][0]['name']}"
    by_role = {"kind": "role", "role_arn": role, "regions": regions(second)}
    for name, body in zip(ACCOUNTS, (by_keys, by_role), strict=True):
        if name not in there:
            api.post("/accounts", {"name": name, **body})


def fleet() -> list[dict[str, Any]]:
    return list(json.loads(DEMO.read_text())["accounts"])


def instances() -> dict[str, str]:
    """Instance ids of the sample fleet by name."""
    return {instance["name"]: instance["id"] for account in fleet() for instance in account["instances"]}


def regions(account: Mapping[str, Any]) -> list[str]:
    return sorted({server["region"] for server in account["instances"]})


def discovered(api: Client) -> dict[str, int]:
    """Ids by name, once every server of the sample fleet has been found and looked at."""
    expected = set(instances().values())

    def found() -> dict[str, int] | None:
        rows = [row for row in api.all("/servers?page_size=200") if row["instance_id"] in expected]
        seen = [row for row in rows if row["status"] != "unknown"]
        return {row["name"]: row["id"] for row in rows} if len(seen) == len(expected) else None

    what = f"{len(expected)} servers to be discovered"
    for _ in range(LOOKS):
        with suppress(NotInTime):
            return patiently(found, what=what, seconds=FIRST_LOOK)
        look_again(api)
    return patiently(found, what=what, seconds=FIRST_LOOK)


def look_again(api: Client) -> None:
    """The first look may have come before the simulated EC2 could be reached; the next of itself is far."""
    for account in api.all("/accounts"):
        if account["name"] in ACCOUNTS:
            for question in ("test", "discover"):
                api.post(f"/accounts/{account['id']}/{question}", {})


def schedules(api: Client, servers: Mapping[str, int]) -> None:
    for name, zone, timetable, targets in SCHEDULES:
        chosen = [servers[target] for target in targets]
        body = {"name": name, "timezone": zone, **timetable, "servers": chosen}
        made = named(api, name) or saved(api, body)
        if name == PAUSED and not made["paused"]:
            api.post(f"/schedules/{made['id']}/pause", {"reason": "Load test until the release"})


def saved(api: Client, body: Mapping[str, object]) -> Json:
    """A new schedule, also when several servers stop within minutes of its making."""
    told = api.post("/schedules/impact", body)
    return api.post("/schedules", {**body, "confirm_stops": told["confirm"] or 0})


def history(api: Client, simulator: Client, servers: Mapping[str, int]) -> None:
    """A few real operations, run quickly: some asked by a person, some by a schedule, one that EC2 lets fail.

    That one takes a while to be certain about; it ends when it ends.
    """
    simulator.post("/_sim/settings", {"profile": "test"})
    try:
        nightly = named(api, NIGHTLY[0]) or draft(api, servers)
        if not asked(api, servers[FAILING], "start"):
            simulator.call("DELETE", "/_sim/faults")
            simulator.post("/_sim/faults", falling_back(FAILING))
        ask(api, servers[FAILING], "start")
        for action in ("start", "stop"):
            wait_for_end(api, ask(api, servers[RESTED], action))
        wait_for_runs(api, nightly["id"])
    finally:
        simulator.post("/_sim/settings", {"profile": "demo"})
    make_final(api, nightly["id"])


def draft(api: Client, servers: Mapping[str, int]) -> Json:
    """The schedule with two moments just ahead, for the sake of its history."""
    soon = datetime.now(UTC) + timedelta(seconds=2)
    later = soon + timedelta(seconds=4)
    body = {
        "name": NIGHTLY[0],
        "timezone": "UTC",
        "rules": [{"action": "stop", "at": local(soon)}, {"action": "start", "at": local(later)}],
        "servers": [servers[name] for name in NIGHTLY_SERVERS],
    }
    return saved(api, body)


def falling_back(name: str) -> dict[str, object]:
    """The next start of this server is accepted and then falls back to stopped, as EC2's do."""
    return {"kind": "failed_start", "instance": instances()[name], "count": 1}


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def ask(api: Client, server: int, action: str) -> int:
    """The id of the operation: a new one, unless an earlier run has asked."""
    if earlier := asked(api, server, action):
        return int(earlier["id"])
    made = api.post("/operations", {"servers": [server], "action": action})
    return int(made["operations"][0]["id"])


def asked(api: Client, server: int, action: str) -> Json | None:
    """An operation that no schedule asked for."""
    rows = api.all(f"/operations?server={server}&action={action}&page_size=200")
    return next((row for row in rows if row["origin"] != "rule"), None)


def wait_for_end(api: Client, operation: int) -> None:
    def ended() -> bool | None:
        return api.get(f"/operations/{operation}")["state"] in ENDS or None

    patiently(ended, what=f"operation {operation} to end", seconds=LONGEST)


def wait_for_runs(api: Client, schedule: int) -> None:
    """Until both moments have come for each of its servers, and all of that has ended."""

    def ended() -> bool | None:
        rows = api.all(f"/operations?schedule={schedule}&page_size=200")
        return sum(row["state"] in ENDS for row in rows) >= 2 * len(NIGHTLY_SERVERS) or None

    patiently(ended, what=f"the runs of schedule {schedule} to end", seconds=LONGEST)


def make_final(api: Client, schedule: int) -> None:
    """The schedule as it will be from now on; what it did stays in its history."""
    now = api.get(f"/schedules/{schedule}")
    api.call(
        "PATCH",
        f"/schedules/{schedule}",
        body={"timezone": NIGHTLY[1], "rules": NIGHTLY_RULES},
        headers={"If-Match": f'"{now["revision"]}"'},
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
