"""The data folder: where things lie in it, that it can be used, and that one launcher uses it at a time."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.postgres import quarters

OURS = ("postgres", "postgres.new", "keys.json", "credentials.json", "seeded", "logs", "run")
ROOM_WANTED = 300 * 1024 * 1024


@dataclass(frozen=True)
class House:
    """Paths inside one data folder."""

    path: Path

    @property
    def credentials(self) -> Path:
        return self.path / "credentials.json"

    @property
    def seeded(self) -> Path:
        return self.path / "seeded"

    @property
    def told(self) -> Path:
        """Where everything listens and how to sign in, while it runs."""
        return self.path / "run" / "ready.json"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        return self.path / "run" / f"{name}.pid"

    def note_pid(self, name: str, pid: int) -> None:
        """Whole or not at all: somebody may be reading."""
        draft = self.pid_file(name).with_suffix(".new")
        draft.write_text(f"{pid}\n")
        draft.replace(self.pid_file(name))


@contextmanager
def occupied(path: Path, *, reset: bool) -> Iterator[House]:
    """The folder, made if need be and locked until the block ends. The lock dies with its process."""
    house = House(path.resolve())
    try:
        house.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        lock = (house.path / "lock").open("w")
    except OSError as error:
        raise CannotStart(
            f"The data folder {house.path} cannot be used ({error.strerror}). "
            "Choose another: ./run --data DIR"
        ) from error
    with lock:
        take(lock.fileno(), house)
        furnish(house, reset=reset)
        yield house


@contextmanager
def rented() -> Iterator[House]:
    """A folder for one occasion; nothing of it stays."""
    with (
        tempfile.TemporaryDirectory(prefix="cloudevy-") as folder,
        occupied(Path(folder), reset=False) as house,
    ):
        house.path.chmod(0o711)
        try:
            yield house
        finally:
            clear(house)


def take(lock: int, house: House) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"Cloudevy is already running on {house.path}. "
            "Stop that one with Ctrl-C, or use another folder: ./run --data DIR"
        ) from None


def furnish(house: House, *, reset: bool) -> None:
    if reset:
        clear(house)
    room = shutil.disk_usage(house.path).free
    if room < ROOM_WANTED:
        raise CannotStart(
            f"Only {room // 2**20} MB are free where {house.path} lies. "
            "Free 300 MB, or use another disk: ./run --data DIR"
        )
    for name in ("logs", "run"):
        (house.path / name).mkdir(mode=0o700, exist_ok=True)


def clear(house: House) -> None:
    """Remove what we made, and nothing else that may lie there."""
    if quarters(house.path) != house.path:
        shutil.rmtree(quarters(house.path), ignore_errors=True)
    for name in OURS:
        path = house.path / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
