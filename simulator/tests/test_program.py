"""`python -m simulator`: it starts on a free port, says so once, and ends on a signal."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from time import sleep

import pytest

from simulator import fleet

ROOT = Path(__file__).resolve().parents[2]


def program(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_one_line_writes_the_ready_file_and_ends_clean(
    tmp_path: Path, number: signal.Signals
) -> None:
    ready = tmp_path / "ready.json"
    process = program("--ready-file", str(ready), "--profile", "test", "--seed", "4")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while not ready.exists():
            assert process.poll() is None
            sleep(0.01)
        url = json.loads(ready.read_text())["url"]
        assert url in line
        with urllib.request.urlopen(f"{url}/_sim/health", timeout=5) as answer:
            health = json.loads(answer.read())
        assert (health["servers"], health["seed"], health["profile"]) == (8, 4, "test")
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=10)
        assert (process.returncode, rest, complaints) == (0, "", "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "loopback only"),
        (["--host", "0.0.0.0"], "--beyond-loopback"),
        (["--host", "example.com"], "loopback only"),
        (["--fleet", "/nowhere/fleet.json"], "/nowhere/fleet.json"),
    ],
)
def test_it_refuses_with_one_sentence(arguments: list[str], words: str) -> None:
    process = program(*arguments)
    _, complaints = process.communicate(timeout=20)
    assert process.returncode == 2
    assert words in complaints
    assert complaints.count("\n") == 1


def test_it_leaves_loopback_only_when_told_aloud() -> None:
    process = program("--host", "0.0.0.0", "--beyond-loopback", "--profile", "test")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "listening on http://0.0.0.0:" in line
        port = line.split("0.0.0.0:")[1].split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sim/health", timeout=5) as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_taken_port_is_refused_with_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = program("--port", str(taken.getsockname()[1]))
        _, complaints = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "cannot be used" in complaints


def test_the_sample_fleet_is_8_servers_in_2_accounts_and_3_regions_in_mixed_states() -> None:
    content = fleet.read(fleet.load(fleet.DEMO), now=1_800_000_000)
    assert len(content.instances) == len({it.instance_id for it in content.instances}) == 8
    assert {it.account for it in content.instances} == {"111122223333", "444455556666"}
    assert {it.region for it in content.instances} == {"eu-central-1", "us-east-1", "ap-south-1"}
    assert {it.view(1_800_000_000).state for it in content.instances} == {"running", "stopped"}
    assert all(it.name and it.tags["team"] and it.tags["env"] for it in content.instances)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"accounts": [{"id": "12"}]}, "12 digits"),
        ({"accounts": [{"id": "111122223333", "keys": [{"access_key_id": "A"}]}]}, "secret_access_key"),
        ({"accounts": [{"id": "111122223333", "instances": [{"region": "eu-central-1"}]}]}, "'id'"),
    ],
)
def test_a_fleet_that_cannot_be_used_says_why(data: dict[str, object], words: str) -> None:
    with pytest.raises(fleet.BadFleetError, match=words):
        fleet.read(data, now=0)
