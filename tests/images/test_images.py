"""What is in the images, and what is not."""

import json
import re
from pathlib import Path

import pytest

from tests.images.conftest import FIRST, Figures
from tests.images.server import IMAGES, ROOT, Environment, run

PYTHON = IMAGES[:2]
LISTING = (
    "import importlib.metadata as m; print(*sorted(d.metadata['Name'].lower() for d in m.distributions()))"
)


def ask(docker: Environment, *command: str) -> str:
    done = run("docker", *command, folder=ROOT, environment=docker)
    assert done.code == 0, done.said
    return done.said


def inside(docker: Environment, image: str, *command: str) -> str:
    return ask(
        docker, "run", "--rm", "--network=none", "--entrypoint", command[0], f"{image}:{FIRST}", *command[1:]
    )


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_what_it_is_and_how_big(images: Environment, figures: Figures, image: str) -> None:
    found = json.loads(ask(images, "image", "inspect", f"{image}:{FIRST}"))[0]
    labels = found["Config"]["Labels"]
    figures[f"{image}, MB"] = round(found["Size"] / 1e6)
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert labels["org.opencontainers.image.title"] == image
    assert labels["org.opencontainers.image.version"] == version.group(1)
    assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])


@pytest.mark.parametrize("image", IMAGES)
def test_nobody_in_it_is_root(images: Environment, image: str) -> None:
    assert inside(images, image, "id", "-u").strip() not in ("", "0")


def test_the_api_has_nothing_that_talks_to_aws(images: Environment) -> None:
    packages = inside(images, "cloudevy-api", "python", "-c", LISTING).split()
    assert "django" in packages
    assert not {"boto3", "botocore", "moto"} & set(packages)


def test_the_scheduler_has_nothing_that_serves_http(images: Environment) -> None:
    packages = inside(images, "cloudevy-downtime-scheduler", "python", "-c", LISTING).split()
    assert "boto3" in packages
    assert not {"djangorestframework", "granian", "django-allauth", "whitenoise"} & set(packages)


def test_the_page_brings_no_python(images: Environment) -> None:
    assert "index.html" in inside(images, "cloudevy-frontend", "ls", "/usr/share/cloudevy")
    done = run(
        "docker",
        "run",
        "--rm",
        "--entrypoint",
        "python3",
        f"cloudevy-frontend:{FIRST}",
        "--version",
        folder=ROOT,
        environment=images,
    )
    assert done.code != 0


@pytest.mark.parametrize("image", PYTHON)
def test_there_are_no_tests_and_no_sources_of_other_programs_in_it(images: Environment, image: str) -> None:
    files = inside(images, image, "find", "/opt/cloudevy/program", "-maxdepth", "2").split()
    names = {Path(each).name for each in files}
    assert "shared" in names
    other = "scheduler" if image == "cloudevy-api" else "api"
    assert not {"tests", "simulator", "frontend", ".git", ".env", "secrets", other} & names


@pytest.mark.parametrize("image", IMAGES)
def test_nothing_secret_is_said_in_its_history_or_environment(images: Environment, image: str) -> None:
    history = ask(images, "history", "--no-trunc", "--format", "{{.CreatedBy}}", f"{image}:{FIRST}")
    environment = json.loads(ask(images, "image", "inspect", f"{image}:{FIRST}"))[0]["Config"]["Env"]
    said = history + "\n".join(environment)
    assert not re.search(r"password|secret|private|PIP_INDEX|token", said, re.IGNORECASE)
