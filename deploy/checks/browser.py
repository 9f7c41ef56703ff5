"""A Chromium for the tests in a real browser: the one on PATH, or Debian's when it may be installed."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-color-emoji")


def find() -> str | None:
    """The browser's path; CHROMIUM overrules."""
    wanted = os.environ.get("CHROMIUM")
    return wanted or next(filter(None, map(shutil.which, NAMES)), None)


def ensure() -> str | None:
    """None when there is a browser, else a sentence."""
    if find():
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return (
            "There is no Chromium on this machine and installing it needs root and apt-get. "
            "Install it, or name one with CHROMIUM=/path/to/chromium, and run ./test e2e again."
        )
    print("Installing Chromium", flush=True)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run(
            ("/usr/bin/apt-get", "-qq", *command),
            check=False,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return f"Chromium cannot be installed: {done.stderr.strip()[-300:]}"
    return None if find() else "Chromium was installed but is not on PATH."
