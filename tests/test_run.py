"""`./run`: everything comes up, one launcher per folder, nothing stays behind, the next start knows."""

import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

from deploy.demo.client import Client
from deploy.embedded.programs import ROOT
from deploy.embedded.ready import Ready, fetch
from tests.launching import LONGEST_STOP, eventually, family, launched, living, when_ready


def refusal(*options: str) -> str:
    """The sentence with which the launcher ends at once."""
    command = (sys.executable, "-m", "deploy.embedded", *options)
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr.strip()


def test_the_page_the_api_and_the_samples_are_there(cloudevy: Ready) -> None:
    api = Client(f"{cloudevy.url}/api/v1", cloudevy.api_token)
    assert fetch(f"{cloudevy.url}/readyz")[0] == 200
    assert fetch(cloudevy.url)[0] == 200
    assert api.get("/me")["email"] == cloudevy.username
    assert {account["status"] for account in api.all("/accounts")} == {"ok"}
    assert len(api.all("/servers")) == 8
    assert "Nightly Shutdown" in {schedule["name"] for schedule in api.all("/schedules")}
    assert "failed" in {operation["state"] for operation in api.all("/operations")}


def test_the_sign_in_is_told_to_its_owner_only(cloudevy: Ready, folder: Path) -> None:
    for name in ("ready.json", "data/credentials.json", "data/keys.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert json.loads((folder / "ready.json").read_text())["password"] == cloudevy.password


def test_a_second_launcher_on_the_same_folder_refuses(cloudevy: Ready, folder: Path) -> None:
    assert refusal("--data", str(folder / "data")).startswith("Cloudevy is already running on")


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = refusal("--data", str(tmp_path / "data"), "--port", str(port))
    assert sentence.startswith(f"Port {port} is taken by another program.")


def test_nothing_outlives_the_launcher_and_the_next_one_knows_what_it_knew(folder: Path) -> None:
    home = folder / "again"
    home.mkdir(mode=0o711)
    with launched(home, "--no-demo") as launcher:
        first = when_ready(launcher, home)
        everybody = family(launcher.pid)
        assert len(everybody) > 6
        launcher.kill()
        eventually(lambda: not living(everybody), otherwise=lambda: living(everybody))
    (home / "ready.json").unlink()
    with launched(home, "--no-demo") as launcher:
        second = when_ready(launcher, home)
        everybody = family(launcher.pid)
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(LONGEST_STOP) == 0
        assert not living(everybody)
    assert (second.username, second.password, second.api_token) == (
        first.username,
        first.password,
        first.api_token,
    )
    assert second.simulator_url is None
    assert not (home / "ready.json").exists()
