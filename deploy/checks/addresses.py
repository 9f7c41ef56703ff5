"""No lock file, requirement list, npm setting or Dockerfile names a package index; prints those that do.

Which index a machine uses is that machine's business, and an address committed by accident outlives its host.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

WATCHED = re.compile(
    r"(^|/)(requirements/[^/]+|[^/]*\.lock|package-lock\.json|\.npmrc|[^/]*Dockerfile[^/]*)$"
)
ADDRESS = re.compile(r"://|index-url|find-links|\"resolved\"|^registry\s*=|--registry", re.MULTILINE)
# Authors ask for money in the lock file, and health checks ask their container; nothing is fetched by either.
HARMLESS = re.compile(
    r'^\s*("url": )?"https://[^"]*",?$|--no-emit-(index-url|find-links)|http://127\.0\.0\.1:[0-9]+/',
    re.MULTILINE,
)


def main() -> int:
    """1 when an address is found."""
    found = list(problems(tracked()))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def problems(paths: Iterable[Path]) -> Iterable[str]:
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if ADDRESS.search(HARMLESS.sub("", line)):
                yield f"{path}:{number}: names where packages come from: {line.strip()[:80]}"


def tracked() -> list[Path]:
    """Watched files that are, or are about to be, in a commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [Path(name) for name in listed if WATCHED.search(name) and Path(name).is_file()]


if __name__ == "__main__":
    sys.exit(main())
