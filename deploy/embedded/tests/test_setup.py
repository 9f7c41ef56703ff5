"""The setup of ./run and ./test finds a Python that works, and says in a sentence what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.embedded.programs import ROOT

SHIM = "#!/bin/sh\necho 'version manager: command not found' >&2\nexit 127\n"
NO_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexit 0\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as the setup reads."""
    (tmp_path / "bin").mkdir()
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "deploy" / "embedded" / "setup.sh", tmp_path)
    return tmp_path


def program(checkout: Path, name: str, text: str) -> None:
    path = checkout / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def sh(checkout: Path, steps: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{checkout / 'bin'}:/usr/bin:/bin"
    env = {"PATH": path, "HOME": str(checkout), "TMPDIR": os.environ.get("TMPDIR", "/tmp"), **environment}
    command = ("/bin/sh", "-euc", f". ./setup.sh; {steps}", "./run")
    return subprocess.run(command, check=False, cwd=checkout, env=env, capture_output=True, text=True)


def test_a_name_on_the_path_that_only_fails_is_passed_over(checkout: Path) -> None:
    program(checkout, "python3.12", SHIM)
    program(checkout, "python3.11", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    assert sh(checkout, "find_python").stdout.split() == ["python3.11"]


def test_a_python_named_by_the_person_goes_first(checkout: Path) -> None:
    assert sh(checkout, "find_python", CLOUDEVY_PYTHON=sys.executable).stdout.split() == [sys.executable]


def test_without_a_fitting_python_it_says_which_are(checkout: Path) -> None:
    program(checkout, "python3.12", SHIM)
    done = sh(checkout, "PYTHONS=python3.12; setup embedded")
    assert done.returncode == 1
    assert done.stderr.startswith("Cloudevy needs Python 3.11 or 3.12 and found neither: install one")


def test_a_python_without_its_venv_module_is_explained(checkout: Path) -> None:
    program(checkout, "python3.12", NO_VENV)
    done = sh(checkout, "PYTHONS=python3.12; setup embedded")
    assert done.returncode == 1
    assert "python3.12 has no venv module: install it" in done.stderr


def test_without_a_network_it_says_so(checkout: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    done = sh(
        checkout, "setup embedded", CLOUDEVY_PYTHON=sys.executable, PIP_CONFIG_FILE="/dev/null", **nowhere
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("The package installer (uv==")
    assert "check the network" in done.stderr
