"""The vault's key turned on thousands of credentials in use: how long it takes, and that nobody is shut out.

    .venv/bin/python -m bench.rotation --credentials 5000 --kills 10

On a database of its own, durable as the product's. Rotations are killed with SIGKILL, one after the other,
while credentials are opened and replaced all the time; the last one may end. It prints figures and what went
wrong; 1 when anything did.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.embedded import ports, processes
from deploy.embedded.keys import generate
from deploy.embedded.postgres import Postgres
from scheduler.tests.rotating import ROOT, House, under_fire

SHOWN = ("killed", "left for the last run", "code", "seconds", "opened", "replaced", "failures", "wrong")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rotation")
    parser.add_argument("--credentials", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10)
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="cloudevy-rotation-") as name:
        Path(name).chmod(0o711)
        postgres = Postgres(Path(name), port=ports.free(), password="measured")  # noqa: S106
        postgres.prepare()
        with (Path(name) / "postgres.log").open("wb") as log:
            child = processes.spawn(postgres.program(), output=log)
        try:
            processes.wait_until(postgres.answers, child, name="Postgres")
            return measure(postgres, credentials=wanted.credentials, kills=wanted.kills)
        finally:
            processes.stop(child, postgres.program())


def measure(postgres: Postgres, *, credentials: int, kills: int) -> int:
    os.environ.update(settings(postgres))
    migrate = (sys.executable, "-m", "api", "migrate", "--no-input", "--verbosity", "0")
    subprocess.run(migrate, check=True, cwd=ROOT)
    house = House(postgres.url)
    house.furnish(credentials)
    found = under_fire(house, kills=kills)
    code, told = house.finished("--check")
    print(told, *(f"{name}: {found[name]}" for name in SHOWN), f"check: {code}", sep="\n")
    well = found["killed"] == kills and not (found["code"] or code or found["failures"] or found["wrong"])
    return 0 if well else 1


def settings(postgres: Postgres) -> dict[str, str]:
    """What both programs want to be told; the vault's keys of the scheduler are the house's."""
    keys = generate()
    return {
        "CLOUDEVY_DATABASE_URL": postgres.url,
        "CLOUDEVY_BROKER_URL": "redis://127.0.0.1:1/0",
        "CLOUDEVY_SECRET_KEY": keys.secret_key,
        "CLOUDEVY_VAULT_PUBLIC_KEY": keys.vault_public,
        "CLOUDEVY_PUBLIC_URL": "http://127.0.0.1:8001",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
