"""Children are kept alive, stopped in order, and never outlive their launcher."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from deploy.embedded.children import Children
from deploy.embedded.errors import CannotStart
from deploy.embedded.house import House, occupied
from deploy.embedded.processes import Program
from deploy.embedded.programs import ROOT

FOREVER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); {FOREVER}"
NOTING = """
import signal, sys, time
def end(*_):
    print({0!r}, file=open({1!r}, "a"))
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""
LAUNCHER = """
import sys, time
from functools import partial
from pathlib import Path
from deploy.embedded.children import Children
from deploy.embedded.house import House
from deploy.embedded.processes import Program
children = Children(House(Path(sys.argv[1])), say=print)
children.start(Program("child", (sys.executable, "-c", sys.argv[2]), {}), ready=lambda: True)
print(children.all[0].process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    with occupied(tmp_path / "data", reset=False) as house:
        return house


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(house: House, said: list[str]) -> Children:
    return Children(house, say=said.append)


def python(code: str, *, name: str = "child", patience: float = 10.0) -> Program:
    return Program(name, (sys.executable, "-c", code), {}, patience=patience)


def eventually(
    condition: Callable[[], object], attend: Callable[[], None] = lambda: time.sleep(0.02)
) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 20 s"
        attend()


def spoke(log: Path) -> bool:
    return "up" in log.read_text()


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def members(group: int) -> set[int]:
    """Living processes of a process group."""
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid for pid in found if lives(pid) and group_of(pid) == group}


def group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_a_dead_child_is_started_again_and_a_line_says_so(
    children: Children, said: list[str], house: House
) -> None:
    children.start(python(FOREVER), ready=lambda: True)
    first = children.all[0].process.pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: children.all[0].process.pid != first, children.attend)
    assert said == ["child was ended by SIGKILL; starting it again in 0.2 s"]
    assert house.pid_file("child").read_text() == f"{children.all[0].process.pid}\n"
    children.stop()


def test_a_child_that_keeps_dying_is_given_longer_pauses(children: Children, said: list[str]) -> None:
    children.start(python("raise SystemExit(3)"), ready=lambda: True)
    eventually(lambda: len(said) == 3, children.attend)
    assert [line.rsplit(" ", 2)[1] for line in said] == ["0.2", "0.4", "0.8"]
    assert said[0].startswith("child ended with code 3;")
    children.stop()


def test_a_child_that_dies_while_starting_is_reported_with_its_last_words(children: Children) -> None:
    with pytest.raises(CannotStart, match=r"child ended with code 1.*\n.*no such dish"):
        children.start(python("raise SystemExit('no such dish')"), ready=lambda: False)
    children.stop()


def test_children_stop_in_reverse_order_and_leave_nothing(children: Children, house: House) -> None:
    order = house.path / "order"
    for name in ("first", "second", "third"):
        children.start(
            python(NOTING.format(name, str(order)), name=name), ready=partial(spoke, house.log(name))
        )
    pids = [child.process.pid for child in children.all]
    children.stop()
    assert order.read_text().split() == ["third", "second", "first"]
    assert not any(map(lives, pids))
    assert not list((house.path / "run").iterdir())


def test_a_child_that_ignores_the_request_is_killed_after_its_patience(
    children: Children, house: House
) -> None:
    children.start(python(STUBBORN, patience=0.1), ready=lambda: "up" in house.log("child").read_text())
    pid = children.all[0].process.pid
    children.stop()
    assert not lives(pid)


def test_what_a_child_started_goes_with_it(children: Children, house: House) -> None:
    children.start(python(PARENT), ready=lambda: house.log("child").read_text().count("up") == 2)
    group = children.all[0].process.pid
    assert len(members(group)) == 2
    os.kill(group, signal.SIGKILL)
    eventually(lambda: children.all[0].process.pid != group, children.attend)
    assert not members(group)
    children.stop()


def test_output_meant_for_the_terminal_reaches_it_and_the_log(
    children: Children, house: House, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    program = Program("child", (sys.executable, "-c", "print('⏹️ stopped')"), {"PYTHONUTF8": "1"}, shown=True)
    children.run(program)
    assert not capfdbinary.readouterr().out
    house.log("child").unlink()
    children.quiet = False
    children.run(program)
    assert capfdbinary.readouterr().out.decode() == house.log("child").read_text() == "⏹️ stopped\n"


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_launcher_takes_its_children_along(house: House, sign: signal.Signals) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, house.path, FOREVER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout
    child = int(launcher.stdout.readline())
    assert lives(child)
    launcher.send_signal(sign)
    launcher.communicate()
    eventually(lambda: not lives(child))
