"""docker-compose.yml and the Dockerfiles keep to the rules for containers, and each rule can be broken."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.checks.lint import files, is_dockerfile
from tests import container_rules as rules

ROOT = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILES = ("api/Dockerfile", "scheduler/Dockerfile", "frontend/Dockerfile", "deploy/demo/Dockerfile")
Break = Callable[[dict[str, Any]], object]


def test_the_compose_file_keeps_to_the_rules() -> None:
    assert rules.compose_breaches(COMPOSE) == []


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_dockerfile_keeps_to_the_rules(name: str) -> None:
    assert rules.build_breaches(rules.read(name, (ROOT / name).read_text())) == []


def test_no_dockerfile_is_forgotten() -> None:
    found = {name for name in files() if is_dockerfile(Path(name)) and not name.startswith("deploy/engine/")}
    assert found == set(DOCKERFILES)


COMPOSE_BREAKS: dict[str, tuple[str, Break]] = {
    "root can be written": ("can write to its root", lambda s: s["api"].update(read_only=False)),
    "a capability is added": ("keeps capabilities", lambda s: s["api"].update(cap_add=["NET_ADMIN"])),
    "a capability is not dropped": ("keeps capabilities", lambda s: s["beat"].pop("cap_drop")),
    "privileged": ("keeps capabilities", lambda s: s["redis"].update(privileged=True)),
    "new privileges": ("can gain privileges", lambda s: s["frontend"].pop("security_opt")),
    "no user": ("postgres runs as root", lambda s: s["postgres"].pop("user")),
    "root by number": ("runs as root", lambda s: s["scheduler"].update(user="0:0")),
    "no memory limit": ("no memory limit", lambda s: s["migrate"].pop("mem_limit")),
    "no limit of processes": ("no limit of processes", lambda s: s["samples"].pop("pids_limit")),
    "log of one size": ("never rotates", lambda s: s["api"].update(logging={"driver": "json-file"})),
    "another log driver": ("never rotates", lambda s: s["api"]["logging"].update(driver="none")),
    "endless tmpfs": ("tmpfs without a size", lambda s: s["api"].update(tmpfs=["/tmp"])),
    "no restart": ("another restart policy", lambda s: s["scheduler"].pop("restart")),
    "a one-shot that starts again": (
        "another restart policy",
        lambda s: s["migrate"].update(restart="always"),
    ),
    "short grace": ("less than 50 s", lambda s: s["scheduler"].update(stop_grace_period="10s")),
    "no grace": ("less than 50 s", lambda s: s["postgres"].pop("stop_grace_period")),
    "database unasked": ("never asked", lambda s: s["postgres"].pop("healthcheck")),
    "asking switched off": ("never asked", lambda s: s["api"].update(healthcheck={"disable": True})),
    "port for everybody": ("publishes 8002:8002", lambda s: s["api"].update(ports=["8002:8002"])),
    "port on all addresses": ("to everybody", lambda s: s["simulator"].update(ports=["0.0.0.0:8004:8004"])),
    "database from outside": ("postgres publishes", lambda s: s["postgres"].update(ports=["127.0.0.1:1:1"])),
    "host network": ("namespace of the host", lambda s: s["scheduler"].update(network_mode="host")),
    "docker's socket": ("of the host", lambda s: s["api"].update(volumes=["/var/run/docker.sock:/s"])),
    "a folder of the server": ("of the host", lambda s: s["api"].update(volumes=["./data:/data"])),
    "image without a tag": ("any version", lambda s: s["redis"].update(image="redis")),
    "latest": ("any version", lambda s: s["redis"].update(image="redis:latest")),
    "latest of ours": (
        "any version",
        lambda s: s["api"].update(image="cloudevy-api:${CLOUDEVY_TAG:-latest}"),
    ),
    "an image no test has seen": ("never tested", lambda s: s["postgres"].update(image="postgres:17")),
    "secret value": ("in its environment", lambda s: env(s, "postgres", POSTGRES_PASSWORD="x")),
    "secret by a variable": ("in its environment", lambda s: env(s, "api", CLOUDEVY_SECRET_KEY="${KEY}")),
    "database's address": (
        "in its environment",
        lambda s: env(s, "beat", CLOUDEVY_DATABASE_URL="postgres:x"),
    ),
    "secret file elsewhere": ("in its environment", lambda s: env(s, "api", CLOUDEVY_SECRET_KEY_FILE="/x")),
    "secret that is not mounted": ("is not given", lambda s: s["api"].update(secrets=["database_url"])),
    "key ring for the api": ("is given", lambda s: s["api"]["secrets"].append("vault_private_keys")),
    "django's key for the scheduler": ("is given", lambda s: s["scheduler"]["secrets"].append("secret_key")),
}


def env(services: dict[str, Any], name: str, **values: str) -> None:
    services[name]["environment"].update(values)


@pytest.mark.parametrize("words", COMPOSE_BREAKS)
def test_a_service_that_breaks_a_rule_is_told(words: str) -> None:
    broken = copy.deepcopy(COMPOSE)
    sentence, damage = COMPOSE_BREAKS[words]
    damage(broken["services"])
    assert any(sentence in found for found in rules.compose_breaches(broken))


def test_a_database_network_that_reaches_out_is_told() -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["networks"]["data"] = {}
    assert "the network data reaches out" in rules.compose_breaches(broken)


def test_a_secret_from_the_environment_is_told() -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["secrets"]["secret_key"] = {"environment": "SECRET_KEY"}
    assert "the secret secret_key is no file in secrets/" in rules.compose_breaches(broken)


BUILD_BREAKS: dict[str, tuple[str, str, str]] = {
    "one stage": ("ships what it was built with", r"(?s)^(.*?FROM .*?)FROM \$\{PYTHON_IMAGE\}\n", r"\1"),
    "a base by name": ("nobody can replace", r"FROM \$\{PYTHON_IMAGE\}\n", "FROM python:3.12\n"),
    "a base no test has seen": ("never tested", r"python:3\.12-slim-bookworm", "python:latest"),
    "no user": ("ends as root", r"\nUSER .*", ""),
    "root at the end": ("ends as root", r"\nUSER .*", r"\g<0>\nUSER 0:0"),
    "a user by name": ("ends as root", r"\nUSER .*", "\nUSER cloudevy"),
    "no health check": ("cannot be asked", r"\nHEALTHCHECK .*\\\n.*", ""),
    "no health check on purpose": ("cannot be asked", r"\nHEALTHCHECK .*\\\n.*", "\nHEALTHCHECK NONE"),
    "a shell in front": ("hears no signals", r"\nCMD \[.*", "\nCMD python -m api serve"),
    "ADD of an address": ("uses ADD", r"\nUSER ", "\nADD https://example.com/x /x\nUSER "),
    "a secret as argument": ("takes a secret", r"\nARG VERSION", "\nARG DATABASE_PASSWORD\nARG VERSION"),
    "a secret in the environment": ("takes a secret", r"\nENV ", "\nENV CLOUDEVY_SECRET_KEY=x \\\n    "),
    "packages without hashes": ("without hashes", r"--require-hashes --compile", "--compile"),
    "an installer without hashes": ("without hashes", r"--require-hashes -r", "-r"),
    "everything copied": ("ships the whole folder", r"\nUSER ", "\nCOPY . .\nUSER "),
    "no version": ("does not tell its version", r"\S+image\.version=\S+", ""),
    "no revision": ("does not tell its revision", r"\S+image\.revision=\S+", ""),
}


@pytest.mark.parametrize("words", BUILD_BREAKS)
def test_a_dockerfile_that_breaks_a_rule_is_told(words: str) -> None:
    sentence, before, after = BUILD_BREAKS[words]
    text = (ROOT / "api/Dockerfile").read_text()
    broken = re.sub(before, after, text)
    assert broken != text
    assert any(sentence in found for found in rules.build_breaches(rules.read("api/Dockerfile", broken)))


def test_packages_of_the_page_come_by_the_lock() -> None:
    text = (ROOT / "frontend/Dockerfile").read_text().replace("npm ci", "npm install")
    assert "frontend/Dockerfile installs packages of the page without the lock" in rules.build_breaches(
        rules.read("frontend/Dockerfile", text)
    )


def test_the_page_and_the_demo_bring_no_python_packages() -> None:
    for name in ("frontend/Dockerfile", "deploy/demo/Dockerfile"):
        build = rules.read(name, (ROOT / name).read_text())
        assert not [rest for rest in build.all("RUN") if re.search(r"\bpip\b|\buv\b", rest)]
        assert not [
            rest for rest in build.all("COPY") if "requirements" in rest or re.search(r"\bapi\b", rest)
        ]


def test_no_secret_reaches_a_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules_ = [line for line in lines if line and not line.startswith("#")]
    assert rules_[0] == "*"
    assert not [line for line in rules_ if re.match(r"!(secrets|\.env|\.git|var|\*)", line)]
    assert "**/.env*" in rules_
