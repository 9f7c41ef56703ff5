"""What the engine is made of, from Debian's own packages. Knows no address: the machine's apt does.

Debian 12's engine is too old for us (no Compose v2, no BuildKit plugin). The next Debian's programs run with
the containerd and runc of Debian 12, so these few packages are unpacked in a folder, and never installed.
"""

import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.engine.commands import Words, run

CACHE = Path(__file__).resolve().parents[2] / "var" / "images"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
RELEASE, NEXT = "bookworm", "trixie"
# Which program tells that a package is there.
ENGINE = {
    "containerd": "docker.io",
    "runc": "docker.io",
    "docker": "docker.io",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
}
APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300")


def release() -> str:
    """The machine's Debian release, or an empty word."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def demand_debian() -> None:
    if release() != RELEASE:
        raise CannotStart(
            f"No Docker engine answers, and one can be made only on Debian 12 ({RELEASE}). "
            "Install and start Docker with its Compose plugin, and run this again."
        )


def demand_root() -> None:
    if os.geteuid() != 0:
        raise CannotStart(
            "No Docker engine answers, and only root may install and start one. "
            "Start Docker (or name it in DOCKER_HOST), or run this as root on a machine meant for tests."
        )


def install(programs: Mapping[str, str]) -> None:
    """Packages of the programs that are missing."""
    missing = sorted({package for program, package in programs.items() if shutil.which(program) is None})
    if not missing:
        return
    demand_debian()
    demand_root()
    apt = (*APT, "install", "-y", "--no-install-recommends", *missing)
    again(apt, after=(*APT, "update"))


def again(
    command: Words, *, after: Words, folder: Path | None = None, environment: Mapping[str, str] = os.environ
) -> None:
    """Once more when it failed: lists of packages grow old, and mirrors have moments."""
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(command, environment=quiet, folder=folder)
    except CannotStart:
        run(after, environment=quiet)
        run(command, environment=quiet, folder=folder)


def later(name: str) -> Path:
    """The folder with a package of the next Debian unpacked; fetched once, then kept. Wants no root."""
    folder = CACHE / NEXT / name
    if not folder.is_dir():
        demand_debian()
        unpack(name, folder)
    return folder


def unpack(name: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as half:
        apt = apt_of_next(folder.parent / ".apt")
        again((*apt, "download", name), after=(*apt, "update"), folder=Path(half))
        (archive,) = Path(half).glob("*.deb")
        run(("dpkg", "-x", archive, Path(half, "unpacked")))
        if not folder.is_dir():
            Path(half, "unpacked").rename(folder)


def apt_of_next(state: Path) -> Words:
    """apt with the next Debian as its only source, and with folders of its own beside the machine's."""
    for part in ("etc", "lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    keyring = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (state / "etc" / "next.list").write_text(f"deb {keyring}{mirror()} {NEXT} main\n")
    places = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": state / "etc",
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",
    }
    return (*APT, *(word for key, value in places.items() for word in ("-o", f"{key}={value}")))


def mirror() -> str:
    """Where this machine gets Debian from."""
    listed = run(
        ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Release: {RELEASE}")
    )
    if not listed.strip():
        raise CannotStart(
            f"apt knows no source of {RELEASE} on this machine. "
            "Add Debian's to /etc/apt/sources.list and run this again."
        )
    return listed.split()[0]
