"""Cloudevy's own programs as the launcher starts them, each with the settings it needs and no others'.

Only worker and beat hold the vault's private keys; the api can only seal.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.keys import Keys
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import Program

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "frontend" / "dist"
FLEET = ROOT / "simulator" / "fleets" / "demo.json"
OWNER = "admin@example.com"
PYTHON = sys.executable


@dataclass(frozen=True)
class Site:
    """Where everything listens in this run. `simulator` None: real AWS, or the person's own endpoint."""

    database_url: str
    broker_url: str
    port: int
    simulator: int | None
    keys: Keys

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def simulator_url(self) -> str | None:
        return f"http://{LOOPBACK}:{self.simulator}" if self.simulator else None

    def common(self) -> dict[str, str]:
        return inherited(demo=self.simulator is not None) | {
            "CLOUDEVY_DATABASE_URL": self.database_url,
            "CLOUDEVY_BROKER_URL": self.broker_url,
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
        }

    def for_api(self) -> dict[str, str]:
        demo = {"CLOUDEVY_DEMO": "1"} if self.simulator else {}
        return (
            self.common()
            | demo
            | {
                "CLOUDEVY_SECRET_KEY": self.keys.secret_key,
                "CLOUDEVY_VAULT_PUBLIC_KEY": self.keys.vault_public,
                "CLOUDEVY_PUBLIC_URL": self.url,
                "CLOUDEVY_STATIC_DIR": str(PAGE),
            }
        )

    def for_scheduler(self) -> dict[str, str]:
        aws = simulated_aws(self.simulator_url) if self.simulator_url else {}
        return self.common() | aws | {"CLOUDEVY_VAULT_PRIVATE_KEYS": self.keys.vault_private}


def simulated_aws(url: str) -> dict[str, str]:
    """The simulator in the place of AWS, and the access key with which the installation assumes roles."""
    accounts = json.loads(FLEET.read_text())["accounts"]
    service = next(
        key for account in accounts for key in account["keys"] if key["user"] == "cloudevy-service"
    )
    return {
        "CLOUDEVY_AWS_ENDPOINT_URL": url,
        "CLOUDEVY_AWS_ACCESS_KEY_ID": service["access_key_id"],
        "CLOUDEVY_AWS_SECRET_ACCESS_KEY": service["secret_access_key"],
    }


def inherited(*, demo: bool) -> dict[str, str]:
    """This shell's environment: certificates, proxies and languages stay, settings for Cloudevy do not.

    The demo drops AWS settings too: a simulator has no use for an identity of this machine. Without the demo
    they stay, and so does CLOUDEVY_AWS_*: the person's own endpoint and access key.
    """
    unwanted, wanted = (("CLOUDEVY_", "AWS_"), ()) if demo else (("CLOUDEVY_",), ("CLOUDEVY_AWS_",))
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) or name.startswith(wanted)
    }


def simulator(site: Site) -> Program:
    address = ("--host", LOOPBACK, "--port", str(site.simulator), "--fleet", str(FLEET))
    return program(
        "simulator", "simulator", *address, environment=inherited(demo=True) | {"PYTHONUNBUFFERED": "1"}
    )


def api(site: Site) -> Program:
    """The API and the page on one port."""
    place = ("--host", LOOPBACK, "--port", str(site.port), "--workers", "1")
    return program("api", "deploy.embedded.serve", *place, environment=site.for_api())


def worker(site: Site) -> Program:
    """The clock and the hands; its log is the story, so the terminal shows it."""
    return program("worker", "scheduler", "worker", environment=site.for_scheduler(), shown=True)


def beat(site: Site) -> Program:
    return program("beat", "scheduler", "beat", environment=site.for_scheduler())


def migrate(site: Site) -> Program:
    return program("migrate", "api", "migrate", "--no-input", environment=site.for_api())


def bootstrap(site: Site, *, credentials: Path) -> Program:
    who = ("--owner-email", OWNER, "--credentials-file", str(credentials))
    return program("bootstrap", "api", "bootstrap", *who, environment=site.for_api())


def samples(told: Path) -> Program:
    return tool("samples", "deploy.demo.samples", "--ready-file", str(told))


def story(told: Path, *arguments: str) -> Program:
    return tool("story", "deploy.embedded.story", str(told), *arguments)


def tool(name: str, module: str, *arguments: str) -> Program:
    """Something that uses the public API like anybody else; its words are for the terminal."""
    environment = inherited(demo=True) | {"PYTHONUNBUFFERED": "1"}
    return program(name, module, *arguments, environment=environment, shown=True)


def program(
    name: str, module: str, *arguments: str, environment: Mapping[str, str], shown: bool = False
) -> Program:
    return Program(
        name=name,
        command=(PYTHON, "-m", module, *arguments),
        environment=environment,
        shown=shown,
        folder=ROOT,
    )
