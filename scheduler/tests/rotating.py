"""The vault's key turned under fire: killed again and again, while credentials are opened and replaced.

Used by a test and, with larger numbers, by a measurement. It wants a database that has our tables.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from shared import vault

ROOT = Path(__file__).parents[2]
OLD, NEW = vault.generate("k1"), vault.generate("k2")
BOTH = vault.parse_ring(f"{NEW[1]}\n{OLD[1]}")
SEED = """
import django, json, os, sys
django.setup()
from shared import vault
from shared.fleet.models import Account
from shared.people.models import Workspace
key = vault.parse_public(os.environ["CLOUDEVY_VAULT_PUBLIC_KEY"])
workspace = Workspace.objects.create(name="default")
accounts = [Account(workspace=workspace, name=f"account {n}", kind="keys") for n in range(int(sys.argv[1]))]
for each in accounts:
    each.sealed = vault.seal(f"first of {each.name}", key=key, uid=str(each.uid), field="credential")
    each.key_id = key.id
Account.objects.bulk_create(accounts)
"""
ROW = "SELECT uid, name, sealed FROM fleet_account WHERE id = %s"
TURNED = "SELECT count(*) FROM fleet_account WHERE sealed LIKE 'v1.k2.%'"
REPLACE = "UPDATE fleet_account SET sealed = %s, key_id = %s WHERE id = %s"


@dataclass
class House:
    """A database of credentials, and the two who use it all the time: a worker opens, a person types."""

    address: str
    seed: int = 38
    opened: int = 0
    replaced: int = 0
    failures: list[str] = field(default_factory=list)
    last: dict[int, str] = field(default_factory=dict)
    # The api seals with the old key until it is started with the new one.
    public: str = OLD[0]

    def furnish(self, count: int) -> None:
        run = self.environment() | {"DJANGO_SETTINGS_MODULE": "scheduler.settings"}
        run["CLOUDEVY_VAULT_PUBLIC_KEY"] = OLD[0]
        command = (sys.executable, "-c", SEED, str(count))
        subprocess.run(command, check=True, cwd=ROOT, env=run, timeout=120)
        with psycopg.connect(self.address) as link:
            rows = link.execute("SELECT id, name FROM fleet_account").fetchall()
        self.last = {row: f"first of {name}" for row, name in rows}

    def environment(self) -> dict[str, str]:
        ring = f"{NEW[1]}\n{OLD[1]}"
        ours = {"CLOUDEVY_DATABASE_URL": self.address, "CLOUDEVY_VAULT_PRIVATE_KEYS": ring}
        return dict(os.environ) | ours | {"LOG_FORMAT": "human"}

    @contextmanager
    def lived_in(self) -> Iterator[None]:
        stop = threading.Event()
        people = [threading.Thread(target=each, args=(stop,)) for each in (self.open_all, self.type_anew)]
        for each in people:
            each.start()
        try:
            yield
        finally:
            stop.set()
            for each in people:
                each.join()

    def open_all(self, stop: threading.Event) -> None:
        """What a worker does that knows both keys; a credential is one that this account was given."""
        chance, ids = random.Random(self.seed), list(self.last)
        with psycopg.connect(self.address, autocommit=True) as link:
            while not stop.wait(0.001):
                uid, name, text = link.execute(ROW, [chance.choice(ids)]).fetchone() or ("", "", "")
                try:
                    plain = vault.unseal(text, ring=BOTH, uid=str(uid), field="credential")
                except Exception as error:  # noqa: BLE001  whatever it is, an execution would have failed
                    self.failures.append(f"{name}: {error!r}")
                else:
                    self.opened += 1
                    if not plain.endswith(f" of {name}"):
                        self.failures.append(f"{name} got {plain}")

    def type_anew(self, stop: threading.Event) -> None:
        """What the api does when somebody enters another access key."""
        chance, ids = random.Random(self.seed), list(self.last)
        with psycopg.connect(self.address, autocommit=True) as link:
            while not stop.wait(0.01):
                row, key = chance.choice(ids), vault.parse_public(self.public)
                uid, name, _ = link.execute(ROW, [row]).fetchone() or ("", "", "")
                self.replaced += 1
                self.last[row] = f"{self.replaced} of {name}"
                text = vault.seal(self.last[row], key=key, uid=str(uid), field="credential")
                link.execute(REPLACE, [text, key.id, row])

    def turned(self) -> int:
        with psycopg.connect(self.address) as link:
            return (link.execute(TURNED).fetchone() or (0,))[0]

    def rotate(self, *more: str) -> "subprocess.Popen[str]":
        command = (sys.executable, "-m", "scheduler", "rotate", *more)
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def killed(self, *, after: int, sign: signal.Signals = signal.SIGKILL) -> int:
        """A rotation that is sent this signal once it has turned so many more; the code of its end."""
        goal = self.turned() + after
        process = self.rotate()
        with psycopg.connect(self.address, autocommit=True) as link:
            while process.poll() is None and (link.execute(TURNED).fetchone() or (0,))[0] < goal:
                time.sleep(0.001)
        process.send_signal(sign)
        process.communicate()
        return process.returncode

    def finished(self, *more: str) -> tuple[int, str]:
        process = self.rotate(*more)
        told, _ = process.communicate(timeout=300)
        return process.returncode, told

    def wrong(self) -> list[str]:
        """Accounts that do not open, with the new key alone, to what was last entered."""
        ring = vault.parse_ring(NEW[1])
        with psycopg.connect(self.address) as link:
            rows = link.execute("SELECT id, uid, name, sealed, key_id FROM fleet_account").fetchall()
        found = []
        for row, uid, name, text, key in rows:
            if key != "k2" or vault.key_of(text) != "k2":
                found.append(f"{name} is on {key}")
            elif vault.unseal(text, ring=ring, uid=str(uid), field="credential") != self.last[row]:
                found.append(f"{name} lost what was entered last")
        return found


def under_fire(house: House, *, kills: int) -> Mapping[str, object]:
    """So many runs killed, the next one left to end; half-way the api gets the new key. What came of it."""
    chance, codes = random.Random(house.seed), []
    share = max(1, len(house.last) // (kills * 3))
    with house.lived_in():
        for number in range(kills):
            if number == kills // 2:
                house.public = NEW[0]
            codes.append(house.killed(after=chance.randint(1, share)))
        left = len(house.last) - house.turned()
        began = time.monotonic()
        code, told = house.finished()
        seconds = time.monotonic() - began
    return {
        "killed": codes.count(-9),
        "left for the last run": left,
        "code": code,
        "told": told,
        "seconds": seconds,
        "opened": house.opened,
        "replaced": house.replaced,
        "failures": house.failures,
        "wrong": house.wrong(),
    }
