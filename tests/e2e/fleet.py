"""What is true behind the page: servers made for a test in the simulated EC2, and the API's word."""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy.demo.client import Client, Json, patiently
from deploy.embedded.ready import Ready

ACCOUNT = "111122223333"
REGION = "eu-central-1"
ENDS = ("succeeded", "failed", "unknown", "skipped", "cancelled")


@dataclass(frozen=True)
class Server:
    """A server as both sides know it."""

    id: int
    name: str
    instance: str


class Fleet:
    """The simulated servers, and what the API says of them."""

    def __init__(self, ready: Ready) -> None:
        self.api = Client(f"{ready.url}/api/v1", ready.api_token)
        self.simulator = Client(str(ready.simulator_url))
        self.mine: list[Server] = []

    def settle(self, **seconds: float) -> None:
        """Transition times in seconds: start, stop, reboot_lag, reboot_dip."""
        self.simulator.post("/_sim/settings", {"profile": "test", **seconds})

    def add(self, name: str, state: str) -> Server:
        """A new server that no schedule of the samples touches, discovered like any other."""
        name = f"{name}-{secrets.token_hex(2)}"
        instance = f"i-0{secrets.token_hex(8)}"
        made = {"account": ACCOUNT, "id": instance, "region": REGION, "name": name, "state": state}
        self.simulator.post("/_sim/instances", {**made, "kind": "t3.micro", "minutes": 30})
        self.api.post(f"/accounts/{self.account()['id']}/discover", {})
        row = patiently(lambda: self.row(name, state), what=f"{name} to be discovered", seconds=30)
        self.mine.append(Server(row["id"], name, instance))
        return self.mine[-1]

    def sample(self, name: str) -> Server:
        """One of the sample servers; nothing else happens in its region, which keeps its own rhythm."""
        row = self.api.all(f"/servers?search={name}")[0]
        return Server(row["id"], name, row["instance_id"])

    def account(self) -> Json:
        """The sample account whose servers the tests add to."""
        return next(each for each in self.api.all("/accounts") if each["name"] == "Platform")

    def row(self, name: str, status: str) -> Json | None:
        """The API's row of a server, once it has this status."""
        found = [row for row in self.api.all(f"/servers?search={name}") if row["name"] == name]
        return found[0] if found and found[0]["status"] == status else None

    def status(self, server: Server) -> Json:
        return self.api.get(f"/servers/{server.id}/status")

    def state(self, server: Server) -> dict[str, Any]:
        """What the server really is, whatever anybody believes."""
        return dict(self.simulator.get(f"/_sim/states?instance={server.instance}")["states"][0])

    def calls(self, server: Server, action: str) -> list[Json]:
        """Accepted calls about this server, from the simulator's own ledger."""
        entries = self.simulator.get(f"/_sim/ledger?instance={server.instance}")["entries"]
        return [entry for entry in entries if entry["action"] == action and entry["accepted"]]

    def operations(self, server: Server) -> list[Json]:
        """Newest first."""
        return self.api.all(f"/operations?server={server.id}&ordering=-id")

    def fault(self, **fault: object) -> None:
        self.simulator.post("/_sim/faults", fault)

    def outside(self, server: Server, action: str) -> None:
        """Somebody acts on the server without us."""
        self.simulator.post("/_sim/outside", {"instance": server.instance, "action": action})

    def quiet(self) -> None:
        """Back to a fleet on which nothing is under way and no fault waits."""
        self.simulator.call("DELETE", "/_sim/faults")
        self.settle()
        for server in self.mine:
            patiently(partial(self._ended, server), what=f"{server.name} to come to rest", seconds=20)

    def _ended(self, server: Server) -> bool | None:
        return all(row["state"] in ENDS for row in self.operations(server)) or None
