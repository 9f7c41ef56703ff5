"""What every container of ours must keep to, read from docker-compose.yml and the Dockerfiles as they stand.

Each rule yields a sentence per breach. Wants no engine: what only an engine can show is in tests/images.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.engine.standins import STAND_INS

Service = Mapping[str, Any]
ONE_SHOTS = {"migrate", "samples"}
GRACE = 50
# Only these may know these: the key that opens cloud credentials never comes near the program people talk to.
KEEPERS = {
    "vault_private_keys": {"scheduler", "beat"},
    "aws_secret_access_key": {"scheduler", "beat"},
    "secret_key": {"api", "migrate"},
    "owner_password": {"migrate", "samples"},
    "tls_key": {"tls"},
}
OPEN = {"frontend": "${CLOUDEVY_BIND:-127.0.0.1}:", "tls": "${CLOUDEVY_TLS_BIND:-0.0.0.0}:"}
SECRET_NAME = re.compile(r"PASSWORD|SECRET|PRIVATE|TOKEN|_KEY\b|_KEYS\b|(DATABASE|BROKER)_URL")
MOUNTED = re.compile(r"/run/secrets/(\w+)")
OFFICIAL = {stand_in.image for stand_in in STAND_INS}


@dataclass(frozen=True)
class Build:
    """A Dockerfile: its instructions in order, and those of its last stage."""

    name: str
    instructions: list[tuple[str, str]]

    @property
    def stages(self) -> int:
        return sum(word == "FROM" for word, _ in self.instructions)

    @property
    def last_stage(self) -> list[tuple[str, str]]:
        at = max((i for i, (word, _) in enumerate(self.instructions) if word == "FROM"), default=0)
        return self.instructions[at:]

    def all(self, word: str) -> list[str]:
        return [rest for each, rest in self.instructions if each == word]

    def last(self, word: str) -> list[str]:
        return [rest for each, rest in self.last_stage if each == word]


def read(name: str, text: str) -> Build:
    """Comments gone, continued lines joined."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", bare)
    lines = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return Build(name, [(line[0].upper(), line[1] if len(line) > 1 else "") for line in lines])


def guarded(name: str, service: Service) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield f"{name} can write to its root"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
        yield f"{name} keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield f"{name} can gain privileges"
    if str(service.get("user", "root")).split(":")[0] in ("root", "0", ""):
        yield f"{name} runs as root"


def bounded(name: str, service: Service) -> Iterator[str]:
    if not service.get("mem_limit"):
        yield f"{name} has no memory limit"
    if not service.get("pids_limit"):
        yield f"{name} has no limit of processes"
    logging = service.get("logging", {})
    if logging.get("driver") != "json-file" or not {"max-size", "max-file"} <= set(
        logging.get("options", {})
    ):
        yield f"{name} never rotates its log"
    if not all("size=" in mount for mount in service.get("tmpfs", [])):
        yield f"{name} has a tmpfs without a size"


def lives_well(name: str, service: Service) -> Iterator[str]:
    """Starts again, is asked how it is, and has time to end."""
    wanted = "no" if name in ONE_SHOTS else "unless-stopped"
    if service.get("restart") != wanted:
        yield f"{name} has another restart policy than {wanted}"
    if int(str(service.get("stop_grace_period", "0s")).removesuffix("s")) < GRACE:
        yield f"{name} has less than {GRACE} s to end"
    check = service.get("healthcheck", {})
    asked_by_compose = bool(check.get("test")) and not check.get("disable")
    asked_by_image = "cloudevy-" in service["image"] and not check
    if name not in ONE_SHOTS and not (asked_by_compose or asked_by_image):
        yield f"{name} is never asked how it is"


def closed(name: str, service: Service) -> Iterator[str]:
    """Nobody reaches it but by the addresses meant for that, and it reaches nothing of the host."""
    for port in service.get("ports", []):
        if not str(port).startswith(("127.0.0.1:", OPEN.get(name, "127.0.0.1:"))):
            yield f"{name} publishes {port} to everybody"
    if name in ("postgres", "redis") and service.get("ports"):
        yield f"{name} publishes a port"
    if any(service.get(key) == "host" for key in ("network_mode", "pid", "ipc", "userns_mode")):
        yield f"{name} lives in a namespace of the host"
    for volume in service.get("volumes", []):
        if str(volume).startswith((".", "/", "~", "$")):
            yield f"{name} mounts {volume} of the host"


