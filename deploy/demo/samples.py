"""Sample accounts, schedules and a little history, made through the public API.

The servers are not made here: they arrive by discovery from the simulated EC2, as real ones would.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.demo.client import Client, Json, NotInTime, Refused, patiently
from simulator.fleet import DEMO as FLEET

ENDS = ("succeeded", "failed", "unknown", "skipped", "cancelled")
WEEKDAYS = "1-5"
SCHEDULES: tuple[tuple[str, str, Mapping[str, str], Sequence[str]], ...] = (
    ("India office hours", "Asia/Kolkata", {"start": "0 9 * * 1-6", "stop": "30 20 * * 1-6"}, ["crm-test"]),
    ("Quiet weekends", "America/New_York", {"stop": "0 19 * * 5", "start": "0 7 * * 1"}, ["build-runner-1"]),
    ("Weekly restart", "Europe/Berlin", {"reboot": "0 4 * * 0"}, ["web-stage"]),
    ("QA on demand", "Europe/London", {"stop": "0 20 * * *"}, ["qa-db", "analytics-sandbox"]),
)
NIGHTLY = ("Nightly Shutdown", "Europe/Berlin")
NIGHTLY_RULES = [
    {"action": "stop", "cron": f"30 18 * * {WEEKDAYS}"},
    {"action": "start", "cron": f"0 7 * * {WEEKDAYS}"},
]
NIGHTLY_SERVERS = ("api-dev-1", "web-stage")


def main(told: Path) -> int:
    """0 when all samples are there."""
    where = json.loads(told.read_text())
    api, simulator = Client(f"{where['url']}/api/v1", where["api_token"]), Client(where["simulator_url"])
    try:
        accounts(api)
        servers = discovered(api)
        schedules(api, servers)
        history(api, simulator, servers)
    except (Refused, NotInTime, OSError) as error:
        print(f"The samples are not complete: {error}")
        return 1
    return 0


def accounts(api: Client) -> None:
    """One account reached by keys, one by a role."""
    first, second = json.loads(FLEET.read_text())["accounts"]
    key = next(each for each in first["keys"] if each["user"] == "cloudevy")
    api.post(
        "/accounts",
        {
            "name": "Platform",
            "kind": "keys",
            "access_key_id": key["access_key_id"],
            "secret_access_key": key["secret_access_key"],
            "regions": regions(first),
        },
    )
    role = f"arn:aws:iam::{second['id']}:role/{second['roles'][0]['name']}"
    api.post(
        "/accounts", {"name": "Sales tools", "kind": "role", "role_arn": role, "regions": regions(second)}
    )


def regions(account: Mapping[str, Any]) -> list[str]:
    return sorted({server["region"] for server in account["instances"]})


def discovered(api: Client) -> dict[str, int]:
    """Ids by name, once every server of the fleet file has been found and looked at."""
    expected = sum(len(account["instances"]) for account in json.loads(FLEET.read_text())["accounts"])

    def found() -> dict[str, int] | None:
        rows = api.all("/servers?page_size=100")
        seen = [row for row in rows if row["status"] != "unknown"]
        return {row["name"]: row["id"] for row in rows} if len(seen) == expected else None

    return patiently(found, what=f"{expected} servers to be discovered", seconds=60)


def schedules(api: Client, servers: Mapping[str, int]) -> None:
    for name, zone, rules, targets in SCHEDULES:
        body = {
            "name": name,
            "timezone": zone,
            "rules": [{"action": action, "cron": cron} for action, cron in rules.items()],
            "servers": [servers[target] for target in targets],
        }
        made = api.post("/schedules", body)
        if name == "QA on demand":
            api.post(f"/schedules/{made['id']}/pause", {"reason": "Load test until the release"})


def history(api: Client, simulator: Client, servers: Mapping[str, int]) -> None:
    """A few real operations, run quickly: some asked by a person, some by a schedule, one that EC2 lets fail.

    That one takes a while to be certain about; it ends when it ends.
    """
    simulator.post("/_sim/settings", {"profile": "test"})
    simulator.post("/_sim/faults", falling_back("batch-2"))
    soon = datetime.now(UTC) + timedelta(seconds=2)
    later = soon + timedelta(seconds=4)
    nightly = api.post(
        "/schedules",
        {
            "name": NIGHTLY[0],
            "timezone": "UTC",
            "rules": [{"action": "stop", "at": local(soon)}, {"action": "start", "at": local(later)}],
            "servers": [servers[name] for name in NIGHTLY_SERVERS],
        },
    )
    ask(api, servers, "start", "batch-2", "analytics-sandbox")
    wait_for_ends(api, 1)
    ask(api, servers, "stop", "analytics-sandbox")
    wait_for_ends(api, 2 + 2 * len(NIGHTLY_SERVERS))
    make_final(api, nightly)
    simulator.post("/_sim/settings", {"profile": "demo"})


def falling_back(name: str) -> dict[str, object]:
    """The next start of this server is accepted and then falls back to stopped, as EC2's do."""
    fleet = json.loads(FLEET.read_text())["accounts"]
    everything = [instance for account in fleet for instance in account["instances"]]
    instance = next(one["id"] for one in everything if one["name"] == name)
    return {"kind": "failed_start", "instance": instance, "count": 1}


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def ask(api: Client, servers: Mapping[str, int], action: str, *names: str) -> None:
    api.post("/operations", {"servers": [servers[name] for name in names], "action": action})


def wait_for_ends(api: Client, count: int) -> None:
    def ended() -> bool | None:
        rows = api.all("/operations?page_size=50")
        return True if sum(row["state"] in ENDS for row in rows) >= count else None

    patiently(ended, what=f"{count} operations to end", seconds=60)


def make_final(api: Client, nightly: Json) -> None:
    """The schedule as it will be from now on; what it did stays in its history."""
    now = api.get(f"/schedules/{nightly['id']}")
    api.call(
        "PATCH",
        f"/schedules/{nightly['id']}",
        body={"timezone": NIGHTLY[1], "rules": NIGHTLY_RULES},
        headers={"If-Match": f'"{now["revision"]}"'},
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
