"""One launcher per data folder; a folder that cannot be used is refused in a sentence."""

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.embedded import house, keys
from deploy.embedded.errors import CannotStart


def test_two_launchers_on_one_folder_refuse(tmp_path: Path) -> None:
    with (
        house.occupied(tmp_path, reset=False),
        pytest.raises(CannotStart, match="already running on"),
        house.occupied(tmp_path, reset=False),
    ):
        pass
    with house.occupied(tmp_path, reset=False):
        pass


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("")
    with (
        pytest.raises(CannotStart, match=r"cannot be used .*Choose another"),
        house.occupied(place, reset=False),
    ):
        pass


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(total=100, used=99, free=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CannotStart, match="Only 0 MB are free"), house.occupied(tmp_path, reset=False):
        pass


def test_reset_removes_what_we_made_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "api.log").touch()
    (tmp_path / "keys.json").touch()
    (tmp_path / "holiday.jpg").touch()
    with house.occupied(tmp_path, reset=True):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday.jpg", "lock", "logs", "run"]
        assert not list((tmp_path / "logs").iterdir())


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = keys.keep(tmp_path)
    assert keys.keep(tmp_path) == first
    assert (tmp_path / keys.FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "[]", '{"secret_key": "x"}', '{"other": 1}'])
def test_broken_keys_stop_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / keys.FILE).write_text(content)
    with pytest.raises(CannotStart, match=r"cannot be understood.*--reset"):
        keys.keep(tmp_path)


def test_a_pid_can_be_read_at_any_moment(tmp_path: Path) -> None:
    """What reads it kills: it must never find an empty file, nor half a number."""
    mine = house.House(tmp_path)
    mine.pid_file("api").parent.mkdir()
    mine.note_pid("api", 1)
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(mine.pid_file("api").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for pid in range(2, 400):
        mine.note_pid("api", pid)
    done.set()
    reader.join()
    assert all(text.strip().isdigit() and text.endswith("\n") for text in seen)