def image_is_named(name: str, service: Service) -> Iterator[str]:
    image = service.get("image", "")
    default = re.sub(r"^\$\{\w+:-([^}]*)\}$", r"\1", image)
    tag = default.rpartition(":")[2] if ":" in re.sub(r"\$\{[^}]*\}", "", default) else ""
    if not tag or tag == "latest" or "-latest" in image:
        yield f"{name} runs any version"
    if "cloudevy-" not in image and default not in OFFICIAL:
        yield f"{name} runs {default}, which is never tested"


def keeps_secrets(name: str, service: Service) -> Iterator[str]:
    """No secret is a value, only a path of a file; and only its keepers get that file."""
    for key, value in service.get("environment", {}).items():
        if SECRET_NAME.search(key) and not is_public(key, str(value)):
            yield f"{name} has the secret {key} in its environment"
    given = set(service.get("secrets", []))
    for secret in sorted(set(MOUNTED.findall(str(service))) - given):
        yield f"{name} reads the secret {secret}, which it is not given"
    for secret in sorted(given & set(KEEPERS)):
        if name not in KEEPERS[secret]:
            yield f"{name} is given the secret {secret}"


def is_public(key: str, value: str) -> bool:
    if key.endswith("_FILE"):
        return value.startswith("/run/secrets/")
    return key == "CLOUDEVY_AWS_ACCESS_KEY_ID"  # a name, not a secret


SERVICE_RULES = (guarded, bounded, lives_well, closed, image_is_named, keeps_secrets)


def compose_breaches(file: Mapping[str, Any]) -> list[str]:
    """All that docker-compose.yml does wrong."""
    services: Mapping[str, Service] = file["services"]
    found = [words for name, each in services.items() for rule in SERVICE_RULES for words in rule(name, each)]
    found += [
        f"the network {name} reaches out" for name in ("data",) if not file["networks"][name].get("internal")
    ]
    for name, secret in file["secrets"].items():
        if not str(secret.get("file", "")).startswith("./secrets/"):
            found.append(f"the secret {name} is no file in secrets/")
    return found


def build_breaches(build: Build) -> list[str]:
    """All that a Dockerfile does wrong."""
    return [words for rule in BUILD_RULES for words in rule(build)]


def stages(build: Build) -> Iterator[str]:
    if build.stages < 2:
        yield f"{build.name} ships what it was built with"
    for base in build.all("FROM"):
        if not re.match(r"(--platform=\S+ )?\$\{\w+_IMAGE\}", base):
            yield f"{build.name} starts from {base}, which nobody can replace"
    for argument in build.all("ARG"):
        key, _, default = argument.partition("=")
        if key.endswith("_IMAGE") and default not in OFFICIAL:
            yield f"{build.name} starts from {default}, which is never tested"


def unprivileged(build: Build) -> Iterator[str]:
    users = build.last("USER")
    if not users or not re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", users[-1].strip()):
        yield f"{build.name} ends as root, or as a user without a number"


def health(build: Build) -> Iterator[str]:
    if not any("CMD" in rest for rest in build.last("HEALTHCHECK")):
        yield f"{build.name} cannot be asked how it is"
    if any(not rest.strip().startswith("[") for word in ("CMD", "ENTRYPOINT") for rest in build.last(word)):
        yield f"{build.name} hides its program behind a shell, which hears no signals"


def layers(build: Build) -> Iterator[str]:
    """No secret in one, nothing fetched into one unproven."""
    if build.all("ADD"):
        yield f"{build.name} uses ADD"
    for rest in (*build.all("ARG"), *build.all("ENV")):
        if re.search(r"PASSWORD|SECRET|TOKEN|PRIVATE|_KEY", rest):
            yield f"{build.name} takes a secret: {rest}"
    for step in (step for rest in build.all("RUN") for step in rest.split("&&")):
        if re.search(r"\bpip (install|sync)\b", step) and "--require-hashes" not in step:
            yield f"{build.name} installs Python packages without hashes"
        if re.search(r"\bnpm (install|i)\b", step):
            yield f"{build.name} installs packages of the page without the lock"
    if any(rest.split()[0] in (".", "./") for rest in build.last("COPY")):
        yield f"{build.name} ships the whole folder"


def labels(build: Build) -> Iterator[str]:
    told = " ".join(build.last("LABEL"))
    for label in ("title", "version", "revision", "licenses"):
        if f"org.opencontainers.image.{label}=" not in told:
            yield f"{build.name} does not tell its {label}"


BUILD_RULES = (stages, unprivileged, health, layers, labels)
