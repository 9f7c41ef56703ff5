"""What the pages name exists: links, files, variables, secrets, services, containers, modules, events."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = set(COMPOSE["services"])
CONTAINERS = {each["container_name"] for each in COMPOSE["services"].values() if "container_name" in each}
SECRETS = {Path(each["file"]).name for each in COMPOSE["secrets"].values()}
# init.sh stands beside docker-compose.yml on a server, where the pages say so.
ON_A_SERVER = {"init.sh"}
PARTS = "api|bench|deploy|docs|frontend|requirements|scheduler|shared|simulator|tests"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(rf"`((?:{PARTS})/[\w./-]*)`")
SCRIPT = re.compile(r"(?<![\w./])\./([a-z][\w.-]*)")
MODULE = re.compile(r"python -m ([\w.]+)")
VARIABLE = re.compile(r"\bCLOUDEVY_[A-Z_]+\b")
SECRET = re.compile(r"(?<![\w-])secrets/([a-z_.]+[a-z])")
FOLLOWED = re.compile(r"docker logs [^`\n|]*?(cloudevy-[a-z-]+)")
COMPOSE_WORDS = re.compile(r"docker compose (stop|restart|pull|logs|ps|up|exec) ([^`\n#|&<;]*)")
EVENT_ON_PAGE = re.compile(r"`([a-z]+\.[a-z_]+)`")
EVENT_IN_CODE = re.compile(r'\b(?:(?:event|warning)\(\s*f?|event = )"([a-z{}._]+)"')
# An outage makes its two names from its own; nginx writes the line of each request.
OUTAGE = re.compile(r'= Outage\(\s*"([a-z]+)"')
OF_NGINX = re.compile(r'"event":"([a-z.]+)"')


def missing_links(text: str, page: Path) -> Iterator[str]:
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_files(text: str, _page: Path) -> Iterator[str]:
    yield from (name for name in FILE.findall(text) if not (ROOT / name).exists())
    scripts = set(SCRIPT.findall(text)) - ON_A_SERVER - {"var"}
    yield from (name for name in scripts if not (ROOT / name).exists())


def missing_modules(text: str, _page: Path) -> Iterator[str]:
    for name in MODULE.findall(text):
        place = ROOT / name.rstrip(".").replace(".", "/")
        if not (place / "__main__.py").exists() and not place.with_suffix(".py").exists():
            yield name


def missing_variables(text: str, _page: Path) -> Iterator[str]:
    yield from (name for name in VARIABLE.findall(text) if name.removesuffix("_FILE") not in variables())


def variables() -> set[str]:
    known = [ROOT / "docs/reference/settings.md", ROOT / ".env.example"]
    rows = [
        re.findall(r"^(?:\| `)?(CLOUDEVY_[A-Z_]+)", page.read_text(), flags=re.MULTILINE) for page in known
    ]
    return {name for names in rows for name in names}


def missing_secrets(text: str, _page: Path) -> Iterator[str]:
    yield from (name for name in SECRET.findall(text) if name.removesuffix(".new") not in SECRETS)


def missing_containers(text: str, _page: Path) -> Iterator[str]:
    yield from (name for name in FOLLOWED.findall(text) if name not in CONTAINERS)
    for command, rest in COMPOSE_WORDS.findall(text):
        words = [word for word in rest.split() if not word.startswith("-")]
        services = words[:1] if command == "exec" else words
        yield from (f"{command} {name}" for name in services if name not in SERVICES)


CHECKS: dict[str, tuple[Callable[[str, Path], Iterator[str]], str]] = {
    "links": (missing_links, "[a](nowhere.md) [b](README.md#nowhere)"),
    "files": (missing_files, "`deploy/nothing.sh`, then ./nothing.sh"),
    "modules": (missing_modules, "python -m scheduler.nothing worker"),
    "variables": (missing_variables, "CLOUDEVY_NOTHING=1"),
    "secrets": (missing_secrets, "cat secrets/nothing"),
    "containers": (missing_containers, "docker logs -f cloudevy-nothing; docker compose restart api nothing"),
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.parametrize("what", CHECKS)
def test_what_a_page_names_exists(page: Path, what: str) -> None:
    missing, _ = CHECKS[what]
    assert list(missing(page.read_text(), page)) == []


@pytest.mark.parametrize("what", CHECKS)
def test_what_does_not_exist_is_found(what: str) -> None:
    missing, wrong = CHECKS[what]
    assert len(list(missing(wrong, ROOT / "README.md"))) == len(re.findall("nothing|nowhere", wrong.lower()))


def test_the_page_on_the_log_tells_of_every_event_and_of_no_other() -> None:
    told = set(EVENT_ON_PAGE.findall((ROOT / "docs/operations/log.md").read_text()))
    assert told == events() | of_the_page()


def of_the_page() -> set[str]:
    """nginx and what starts it write their own."""
    files = (ROOT / "frontend" / "nginx").iterdir()
    return {name for file in files for name in OF_NGINX.findall(file.read_text())}


def events() -> set[str]:
    """Names that the programs write; those made of parts stand for an outage's beginning and end."""
    files = [path for part in ("api", "scheduler", "shared") for path in (ROOT / part).rglob("*.py")]
    text = "\n".join(path.read_text() for path in files if "tests" not in path.parts)
    plain = {name for name in EVENT_IN_CODE.findall(text) if "{" not in name}
    return plain | {f"{name}.{end}" for name in OUTAGE.findall(text) for end in ("away", "back")}
