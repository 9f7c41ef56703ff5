"""`.env.example`, docker-compose.yml, the three scripts and the programs speak of the same variables."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SCRIPTS = ("build-images.sh", "push-images.sh", "pull-images.sh", "deploy/image_names.sh")
VARIABLE = r"(?:CLOUDEVY|COMPOSE|LOG)_[A-Z_]+"
READ = re.compile(r'env\.(?:text|flag|number|secret)\(\s*"([A-Z_]+)"')
SERVICES = {"api": "api", "scheduler": "scheduler", "beat": "scheduler", "frontend": "frontend"}
# Compose itself reads it, and pull-images.sh tells of it.
OF_COMPOSE = {"COMPOSE_PROFILES"}
# What compose does not pass on, and why.
NOT_PASSED = {
    "api": {"CLOUDEVY_STATIC_DIR": "nginx serves the page"},
    "scheduler": {"CLOUDEVY_HEALTH_HOST": "set in the image", "CLOUDEVY_HEALTH_PORT": "set in the image"},
    "beat": {"CLOUDEVY_HEALTH_HOST": "set in the image", "CLOUDEVY_HEALTH_PORT": "set in the image"},
    "frontend": {"CLOUDEVY_API": "the api is where its default says"},
}


def in_example(text: str = EXAMPLE) -> list[str]:
    return re.findall(rf"^({VARIABLE})=", text, flags=re.MULTILINE)


def in_compose(text: str = COMPOSE) -> set[str]:
    return set(re.findall(rf"\$\{{({VARIABLE})[}}:?+-]", text))


def in_scripts() -> set[str]:
    return {
        name
        for script in SCRIPTS
        for name in re.findall(rf"\bsetting ({VARIABLE})", (ROOT / script).read_text())
    }


def passed(service: str) -> set[str]:
    """Variables a service gets from compose; a `_FILE` stands for the secret itself."""
    services: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    names: Iterable[str] = services[service]["environment"]
    return {name.removesuffix("_FILE") for name in names}


def read_by(image: str) -> set[str]:
    """Variables that the code in an image asks for."""
    if image == "frontend":
        script = (ROOT / "frontend/nginx/start.sh").read_text()
        return set(re.findall(rf"\$\{{({VARIABLE}):-", script))
    files = [path for part in (image, "shared") for path in (ROOT / part).rglob("*.py")]
    return {name for path in files if "tests" not in path.parts for name in READ.findall(path.read_text())}


def test_the_example_tells_of_every_variable_that_somebody_reads_and_of_no_other() -> None:
    assert set(in_example()) == in_compose() | in_scripts() | OF_COMPOSE


def test_the_example_names_no_variable_twice() -> None:
    assert len(in_example()) == len(set(in_example()))


def test_what_compose_falls_back_to_is_what_the_example_says() -> None:
    """A line that is missing in an older .env must mean the same as the line people read."""
    fallbacks = dict(re.findall(rf"\$\{{({VARIABLE}):-([^}}]*)\}}", COMPOSE))
    told = dict(re.findall(rf"^({VARIABLE})=(.*)$", EXAMPLE, flags=re.MULTILINE))
    assert {name: told[name] for name in fallbacks} == fallbacks


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_a_program_reads_can_be_set_on_a_server(service: str) -> None:
    missing = read_by(SERVICES[service]) - passed(service)
    assert missing == set(NOT_PASSED[service])


@pytest.mark.parametrize("service", SERVICES)
def test_a_program_is_given_nothing_that_it_does_not_read(service: str) -> None:
    assert passed(service) - read_by(SERVICES[service]) == set()


def test_every_secret_of_compose_has_its_file_and_its_maker() -> None:
    """`tls.crt` and `tls.key` are the operator's own; init.sh makes all the others."""
    files = {entry["file"] for entry in yaml.safe_load(COMPOSE)["secrets"].values()}
    made = re.findall(
        r"^keep(?:_empty)? ([a-z_.]+)", (ROOT / "deploy/init.sh").read_text(), flags=re.MULTILINE
    )
    assert files == {f"./secrets/{name}" for name in [*made, "tls.crt", "tls.key"]}


def test_a_variable_that_is_only_in_one_place_would_be_noticed() -> None:
    assert in_example("CLOUDEVY_NEW=1\n# CLOUDEVY_OLD=\n") == ["CLOUDEVY_NEW"]
    assert in_compose("a: ${CLOUDEVY_A:-1} ${CLOUDEVY_B:?say} ${LOG_FORMAT}") == {
        "CLOUDEVY_A",
        "CLOUDEVY_B",
        "LOG_FORMAT",
    }


def test_the_demo_s_key_is_the_simulator_s_own() -> None:
    fleet = json.loads((ROOT / "simulator" / "fleets" / "demo.json").read_text())
    keys = [key for account in fleet["accounts"] for key in account["keys"]]
    service = next(key for key in keys if key["user"] == "cloudevy-service")
    script = (ROOT / "deploy" / "init.sh").read_text()
    assert f"CLOUDEVY_AWS_ACCESS_KEY_ID={service['access_key_id']}\n" in script
    assert f"DEMO_SECRET={service['secret_access_key']}\n" in script
