"""The bare Debian below every stand-in, made by debootstrap and kept as an archive. Knows no stand-in."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.engine import packages
from deploy.engine.commands import run

IMAGE = "debian:bookworm-slim"
BUNDLE = Path("etc/ssl/certs/ca-certificates.crt")
# What the slim images of Debian leave out as well.
LEFT_OUT = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
)
SLIM = "".join(f"path-exclude /{folder}/*\n" for folder in LEFT_OUT[:4])


def archive() -> Path:
    """The base as a tar file; made when it is not there yet."""
    place = packages.CACHE / f"base-{fingerprint()}.tar"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        make(place)
    return place


def fingerprint() -> str:
    """Another one when the machine trusts other authorities: its certificates go into the base."""
    trusted = authorities()
    return hashlib.sha256(trusted.read_bytes() if trusted else b"").hexdigest()[:12]


def authorities() -> Path | None:
    """The certificates this machine tells its programs to trust; None when it says nothing."""
    named = (os.environ.get(name) for name in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"))
    return next((Path(name) for name in named if name and Path(name).is_file()), None)


def make(place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="cvy-base-", dir="/var/tmp") as folder:
        root = Path(folder, "root")
        bootstrap(root)
        trim(root)
        half = place.with_suffix(f".{os.getpid()}.part")
        run(("tar", "-C", root, "-cf", half, "."))
        half.rename(place)


def bootstrap(root: Path) -> None:
    """debootstrap chooses the mirror. A second time when the first broke off, from the start."""
    command = ("debootstrap", "--variant=minbase", "--include=ca-certificates", packages.RELEASE, root)
    try:
        run(command)
    except CannotStart:
        shutil.rmtree(root, ignore_errors=True)
        run(command)


def trim(root: Path) -> None:
    for name in LEFT_OUT:
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir()
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
    trusted = authorities()
    if trusted:
        shutil.copyfile(trusted, root / BUNDLE)
